"""What no page of ours may do, seen from inside the browser."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

# Read in the page, for policies whose breaches the console does not show.
TELL_BREACHES = """
document.addEventListener("securitypolicyviolation", (breach) =>
  console.error(`policy: ${breach.violatedDirective} refuses ${breach.blockedURI}`));
"""
NO_HOST = ("data", "blob", "about")
NOT_PUBLIC = ("/admin/", "/demo/")


class Watch:
    """Writes down the faults of every page in a browser context; a 4xx only counts where it was not expected."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.site = site
        self.faults: list[str] = []
        self.expected: set[str] = set()
        self.saw_desk = False
        self.context = context
        context.add_init_script(TELL_BREACHES)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def expect_refusal(self, path: str) -> None:
        """Accept a status of 400 or more from this path."""
        self.expected.add(path)

    def close(self) -> list[str]:
        """Close the context and return all its faults; one that saw public pages only must hold no cookie."""
        if not self.saw_desk:
            self.faults += [f"cookie {cookie['name']}" for cookie in self.context.cookies()]
        self.context.close()
        return self.faults

    def _console(self, message: ConsoleMessage) -> None:
        refusal = urlsplit(message.location["url"]).path in self.expected and "status of 4" in message.text
        if message.type == "error" and not refusal:
            self.faults.append(f"console: {message.text} ({message.location['url']})")

    def _error(self, error: WebError) -> None:
        self.faults.append(f"script: {error.error}")

    def _request(self, request: Request) -> None:
        self.saw_desk |= urlsplit(request.url).path.startswith("/admin/")
        if not request.url.startswith(f"{self.site}/") and urlsplit(request.url).scheme not in NO_HOST:
            self.faults.append(f"another host: {request.url}")

    def _failed(self, request: Request) -> None:
        # A page that is left in the middle of loading aborts what it still waited for.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 400 and path not in self.expected:
            self.faults.append(f"status {response.status}: {response.url}")
        if response.request.resource_type == "document" and not path.startswith(NOT_PUBLIC):
            policy = response.headers.get("content-security-policy", "")
            if "default-src 'none'" not in policy or "unsafe" in policy:
                self.faults.append(f"no strict policy: {response.url}")
