"""What holds for every kind of page: it is clean, readable by everybody, and fits phones and desktops."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import MakeVisitor
from tests.browser.costs import measured
from tests.browser.house import CHECKOUT, House
from tests.browser.page_kinds import PAGE_KINDS, PageKind
from tests.browser.visitor import DESKTOP, PHONE, Visitor

AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"
FULL_SIZE = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
# Each size and each theme is seen at any rate; axe takes its time.
VARIANTS = [(size, dark) for size in (DESKTOP, PHONE) for dark in (False, True) if FULL_SIZE or dark == (size == PHONE)]
MOST_REQUESTS, MOST_BYTES = 3, 60_000
SMALLEST_TARGET = 24
"""Pixels, WCAG 2.2 criterion 2.5.8."""

COLOUR_RULES = ["color-contrast", "link-in-text-block"]
"""What can differ between light and dark."""

each_kind = pytest.mark.parametrize("kind", PAGE_KINDS, ids=str)

_CHECK = """\
async ([context, rules]) => {
  const found = await axe.run(context, { resultTypes: ["violations"], ...(rules.length ? { runOnly: rules } : {}) });
  return found.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html} ${node.failureSummary}`));
}"""

# Links in texts are as small as their text; WCAG excepts them, as it does what the browser draws itself.
_SMALL = """\
(smallest) => [...document.querySelectorAll("button, .button, input, select, textarea, .tabs a, .bar a")]
  .map((element) => element.closest("label") ?? element)
  .map((element) => ({ element, box: element.getBoundingClientRect() }))
  .filter(({ box }) => box.width > 1 && (box.width < smallest || box.height < smallest))
  .map(({ element, box }) => `${element.outerHTML.slice(0, 120)}: ${box.width} × ${box.height}`)"""


@each_kind
def test_page_is_clean_small_and_fits_its_window(visits: MakeVisitor, kind: PageKind) -> None:
    """Visitors complain about errors, violated policies and other hosts; the rest is claimed here."""
    visitor = visits(as_user=kind.as_user)

    cost = measured(visitor, kind.path)
    overflows = {size: _overflow(visitor, size) for size in (DESKTOP, PHONE)}
    small = visitor.page.evaluate(_SMALL, SMALLEST_TARGET)

    assert (visitor.statuses[visitor.page.url] >= 400) == kind.is_error
    assert cost.requests <= MOST_REQUESTS + kind.pictures, cost
    assert cost.received <= MOST_BYTES, cost
    assert overflows == {DESKTOP: 0, PHONE: 0}
    assert small == []


@each_kind
def test_axe_finds_nothing_in_any_theme_or_size(visits: MakeVisitor, kind: PageKind) -> None:
    visitor = visits(as_user=kind.as_user, bypass_policy=True)
    visitor.go(kind.path)
    visitor.page.evaluate(_axe())

    found = {(size, dark): _violations(visitor, kind, size, dark) for size, dark in VARIANTS}

    assert not {variant: said for variant, said in found.items() if said}


def test_theme_follows_the_system(visits: MakeVisitor) -> None:
    visitor = visits()
    visitor.go("/")
    light = _lightness(visitor)

    visitor.page.emulate_media(color_scheme="dark")

    assert light > 200 > 60 > _lightness(visitor)


def test_reading_the_pages_leaves_no_defect_in_the_log(visits: MakeVisitor, house: House) -> None:
    visitor = visits(as_user="admin")
    for kind in PAGE_KINDS[::5]:
        visitor.go(kind.path)

    assert "Traceback" not in house.log()


@cache
def _axe() -> str:
    if not Path(AXE).is_file():
        pytest.skip("axe-core is not installed (run: npm ci)")
    return AXE.read_text(encoding="utf-8")


def _violations(visitor: Visitor, kind: PageKind, size: tuple[int, int], dark: bool) -> list[str]:
    visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
    visitor.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
    context = {"include": ["html"], **({"exclude": [".prose"]} if kind.has_foreign_text else {})}
    found: list[str] = visitor.page.evaluate(_CHECK, [context, COLOUR_RULES if dark else []])
    return found


def _overflow(visitor: Visitor, size: tuple[int, int]) -> int:
    visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
    return visitor.overflow


def _lightness(visitor: Visitor) -> float:
    colour: Any = visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3
