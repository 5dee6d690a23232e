"""People with a second factor, as tests use them."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from webtest import TestResponse

from kallithea.lib import totp
from tests.worlds import PASSWORD, Browser, Person, World

APP = "/_admin/my_account/security/app"
SECOND = "/_admin/login/second"
TICKET = "kallithea_step"
_CODE = re.compile(r"<li><code>([a-z2-9-]+)</code></li>")
_SECRET = re.compile(r'<code class="secret">([A-Z2-7 ]+)</code>')
_DRAFT = re.compile(r'name="draft" value="([^"]+)"')


def codes_on(page: TestResponse) -> list[str]:
    """The recovery codes that a page shows."""
    return _CODE.findall(page.text)


@dataclass
class Phone:
    """An authenticator app, whose clock may be wrong."""

    world: World
    secret: bytes
    drift: float = 0.0

    def code(self, *, steps: int = 0) -> str:
        """What it shows now, or showed and will show some half minutes from now."""
        now = int(self.world.clock().timestamp() + self.drift) // totp.STEP
        return totp.code_at(self.secret, now + steps)

    def wrong_code(self) -> str:
        """Six digits that it shows at no time near to now."""
        near = {self.code(steps=steps) for steps in range(-3, 4)}
        return next(code for code in (f"{n:06}" for n in range(10)) if code not in near)


def set_up(world: World, browser: Browser) -> tuple[Phone, list[str]]:
    """Scan the picture and type the code, in a browser that is signed in: the phone, and the recovery codes."""
    page = browser.get(APP, status=200)
    secret = secret_on(page)
    phone = Phone(world, secret)
    told = browser.post(APP, {"draft": _DRAFT.findall(page.text)[0], "code": phone.code()}, status=200)
    # The code that was just typed is used; the next one is shown half a minute later.
    world.clock.advance(seconds=totp.STEP)
    return phone, codes_on(told)


def secret_on(page: TestResponse) -> bytes:
    text = _SECRET.findall(page.text)[0].replace(" ", "")
    return base64.b32decode(text + "=" * (-len(text) % 8))


def with_app(world: World) -> tuple[Person, Phone, list[str]]:
    """Somebody who has an authenticator app and recovery codes."""
    person = world.person()
    return person, *set_up(world, world.browser(person))


def first_step(world: World, person: Person, browser: Browser | None = None, **fields: str) -> Browser:
    """A browser in which the password was shown, and nothing else."""
    browser = browser or world.browser()
    answer = browser.sign_in(person, password=PASSWORD, **fields)
    assert answer.status_int == 303
    assert SECOND in answer.headers["Location"]
    return browser
