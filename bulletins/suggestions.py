"""Which topics an item may be about: those it names, and those of earlier items with like headlines."""

from django.db import connection

from bulletins.models import Topic

MOST = 4

# A topic is named by a text that holds all its words, whatever their endings. An earlier item is alike whose
# headline shares two words with the text; what more of them are about comes first.
SUGGEST = """
    WITH given AS (SELECT to_tsvector('english', %(words)s) AS text),
    named AS (
        SELECT t.id, 1000 AS weight FROM bulletins_topic t, given
         WHERE numnode(plainto_tsquery('english', t.name)) > 0 AND given.text @@ plainto_tsquery('english', t.name)
    ),
    alike AS (
        SELECT i.id, count(*) AS shared
          FROM bulletins_newsitem i, given,
               LATERAL unnest(tsvector_to_array(to_tsvector('english', i.headline))) AS word
         WHERE word = ANY(tsvector_to_array(given.text))
         GROUP BY i.id HAVING count(*) >= 2 ORDER BY shared DESC, i.id DESC LIMIT 8
    ),
    learnt AS (
        SELECT it.topic_id AS id, sum(alike.shared) AS weight
          FROM alike JOIN bulletins_newsitem_topics it ON it.newsitem_id = alike.id GROUP BY it.topic_id
    )
    SELECT id FROM (SELECT * FROM named UNION ALL SELECT * FROM learnt) found
     GROUP BY id ORDER BY sum(weight) DESC, id LIMIT %(most)s
"""


def suggested_topics(words: str) -> list[Topic]:
    """Return up to four topics for a plain text, the likeliest first."""
    with connection.cursor() as cursor:
        cursor.execute(SUGGEST, {"words": words, "most": MOST})
        order = [row[0] for row in cursor.fetchall()]
    topics = Topic.objects.in_bulk(order)
    return [topics[key] for key in order]
