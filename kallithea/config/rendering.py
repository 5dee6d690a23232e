"""Turns a page into HTML with the Jinja2 template of the same name."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.bccache import Bucket
from markupsafe import Markup

from kallithea.lib.errors import ConfigError
from kallithea.lib.trace import rendering
from kallithea.pages.parts import PageParts

_PACKAGE = Path(__file__).resolve().parent.parent
TEMPLATES = _PACKAGE / "templates"
PUBLIC = _PACKAGE / "public"
_PAGES = "kallithea.pages."
LAY_OUT = ("Pygments", "Jinja2", "MarkupSafe", "markdown-it-py", "mdit-py-plugins", "nh3", "docutils", "mercurial", "dulwich")
"""Packages whose next release may show the same otherwise."""


class CompiledTemplates(FileSystemBytecodeCache):
    """Templates that were compiled, on disk; a disk that takes nothing more, or nothing at all, costs time only."""

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def template_of(page_type: type) -> str:
    """The template of a page class, which has the name of its module: `repository/summary.html`."""
    return page_type.__module__.removeprefix(_PAGES).replace(".", "/") + ".html"


def read_manifest(public: Path = PUBLIC) -> dict[str, str]:
    """The file that each asset was built into: `app.css` → `app-1f0c2d3e.css`."""
    try:
        return dict(json.loads((public / "assets" / "manifest.json").read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigError(
            "The style sheets and scripts of the pages are not built.", hint="Run `kallithea-cli front-end-build`."
        ) from error


class Renderer:
    """All templates; one per process, safe to share between threads."""

    def __init__(self, *, public: Path = PUBLIC, bytecode_cache: Path | None = None, reload: bool = False) -> None:
        """`bytecode_cache` is a folder for compiled templates; `reload` looks for changed ones at each use."""
        manifest = read_manifest(public)
        cache = None
        if bytecode_cache is not None:
            with suppress(OSError):
                bytecode_cache.mkdir(parents=True, exist_ok=True)
            cache = CompiledTemplates(str(bytecode_cache))
        self._environment = make_environment()
        self._environment.bytecode_cache = cache
        self._environment.auto_reload = reload
        self._environment.globals["asset"] = manifest.__getitem__
        self.stamp = _stamp(manifest)
        # Nobody can guess it, so nothing that a page shows can have it.
        self._separator = secrets.token_hex(16)
        self._environment.globals["part_separator"] = self._separator

    def parts(self, template_name: str, page: object, site: object) -> PageParts:
        """The HTML of a page without its frame."""
        with rendering():
            html = self._environment.get_template(template_name).render(page=page, site=site)
        title, head, place, content = map(Markup, html.split(self._separator))
        return PageParts(title, head, place, content)

    def frame(self, title: Markup, head: Markup, place: Markup, site: object) -> tuple[str, str]:
        """The HTML of one visitor before and behind the content of a page."""
        with rendering():
            page = PageParts(title, head, place, Markup(self._separator))  # noqa: S704 - hexadecimal digits
            html = self._environment.get_template("_layout.html").render(page=page, site=site)
        before, after = html.split(self._separator)
        return before, after

    def framed(self, parts: PageParts, site: object) -> str:
        """The HTML of a page in the frame of one visitor."""
        before, after = self.frame(parts.title, parts.head, parts.place, site)
        return f"{before}{parts.content}{after}"  # Markup would escape what is around it

    def render(self, template_name: str, page: object, site: object) -> str:
        """The HTML of a page in one go."""
        return self.framed(self.parts(template_name, page, site), site)


def _stamp(manifest: Mapping[str, str]) -> str:
    """Changes when templates, code or built files do, and is the same in every process that shows the same."""
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode())
    digest.update(json.dumps([_version(name) for name in LAY_OUT]).encode())
    for source in (*sorted(TEMPLATES.rglob("*.html")), *sorted(_PACKAGE.rglob("*.py"))):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def make_environment() -> Environment:
    """The environment that templates are written for: everything escaped (but in plain texts, of mails), a misspelt name is an
    error, `page` and `site` and `asset(name)` are all there is."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        cache_size=-1,
        enable_async=False,
    )
    # The defaults (range, dict, lipsum, cycler, joiner, namespace) would let templates think.
    environment.globals.clear()
    return environment
