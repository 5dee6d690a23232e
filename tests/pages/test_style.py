"""The style sheet can be read by everybody, and a cold page is small."""

import gzip
import json
import re
from pathlib import Path

import pytest

from kallithea.config.rendering import PUBLIC

TOKENS = Path(PUBLIC).parent / "front-end" / "css" / "tokens.css"
# Which texts lie on which surfaces.
SURFACES = ("paper", "paper-raised", "paper-hover")
TEXTS = ("ink", "ink-soft", "accent", "hg", "git", "good", "warn", "bad")
CODE = ("code-comment", "code-keyword", "code-string", "code-number", "code-name", "code-type", "code-meta")
PAIRS = [
    *((text, surface) for text in (*TEXTS, *CODE) for surface in SURFACES),
    *((text, surface) for text in ("ink", "ink-soft", *CODE) for surface in ("chosen",)),
    *((text, surface) for text in ("ink", "ink-soft") for surface in ("added", "removed")),
    *(("ink", surface) for surface in ("added-word", "removed-word", "accent-soft")),
    ("accent-ink", "accent"),
    ("bad", "bad-soft"),
    ("accent", "accent-soft"),
    ("paper", "bad"),
]


def themes() -> dict[str, dict[str, str]]:
    found = re.findall(r":root(\S*) \{([^}]*)\}", TOKENS.read_text(encoding="utf-8"))
    return {selector: dict(re.findall(r"--([\w-]+): ([^;]+);", body)) for selector, body in found}


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["", '[data-theme="dark"]'], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "surface"), PAIRS, ids=lambda name: name)
def test_text_can_be_read_on_its_surface(theme: str, text: str, surface: str) -> None:
    tokens = {**themes()[""], **themes()[theme]}

    assert contrast(tokens[text], tokens[surface]) >= 4.5


@pytest.mark.parametrize("theme", ["", '[data-theme="dark"]'], ids=["light", "dark"])
def test_the_edge_of_a_field_can_be_seen(theme: str) -> None:
    tokens = {**themes()[""], **themes()[theme]}

    assert contrast(tokens["line-strong"], tokens["paper"]) >= 3


def test_dark_is_the_same_by_choice_and_by_system() -> None:
    assert themes()['[data-theme="dark"]'] == themes()[':not([data-theme="light"])']


def test_every_property_that_is_used_is_declared() -> None:
    css = "".join(path.read_text(encoding="utf-8") for path in TOKENS.parent.glob("*.css"))

    assert set(re.findall(r"var\(--([\w-]+)", css)) <= set(re.findall(r"--([\w-]+):", css))


def test_a_cold_page_leaves_room_for_the_page_itself() -> None:
    assets = PUBLIC / "assets"
    if not assets.is_dir():
        pytest.skip("the front end is not built")
    built = [assets / name for name in json.loads((assets / "manifest.json").read_text()).values()]

    assert len(built) == 2  # with the page itself: three requests
    assert sum(len(path.with_name(f"{path.name}.gz").read_bytes()) for path in built) < 15_000
    assert all(gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == path.read_bytes() for path in built)
