"""Every page is HTML as the standard has it: what may stand in what, which attributes there are and what they take."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from kallithea.config.rendering import Renderer, template_of
from kallithea.pages.site import site
from tests.pages.samples import samples
from tests.pages.world import URLS, evil_site, member_site

CHECKOUT = Path(__file__).parents[2]
VALIDATOR = CHECKOUT / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
RULES = {
    "root": True,
    "extends": ["html-validate:standard", "html-validate:document"],
    "rules": {
        # Menus of revisions stand in front of the heading of the page.
        "heading-level": ["error", {"minInitialRank": "h2"}],
        # Both spellings are HTML.
        "doctype-style": "off",
        "no-trailing-whitespace": "off",
        # Titles carry the names of others, however long those are.
        "long-title": "off",
        "text-content": "off",
        # Scripts and style sheets come from the same place as the page.
        "require-sri": "off",
    },
}


BROKEN = (
    '<!doctype html><html lang="en"><head><title>x</title></head>'
    '<body><ul><p>x</p></ul><a href="/"><a href="/">x</a></a></body></html>'
)
_GUEST = site(URLS, title="Test", version=None, visitor=None, csrf_token="", address="https://code.example.com")


@pytest.fixture(name="found", scope="module")
def _found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What is wrong with each sample, by its name; all in one run, as starting the program takes longest."""
    if not VALIDATOR.exists():
        pytest.skip("html-validate is not installed (run: npm ci)")
    folder, renderer = tmp_path_factory.mktemp("pages"), Renderer()
    (folder / ".htmlvalidate.json").write_text(json.dumps(RULES), encoding="utf-8")
    for name, make in samples().items():
        page = make()
        for visitor, frame in _sites(name).items():
            html = renderer.render(template_of(type(page)), page, frame)
            (folder / f"{_file(name)} {visitor}.html").write_text(html, encoding="utf-8", errors="replace")
    (folder / "broken guest.html").write_text(BROKEN, encoding="utf-8")
    # To a file: what goes into a pipe may be cut off when the program ends.
    command = ["node", str(VALIDATOR), "--formatter", "json=found.json", "*.html"]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (folder / "found.json").exists(), said.stderr
    wrong: dict[str, list[str]] = {}
    for report in json.loads((folder / "found.json").read_text(encoding="utf-8")):
        lines = [f"{m['line']}:{m['column']} {m['ruleId']}: {m['message']}" for m in report["messages"]]
        wrong.setdefault(Path(report["filePath"]).stem.rpartition(" ")[0], []).extend(lines)
    return wrong


def _sites(name: str) -> dict[str, object]:
    return {"hostile": evil_site()} if "hostile" in name else {"member": member_site(), "guest": _GUEST}


def _file(name: str) -> str:
    return name.replace("/", "-")


@pytest.mark.parametrize("name", samples())
def test_page_is_valid(found: dict[str, list[str]], name: str) -> None:
    assert found.get(_file(name), []) == []


def test_what_is_not_valid_is_found(found: dict[str, list[str]]) -> None:
    assert {line.split()[1] for line in found["broken"]} >= {"element-permitted-content:"}
