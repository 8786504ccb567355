"""One long issue with everything an issue may hold: the letter that the tests read."""

import datetime

from bulletins.models import Bulletin
from tests.factories import make_author, make_bulletin, make_event, make_item, make_publication, make_section
from tests.mailings.cast import approved

QUOTED = "Schools should talk about what pupils see online long before anything happens, and go on talking."
LONG = (
    "A survey of two thousand families finds that most parents want to talk about what their children see "
    "online and do not know how to begin; the report gives ten opening sentences, each tried in real "
    "kitchens, and says which of them ended the conversation."
)
NEWS = f"""<p>{LONG}</p>
<p>The authors put it like this:</p>
<blockquote><p>{QUOTED}</p><p>And a second paragraph of the same quotation.</p></blockquote>
<p>Read <a href="https://research.example.org/families/report?year=2026&amp;part=2">the whole report</a>, or
<a href="/parental-resources/talking/">our own guide</a>.</p>"""
COURSES = """<p>Places are left on these courses:</p>
<ul><li>Safeguarding for governors, <a href="https://courses.example.org/governors">12 March</a></li>
<li>Online safety for those who teach the youngest, and for everybody who meets them at the door of the school in the
morning</li><li>Two days:<ul><li>the first on law</li><li>the second on practice</li></ul></li></ul>
<ol><li>Choose a course.</li><li>Write to us.</li></ol>"""
AWKWARD = """<p>In our templates <code>{{ user.name }}</code> and {% include "secret" %} stay as they are, and
2 &lt; 3 &amp; 4.</p><script>alert(1)</script><p onclick="alert(2)">.A line that begins with a dot.</p>"""
TABLE = """<table><caption>Opening hours</caption><tr><th>Day</th><th>Hours</th></tr>
<tr><td>Monday</td><td>9 to 5</td></tr></table>"""


def make_words() -> None:
    """Make the publication with its standing words."""
    make_publication(
        share_words='<p>Please pass this on. <a href="https://bulletin.example.org/subscribe/">Subscribe</a></p>',
        link_words="<p>Schools are welcome to link to our resources for parents.</p>",
        sender_name="Erin at First Wednesday",
    )


def make_sample() -> Bulletin:
    """Make the issue, approved."""
    make_words()
    author = make_author(name="Erin Example", role="Director of Examples")
    bulletin = make_bulletin(
        author=author,
        title="March 2026 e-bulletin: talking at home",
        summary="What families say about talking, three courses and one webinar.",
        intro="<p>Welcome. March is short of light and long on news.</p>",
        sign_off="<p>Have a good month.</p>",
    )
    fill(bulletin)
    return approved(bulletin)


def fill(bulletin: Bulletin) -> None:
    """Write the sections behind the first one, which holds one item already."""
    news = bulletin.sections.get()
    make_item(bulletin, section=news, headline="Families want to talk", body=NEWS, link="https://news.example.org/talk")
    make_item(bulletin, section=news, headline="Café & “curly” <b>quotes</b> {{ title }}", body=AWKWARD)
    make_section(bulletin, heading="Training", kind="training", body=COURSES)
    webinars = make_section(bulletin, heading="Webinars", kind="webinars", body=TABLE)
    start = datetime.datetime(2026, 4, 8, 15, 30, tzinfo=datetime.UTC)
    end = start + datetime.timedelta(hours=1)
    make_event(webinars, title="Asking and listening", start=start, end=end, link="https://webinars.example.org/asking")
