import datetime
import re
from urllib.parse import quote

import psycopg2
import pytest
from django.db import connection
from django.utils import timezone

from bulletins.models import Bulletin, NewsItem
from bulletins.search.asked import Asked
from bulletins.search.matches import LIMIT, matches
from tests.bulletins.finding import MARCH, make_found, make_many, make_topic
from tests.factories import make_author, make_bulletin, make_item, make_published, make_resource, make_withdrawn

pytestmark = pytest.mark.django_db
MAY = datetime.date(2024, 5, 1)
PATH = "/bulletins/search/"


def page_of(client, words: str = "", **filters: str) -> str:
    """Return the page of a search."""
    response = client.get(PATH, {"q": words, **filters})
    assert response.status_code == 200
    return response.content.decode()


def headlines(page: str) -> list[str]:
    """Return the headlines of a page of results, without their marks, in order."""
    found = re.findall(r"<h3><a href=[^>]*>(.*?)</a></h3>", page)
    return [re.sub("</?mark>", "", headline) for headline in found]


def test_an_item_is_found_by_a_word_of_its_text_in_another_form(client):
    make_found("New guidance", "Schools consulted parents about telephones.")
    make_found("Something else", "Nothing of the kind.")
    assert headlines(page_of(client, "telephone consulting")) == ["New guidance"]


def test_a_result_says_whose_and_when_and_leads_there(client):
    make_found("New guidance", topics=["Online safety"], kind="webinars")
    page = page_of(client, "guidance")
    assert 'href="/bulletins/2024/march/new-guidance/"' in page
    assert '<a href="/bulletins/2024/march/">March 2024 e-bulletin</a>' in page
    assert '<time datetime="2024-03-06">6 March 2024</time>' in page
    assert "Webinars" in page
    assert '<a href="/topics/online-safety/">Online safety</a>' in page


def test_what_is_in_the_headline_comes_first(client):
    make_found("Nothing of note", "One line about vaping.", month=MAY)
    make_found("Vaping in school")
    assert headlines(page_of(client, "vaping")) == ["Vaping in school", "Nothing of note"]


def test_of_equal_matches_the_newest_comes_first(client):
    make_found("Vaping again", month=MARCH)
    make_found("Vaping again", month=MAY)
    page = page_of(client, "vaping")
    assert page.index("May 2024") < page.index("March 2024")


def test_words_are_found_in_the_text_but_not_in_its_markup(client):
    body = '<p><a href="https://blockquote.example.org/" title="a &gt; strange title">Read</a> <em>calmly</em></p>'
    make_item(make_published(MARCH), headline="A link", body=body)
    assert headlines(page_of(client, "calmly")) == ["A link"]
    for word in ("em", "href", "noopener", "strange", "blockquote.example.org"):
        assert headlines(page_of(client, word)) == []


def test_tags_inside_a_line_part_no_words_and_others_do(client):
    body = "<p>re<strong>consider</strong> <em>soon</em>.</p><p>Later<br>read</p><ul><li>alpha</li><li>beta</li></ul>"
    make_item(make_published(MARCH), headline="Tags", body=body)
    for word in ("reconsider", "later", "read", "alpha", "beta"):
        assert headlines(page_of(client, f"{word} soon")) == ["Tags"]
    assert "<p>reconsider <mark>soon</mark>. Later · read" in " ".join(page_of(client, "soon").split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("online safety", ["Online safety day", "Safety online"]),
        ('"online safety"', ["Online safety day"]),
        ("“online safety”", ["Online safety day"]),
        ("safety -day", ["Safety online"]),
        ("safety –day", ["Safety online"]),
        ("day or bullying", ["Bullying", "Online safety day"]),
    ],
)
def test_phrases_minus_and_or(client, words, expected):
    for headline in ("Online safety day", "Safety online", "Bullying"):
        make_found(headline)
    assert sorted(headlines(page_of(client, words))) == expected


def test_only_what_is_published_is_found(client):
    make_item(make_bulletin(month=MARCH), headline="Secret draft")
    make_item(make_published(datetime.date(2060, 1, 1)), headline="Secret future")
    make_item(make_published(MAY), headline="Secret withdrawn")
    make_withdrawn(datetime.date(2024, 6, 1), "It was wrong.")
    NewsItem.objects.filter(bulletin__status="withdrawn").update(headline="Secret taken down")
    assert headlines(page_of(client, "secret")) == ["Secret withdrawn"]
    for word in ("draft", "future", "taken"):
        page = page_of(client, f"secret {word}")
        assert "Secret" not in page and "Did you mean" not in page


def test_a_corrected_text_is_found_at_once(client):
    item = make_found("New guidance", "It concerns tricycles.")
    item.body = "<p>It concerns bicycles.</p>"
    item.save()
    assert headlines(page_of(client, "bicycles")) == ["New guidance"]
    assert headlines(page_of(client, "tricycles")) == []


def test_found_words_are_marked_in_headline_and_snippet(client):
    make_found("Phones at school", "Every school decides about phones.")
    page = page_of(client, "phone")
    assert "<mark>Phones</mark> at school</a></h3>" in page
    assert "<p>Every school decides about <mark>phones</mark>.</p>" in page


def test_a_snippet_shows_the_place_that_matches(client):
    long = " ".join(f"Sentence number {number} says little." for number in range(200))
    make_found("A long item", f"{long} Here hedgehogs appear. {long}")
    snippet = re.search(r"<p>([^<]*<mark>.*?)</p>", page_of(client, "hedgehogs"))[1]
    assert "<mark>hedgehogs</mark>" in snippet
    assert snippet.startswith("… ") and snippet.endswith((" …", "."))
    assert len(snippet.split()) < 60


def test_nothing_stored_is_taken_for_markup(client):
    make_found("<mark>x</mark> <script>alert(1)</script> phones")
    item = make_found("Second", "phones &lt;script&gt;alert(2)&lt;/script&gt; &amp;amp; phones")
    NewsItem.objects.filter(pk=item.pk).update(headline="\x01phones\x02 <b>\x02\x01")
    page = page_of(client, "phones")
    assert "<script>alert" not in page and "<b>" not in page
    assert "&lt;mark&gt;x&lt;/mark&gt; &lt;script&gt;alert(1)&lt;/script&gt; <mark>phones</mark>" in page
    assert "<mark>phones</mark> &lt;script&gt;alert(2)&lt;/script&gt; &amp;amp; <mark>phones</mark>" in page
    assert "\x01" not in page and "\x02" not in page


def test_nothing_typed_is_taken_for_markup(client):
    make_found("Phones")
    for words in ('"><script>alert(1)</script>', "<mark>phones</mark>", "phones' OR 1=1 --", "{{ 7|add:7 }} {% now %}"):
        page = page_of(client, words)
        assert "<script>alert" not in page
        assert 'value="&quot;&gt;&lt;script' in page or "script" not in words


@pytest.fixture
def spread() -> None:
    """Four items about phones, spread over topics, years and kinds."""
    make_found("Phones one", topics=["Online safety", "Bullying"])
    make_found("Phones two", topics=["Online safety"], kind="webinars")
    make_found("Phones three", month=MAY.replace(year=2023), topics=["Online safety"])
    make_found("Phones four", month=MAY.replace(year=2023))


def offered(page: str) -> list[tuple[str, str]]:
    """Return what the results can be narrowed to, each with its number."""
    found = re.findall(r'<li><a rel="nofollow" href="[^"]*">([^<]*)</a> <small>([\d,+]+)<', page)
    return [(words, number) for words, number in found]


def test_results_can_be_narrowed_and_say_by_how_much(client, spread):
    assert offered(page_of(client, "phones")) == [
        ("Online safety", "3"),
        ("Bullying", "1"),
        ("2024", "2"),
        ("2023", "2"),
        ("News", "3"),
        ("Webinars", "1"),
    ]


def test_a_number_is_what_its_link_leads_to(client, spread):
    page = page_of(client, "phones")
    links = re.findall(r'<li><a rel="nofollow" href="([^"]*)">[^<]*</a> <small>(\d+)<', page)
    assert len(links) == 6
    for link, number in links:
        assert len(headlines(client.get(link.replace("&amp;", "&")).content.decode())) == int(number)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"topic": "bullying"}, ["Phones one"]),
        ({"year": "2023"}, ["Phones four", "Phones three"]),
        ({"kind": "webinars"}, ["Phones two"]),
        ({"topic": "online-safety", "year": "2023", "kind": "news"}, ["Phones three"]),
    ],
)
def test_filters_narrow_and_can_be_taken_back(client, spread, filters, expected):
    page = page_of(client, "phones", **filters)
    assert sorted(headlines(page)) == expected
    assert page.count('class="chosen"') == len(filters)
    back = re.search(r'class="chosen">.*?href="([^"]*)"', page)[1].replace("&amp;", "&")
    assert len(headlines(client.get(back).content.decode())) > len(expected) - 1


def test_many_choices_are_folded_but_for_the_first(client):
    make_many(12 * 12)
    page = page_of(client, "phones")
    years = page[page.index("<h3>Year") :]
    seen, folded = years.split("<summary>")
    assert seen.count("<li>") == 8
    assert folded.startswith('4 more<span class="hidden"> years</span>') and folded.count('rel="nofollow"') == 4


def test_only_the_newest_two_thousand_are_ranked_and_counted(client):
    make_many(201, items=10)
    page = page_of(client, "phones")
    assert ">2,000+ items for “phones”</h2>" in page
    assert "of the newest 2,000" in page
    assert "Page 1 of 100" in page
    assert ("1966", "80+") not in offered(page)[-1:]
    assert all(number.endswith("+") for _, number in offered(page))
    found = matches(Asked("phones"), timezone.now())
    years = NewsItem.objects.filter(pk__in=found.keys).values_list("bulletin__month__year", flat=True)
    assert (len(found.keys), found.more) == (LIMIT, True)
    assert NewsItem.objects.filter(bulletin__month__year=1950).exclude(pk__in=found.keys).count() == 10
    assert max(years) == 1966


def test_exactly_two_thousand_are_not_more(client):
    make_many(200, items=10)
    page = page_of(client, "phones")
    assert ">2,000 items for “phones”</h2>" in page
    assert "2,000+" not in page


@pytest.mark.parametrize(
    ("number", "shown"),
    [("", 1), ("1", 1), ("2", 2), ("3", 3), ("4", 3), ("999999", 3), ("-1", 3), ("abc", 1), ("0", 3), ("9" * 300, 3)],
)
def test_twenty_a_page_and_no_page_that_is_none(client, number, shown):
    make_many(6, items=9)
    page = page_of(client, "phones", page=number)
    assert f"Page {shown} of 3" in page
    assert len(headlines(page)) == (20, 20, 14)[shown - 1]


def test_pages_keep_the_search(client):
    make_many(3, items=9)
    page = page_of(client, "“phones”", year="1950")
    assert f'href="{PATH}?q={quote("“phones”")}&amp;year=1950&amp;page=2"' in page


def test_the_same_item_never_comes_twice_over_the_pages(client):
    make_many(6, items=9)
    links = []
    for number in "123":
        links += re.findall(r'<h3><a href="([^"]*)"', page_of(client, "phones", page=number))
    assert len(links) == len(set(links)) == 54


def test_results_are_not_for_search_engines_and_the_empty_page_is(client):
    make_found("Phones")
    for words in ("phones", "nothing"):
        assert '<meta name="robots" content="noindex">' in page_of(client, words)
    assert "robots" not in page_of(client)


def test_the_form_is_there_whatever_page_one_searches_from(client):
    make_found("Phones", topics=["Online safety"])
    pages = ["/bulletins/", "/bulletins/2024/", "/topics/", PATH, f"{PATH}?q=phones", "/nothing-here/"]
    for path in pages:
        page = client.get(path).content.decode()
        assert page.count(f'action="{PATH}" method="get"') == 1, path
        assert f'<a href="{PATH}"' in page, path


def test_an_empty_search_leads_to_topics_and_the_newest_issue(client):
    make_found("Phones", topics=["Online safety"])
    page = page_of(client, "   ")
    assert '<a href="/topics/online-safety/">Online safety' in page
    assert '<a class="button" href="/bulletins/2024/march/">' in page
    assert "Quotation marks" in page


def test_an_empty_archive_says_so(client):
    assert "Nothing is published yet" in page_of(client)
    assert "Nothing is published yet" in page_of(client, "phones")


def test_nothing_found_leads_somewhere(client):
    make_found("Phones", topics=["Online safety"])
    page = page_of(client, "xylophone")
    assert "No item for “xylophone”" in page
    assert '<a href="/topics/online-safety/">Online safety' in page
    assert '<a class="button" href="/bulletins/2024/march/">' in page


def test_nothing_found_in_a_corner_leads_out_of_it(client, spread):
    page = page_of(client, "two", topic="bullying")
    assert f'<a href="{PATH}?q=two">search all topics, years and kinds</a>' in page


@pytest.mark.parametrize(
    "words",
    ["the", "%", "a & | !", "!!!", '"', "\\", "--", "''''", "-phones", "–phones", "-phones -bags", "the -phones"],
)
def test_what_has_no_word_in_it_says_so(client, words):
    make_found("Phones")
    assert "Nothing to look for" in page_of(client, words)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("q=%00", 200),
        ("q=a%00b%01c", 200),
        (f"q={'x' * 10_000}", 400),
        (f"q={'%20' * 3_000}x", 200),
        (f"q={'a%20' * 2_500}", 400),
        ("q=%25", 200),
        ("q=%", 200),
        ("q=%%%zz", 200),
        ('q="unbalanced', 200),
        ("q='unbalanced", 200),
        ("q=%22%22%22", 200),
        ("q=to:1", 200),
        ("q=to:*", 200),
        ("q=phones:A", 200),
        ("q=a+%26+%7C+!", 200),
        ("q=((((", 200),
        ("q=%3C->", 200),
        ("q=a+%3C2%3E+b", 200),
        ("q=%ED%A0%80", 200),
        ("q=%FF%FE", 200),
        ("q=%F0%9F%99%82", 200),
        ("q=phones&q=vaping", 400),
        ("q=" + "+or+".join(["a"] * 40), 200),
        ("q=" + "-a+" * 60, 200),
        ("q=phones&" + "&".join(f"topic=t{number}" for number in range(100)), 400),
        ("q=phones&" + "&".join(["year=2024"] * 100), 400),
        ("q=phones&" + "&".join(f"f{number}=1" for number in range(100)), 200),
        ("q=phones&topic=nothing", 400),
        ("q=phones&topic=%00", 400),
        ("q=phones&year=0", 400),
        ("q=phones&year=99999999999999999999", 400),
        ("q=phones&year=march", 400),
        ("q=phones&kind=<script>", 400),
        ("q=phones&kind=webinars&year=1999", 200),
        ("q=phones&page=-1", 200),
        ("q=phones&page=999999", 200),
        ("q=phones&page=abc", 200),
        ("q=phones&page=%00", 200),
        ("&&==&;", 200),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_query_is_answered(client, query, status):
    make_found("Phones")
    for method in (client.get, client.head):
        response = method(f"{PATH}?{query}")
        assert response.status_code == status
        assert not response.cookies
    page = client.get(f"{PATH}?{query}").content.decode()
    assert 'action="/bulletins/search/"' in page, "another search is at hand"
    assert "<script>" not in page


def test_a_refusal_says_how_to_do_it(client):
    assert "at most 200 characters" in client.get(f"{PATH}?q={'x' * 201}").content.decode()
    assert client.get(f"{PATH}?q={'x' * 200}").status_code == 200
    assert "no such topic, year or kind" in client.get(f"{PATH}?q=a&topic=none").content.decode()
    assert "one topic, one year and one kind" in client.get(f"{PATH}?q=a&year=2023&year=2024").content.decode()


def test_only_get_and_head(client):
    assert client.post(PATH, {"q": "phones"}).status_code == 405


@pytest.mark.parametrize(
    "query", ["q=phones", "q=phones&page=2", "q=phones&year=1950", "q=phones+-nothing&topic=online-safety&kind=news"]
)
def test_a_search_asks_as_many_queries_in_a_large_archive_as_in_a_small_one(client, query):
    topic = make_topic("Online safety")
    make_many(10, items=3, topic=topic)
    few = queries(client, query)
    make_many(200, items=3, topic=topic, since=1970)
    assert queries(client, query) == few
    # How fresh the archive is; its transaction's begin, time and end; is there a word; matches between two settings;
    # topics' names; items and their topics; the publication and its links; the topic that is chosen, or on the first
    # page of all topics, years and kinds four lists of other pages.
    assert len(few) == 13 + ("topic" in query) + 4 * (query == "q=phones")


def queries(client, query: str) -> list[str]:
    """Return the statements that a page asks for, each by its first word and table."""
    with connection.execute_wrapper(seen := Seen()):
        assert client.get(f"{PATH}?{query}").status_code == 200
    return seen.statements


class Seen:
    """Keeps what is asked of the database."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def __call__(self, execute, sql, params, many, context):
        self.statements.append(re.sub(r'^(\w+).*?(FROM "\w+")?.*$', r"\1 \2", str(sql), flags=re.DOTALL))
        return execute(sql, params, many, context)


@pytest.mark.parametrize("query", ["q=nothing+here+at+all", "q=the", "q=", "q=phnoes"])
def test_finding_nothing_asks_as_many_queries_in_a_large_archive(client, query):
    make_many(10)
    few = len(queries(client, query))
    make_many(200, items=3, since=1970)
    assert len(queries(client, query)) == few


@pytest.mark.django_db(transaction=True)
def test_a_search_that_takes_too_long_is_given_up(client, monkeypatch):
    make_found("Phones")
    monkeypatch.setattr("bulletins.search.matches.PATIENCE", datetime.timedelta(milliseconds=200))
    other = psycopg2.connect(connection.connection.dsn)
    # Nobody may read the items for a while, as when the database cannot keep up.
    with other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE bulletins_newsitem IN ACCESS EXCLUSIVE MODE")
        response = client.get(f"{PATH}?q=phones")
        other.rollback()
    other.close()
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "took too long" in response.content.decode()
    assert headlines(page_of(client, "phones")) == ["Phones"]
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


@pytest.mark.parametrize(
    "query", ["stressed", "'stressed'", "child", "child's", "child’s", "well being", "group", "soon"]
)
def test_marks_that_a_keyboard_makes_part_words_as_plain_ones_do(client, query):
    make_found(
        "When “stressed” means more", "A child’s phone – and the ‘group’ chat… soon.\N{NO-BREAK SPACE}Well‑being."
    )
    found = [headline.replace("\N{NO-BREAK SPACE}", " ") for headline in headlines(page_of(client, query))]
    assert found == ["When “stressed” means more"]


def test_a_snippet_shows_the_marks_as_they_were_written(client):
    make_found("Phones", "A child’s “phone” – and more.")
    page = page_of(client, "phone")
    assert "child’s “<mark>phone</mark>” – and more." in page
    assert not re.search("[\x01-\x08\x0b-\x1f]", page)


def test_list_entries_stand_apart_in_a_snippet(client):
    make_found("Keys", "</p><ul><li>a signature for each</li><li>door codes</li></ul><p>Next: call us.</p><p>Soon")
    assert "<mark>signature</mark> for each · door codes · Next: call us. Soon" in page_of(client, "signature")


def test_pages_of_the_name_that_is_searched_for_are_offered(client):
    make_found("Sleep", topics=["Mental health"])
    Bulletin.objects.update(title="A special issue", summary="All about sextortion.")
    make_resource("Your child’s first phone")
    for words, name, path in (
        ("mental HEALTH", "Mental health", "/topics/mental-health/"),
        ("sextortion", "A special issue", "/bulletins/2024/march/"),
        ("erin", "Erin Example", "/authors/erin-example/"),
        ("child's first phone", "Your child’s first phone", "/parental-resources/your-childs-first-phone/"),
    ):
        page = page_of(client, words)
        assert f'<a href="{path}">{name}</a>' in page
        assert "But there is" in page
    assert "But there is" not in page_of(client, "sextortion", year="2024")


def test_what_is_not_published_is_not_offered(client):
    make_found("Sleep")
    draft = make_bulletin(title="Secret plans", author=make_author(name="Robin Secret"))
    make_item(draft).topics.add(make_topic("Secret"))
    assert "But there is" not in page_of(client, "secret")


def test_a_search_that_is_refused_keeps_its_words(client):
    assert 'value="phones"' in client.get(f"{PATH}?q=phones&topic=none").content.decode()
