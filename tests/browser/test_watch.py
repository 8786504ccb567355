"""The watch over all these tests sees what it is for."""

from tests.browser.conftest import Visit
from tests.browser.watch import Watch


def test_it_sees_a_cookie_a_breach_another_host_and_a_missing_page(visit: Visit, watches: list[Watch]):
    page = visit()
    page.goto("/")
    page.evaluate("document.cookie = 'left=behind'")
    page.evaluate("new Promise((done) => { const one = new Image(); one.onerror = done; one.src = 'data:,'; })")
    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => { throw new Error('a slip') })")
    page.goto("/nothing-is-here/")
    page.route("https://elsewhere.example/", lambda route: route.fulfill(body="elsewhere"))
    page.goto("https://elsewhere.example/")
    faults = "\n".join(watches.pop().close())
    for word in ("cookie left", "policy: img-src", "a slip", "status 404", "another host: https://elsewhere.example/"):
        assert word in faults
