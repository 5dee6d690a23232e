"""Templates get `page` and `site`, think nothing, and each has the page of its name."""

import dataclasses
import importlib
import re
from pathlib import Path

import pytest
from jinja2 import meta

import kallithea.pages
from kallithea.config.rendering import TEMPLATES, make_environment, template_of
from tests.pages.samples import samples

GIVEN = {"page", "site", "asset", "part_separator"}
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
TEXTS = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.txt"))
PAGES = [name for name in NAMES if not Path(name).name.startswith("_")]
# Modules that hold parts of pages rather than a page of their own.
PARTS = {
    "account/sections",
    "admin/permission_parts",
    "admin/sections",
    "parts",
    "faces",
    "grants",
    "group_head",
    "holdings",
    "listing",
    "site",
    "time_zones",
    "token_parts",
    "urls",
} | {
    f"repository/{name}"
    for name in ("changelog_filters", "diff", "diff_notes", "diff_tree", "elsewhere", "laid_out", "readme", "revisions")
}


def source(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES + TEXTS)
def test_a_template_uses_nothing_but_what_it_is_given(name: str) -> None:
    text = source(name)
    # What a template imports at its top is there in its blocks too, which jinja2.meta does not see.
    imported = set(re.findall(r"{% import \"[\w./]+\" as (\w+) %}", text))

    assert meta.find_undeclared_variables(make_environment().parse(text)) <= GIVEN | imported


@pytest.mark.parametrize("name", NAMES)
def test_a_template_trusts_nobody(name: str) -> None:
    text = source(name)

    assert re.findall(r"\|\s*safe\b|autoescape|\bstyle=|\son[a-z]+=|<style|<script(?! type=\"module\" src=)", text) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_template_has_a_page_of_its_name(name: str) -> None:
    module = importlib.import_module("kallithea.pages." + name.removesuffix(".html").replace("/", "."))
    pages = [cls for key, cls in vars(module).items() if key.endswith("Page") and cls.__module__ == module.__name__]

    assert [template_of(page) for page in pages] == [name]
    assert all(dataclasses.is_dataclass(page) and vars(page)["__dataclass_params__"].frozen for page in pages)


def test_a_page_has_a_template_of_its_name() -> None:
    folder = Path(kallithea.pages.__file__).parent
    modules = {path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.py")}
    pages = {f"{module}.html" for module in modules - PARTS if not module.endswith("__init__")}

    assert pages == set(PAGES)


def test_every_page_is_rendered_by_a_test_on_a_good_and_on_a_bad_day() -> None:
    shown = [template_of(type(make())) for make in samples().values()]
    hostile = {template_of(type(make())) for name, make in samples().items() if "hostile" in name}

    assert set(shown) == set(PAGES) == hostile


def test_every_field_of_a_page_is_shown_by_its_template() -> None:
    everything = "".join(source(name) for name in NAMES if Path(name).name.startswith("_"))
    unused = [
        f"{name}: {field.name}"
        for name in PAGES
        for field in dataclasses.fields(_page_of(name))
        if f"page.{field.name}" not in source(name) and f".{field.name}" not in everything
    ]

    assert unused == []


def _page_of(name: str) -> type:
    return next(type(page) for page in (make() for make in samples().values()) if template_of(type(page)) == name)
