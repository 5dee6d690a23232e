"""A person at a browser, and everything that went wrong while they looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response

from tests.browser.house import PASSWORD, House

PHONE = (390, 844)
DESKTOP = (1280, 900)

# Runs before the scripts of each page. A policy that is violated is an error in the console already; this one says which.
_WATCH = """\
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Visitor:
    """One tab of a browser of its own. `complaints` is what nobody should ever see in it."""

    house: House
    page: Page
    complaints: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)

    def go(self, path: str) -> Page:
        """Open a page by its address below the house."""
        self.page.goto(self.house.url + path)
        return self.page

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """By the form, on whatever page it is."""
        self.page.get_by_label("User name or e-mail").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()

    def has_session_of(self, name: str) -> Visitor:
        """Signed in without the form."""
        cookie, token = self.house.cookie(name)
        self.page.context.add_cookies([{"name": cookie, "value": token, "url": self.house.url}])
        return self

    @property
    def path(self) -> str:
        """Where the browser is."""
        return urlsplit(self.page.url).path

    @property
    def overflow(self) -> int:
        """By how many pixels the document is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def watch(self) -> Visitor:
        self.page.context.add_init_script(_WATCH)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)
        self.page.on("dialog", self._interrupted)
        return self

    def _heard(self, message: ConsoleMessage) -> None:
        # Chromium reports failed loads once more; what is missing is known from the responses themselves.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"{self.page.url}: {message.type}: {message.text}")

    def _interrupted(self, dialog: Dialog) -> None:
        self.complaints.append(f"{self.page.url}: a dialog: {dialog.message}")
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.house.url}/", "data:")):
            self.complaints.append(f"{self.page.url} asks another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.statuses[response.url] = response.status
        elif response.status >= 400 and "/raw/" not in response.url:  # a README may speak of pictures that are not there
            self.complaints.append(f"{self.page.url} misses {response.url}: {response.status}")


def open_browser(
    browser: Browser,
    house: House,
    *,
    as_user: str | None = None,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    scripts: bool = True,
    bypass_policy: bool = False,
) -> Visitor:
    """A browser with an empty cache and no cookies but those of `as_user`."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=scripts,
        bypass_csp=bypass_policy,
        has_touch=size == PHONE,
    )
    context.set_default_timeout(15_000)
    visitor = Visitor(house, context.new_page()).watch()
    return visitor.has_session_of(as_user) if as_user else visitor
