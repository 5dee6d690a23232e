"""Every page, on a good day and on a bad one, is HTML that we would sign."""

import re
from pathlib import Path

import pytest

from kallithea.config.rendering import Renderer, template_of
from kallithea.lib.visible import HIDDEN
from tests.pages.reading import Element, read
from tests.pages.samples import samples
from tests.pages.world import evil_site, member_site

SAMPLES = samples()
HOSTILE = [name for name in SAMPLES if "hostile" in name]
SOURCE_OF_IMAGE = re.compile(r"/(?!/)|data:image/(png|jpeg);base64,")
FIELDS = ("input", "select", "textarea")


@pytest.fixture(name="renderer", scope="module")
def _renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    public = tmp_path_factory.mktemp("public")
    write_manifest(public)
    return Renderer(public=public)


def write_manifest(public: Path) -> None:
    (public / "assets").mkdir()
    (public / "assets" / "manifest.json").write_text('{"app.css": "app-1.css", "app.js": "app-2.js"}')


def rendered(renderer: Renderer, name: str) -> str:
    page = SAMPLES[name]()
    return renderer.render(template_of(type(page)), page, evil_site() if "hostile" in name else member_site())


@pytest.fixture(name="document", scope="module", params=SAMPLES)
def _document(renderer: Renderer, request: pytest.FixtureRequest) -> Element:
    return read(rendered(renderer, request.param))


def test_it_is_well_formed_and_says_what_it_is(document: Element) -> None:
    html = document.one("html")

    assert html.attributes["lang"] == "en"
    assert html.one("head").one("title").text.strip()
    assert [heading for heading in html.all("h1") if heading.text.strip()]
    html.one("main")


def test_every_id_is_there_once(document: Element) -> None:
    ids = [element.attributes["id"] for element in document.all() if "id" in element.attributes]

    assert len(ids) == len(set(ids))


def test_every_link_within_the_page_has_an_end(document: Element) -> None:
    ids = {element.attributes.get("id") for element in document.all()}
    links = [link.attributes.get("href", "") for link in document.all("a") if link.attributes.get("href", "").startswith("#")]

    assert [link for link in links if link[1:] not in ids] == []


def test_nothing_in_it_needs_an_exception_from_the_content_security_policy(document: Element) -> None:
    inline = [script for script in document.all("script") if not script.attributes.get("src", "").startswith("/_assets/")]
    handlers = [name for element in document.all() for name in element.attributes if name == "style" or name.startswith("on")]
    elsewhere = [image for image in document.all("img") if not SOURCE_OF_IMAGE.match(image.attributes.get("src", "/"))]

    assert (inline, handlers, elsewhere, list(document.all("style"))) == ([], [], [], [])


def test_every_link_leads_to_a_place_that_is_safe_to_go_to(document: Element) -> None:
    targets = [link.attributes.get("href", "") for link in document.all("a")]
    targets += [form.attributes["action"] for form in document.all("form")]

    assert [target for target in targets if not re.match(r"/(?!/)|#|https?://|mailto:|$", target)] == []


def test_every_field_has_a_label(document: Element) -> None:
    labelled = {label.attributes.get("for") for label in document.all("label")}
    inside = {id(field) for label in document.all("label") for field in label.all(*FIELDS)}
    fields = [field for field in document.all(*FIELDS) if field.attributes.get("type") != "hidden"]
    missing = [
        field.attributes
        for field in fields
        if "aria-hidden" not in field.attributes
        and not field.attributes.get("aria-label")
        and field.attributes.get("id") not in labelled
        and id(field) not in inside
    ]

    assert missing == []


def test_what_describes_a_field_is_there(document: Element) -> None:
    ids = {element.attributes.get("id") for element in document.all()}
    named = [
        name
        for element in document.all()
        for attribute in ("aria-describedby", "aria-labelledby")
        for name in element.attributes.get(attribute, "").split()
    ]

    assert set(named) <= ids


def test_every_form_that_posts_carries_the_token(document: Element) -> None:
    posting = [form for form in document.all("form") if form.attributes.get("method") == "post"]
    names = [[field.attributes.get("name") for field in form.all("input")] for form in posting]

    assert all("_session_csrf_secret_token" in fields for fields in names)


def test_every_link_and_button_has_a_name(document: Element) -> None:
    silent = [
        element.attributes
        for element in document.all("a", "button", "summary")
        if not (
            element.text.strip()
            or element.attributes.get("aria-label")
            or any(i.attributes.get("alt") for i in element.all("img"))
        )
    ]

    assert silent == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hidden_characters_of_others_are_written_out(renderer: Renderer, name: str) -> None:
    document = read(rendered(renderer, name))

    # What was typed into a field must come back as it is.
    for field in document.all("textarea", "option"):
        field.texts.clear()
    # Line feeds and blanks of our own templates aside, nothing hidden may be left in what people read.
    assert HIDDEN.findall(document.one("body").text) == []


def test_a_page_of_history_costs_a_few_milliseconds(renderer: Renderer) -> None:
    html = rendered(renderer, "changelog")

    # Bytes stand for time here: they can be measured the same on every machine. A row is about a kilobyte.
    assert len(html) / html.count("<li") < 1500


def test_a_misspelt_name_in_a_template_is_an_error(renderer: Renderer) -> None:
    with pytest.raises(Exception, match="has no attribute"):
        renderer.render("home.html", object(), member_site())
