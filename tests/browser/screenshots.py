"""Makes the pictures of the README: `python -m tests.browser.screenshots docs/screenshots`."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.house import SHOP, House, furnished
from tests.browser.visitor import PHONE, open_browser

SIZE = (1280, 800)


@dataclass(frozen=True, slots=True)
class Picture:
    """One page as somebody sees it."""

    name: str
    path: str
    dark: bool = False
    size: tuple[int, int] = SIZE


PICTURES = (
    Picture("summary", f"/{SHOP['git']}"),
    Picture("history-dark", f"/{SHOP['git']}/changelog", dark=True),
    Picture("changeset", f"/{SHOP['hg']}/changeset/release"),
    Picture("file-dark", f"/{SHOP['hg']}/files/default/shop/basket.py#L8-L12", dark=True),
    Picture("summary-phone", f"/{SHOP['git']}", size=PHONE),
)


def take(browser: Browser, house: House, picture: Picture, folder: Path) -> int:
    """Write one picture; its size in bytes."""
    visitor = open_browser(browser, house, as_user="admin", size=picture.size, dark=picture.dark)
    page = visitor.go(picture.path)
    # The port is another one each time.
    page.locator(".clone input").evaluate_all("boxes => boxes.forEach((box) => (box.value = 'https://code.example/web/shop'))")
    page.wait_for_load_state("networkidle")
    path = folder / f"{picture.name}.png"
    page.screenshot(path=path)
    page.context.close()
    assert not visitor.complaints, visitor.complaints
    return path.stat().st_size


def main(folder: str) -> None:
    program = chromium.find()
    if program is None:
        raise SystemExit("error: Chromium is not installed.\nhint: on Debian, install the package chromium.")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    with chromium.started(program) as browser, tempfile.TemporaryDirectory() as home, furnished(Path(home)) as house:
        for picture in PICTURES:
            print(f"{target / picture.name}.png: {take(browser, house, picture, target)} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
