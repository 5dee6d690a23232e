"""One request of one visitor: what was asked, on whose behalf, and how an answer is put together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import lru_cache
from typing import Protocol
from urllib.parse import quote

from markupsafe import Markup
from webob import Request, Response

from kallithea.controllers.kept import AROUND, KeptPage, Lasting
from kallithea.controllers.responses import OF_PAGES, has_tag, html_response, negotiated, text_response
from kallithea.lib.cache import Cache
from kallithea.lib.errors import Forbidden, Invalid
from kallithea.lib.issues import IssueRule
from kallithea.lib.lazy import lazy
from kallithea.lib.packing import KEPT, SENT_ONCE, Piece, takes_gzip
from kallithea.lib.passkeys import Party, is_installed, party_of
from kallithea.lib.places import Place
from kallithea.lib.time_zones import UTC, zone_of
from kallithea.lib.tokens import masked, new_token, same, signed, unmasked
from kallithea.pages.error import ErrorPage
from kallithea.pages.login import LoginPage
from kallithea.pages.parts import PageParts
from kallithea.pages.second_step import SecondStepPage
from kallithea.pages.site import CSRF_FIELD, Site, VisitorForm, site
from kallithea.pages.time_zones import in_zone
from kallithea.pages.urls import Urls, origin_of
from kallithea.services.actors import Member, ShownToken
from kallithea.services.admission import Admission
from kallithea.services.budgets import Price
from kallithea.services.scope import Scope


@dataclass(frozen=True, slots=True)
class WebSettings:
    """What the web pages need of the settings."""

    title: str
    version: str
    canonical_url: str
    cookie_name: str
    secret: str
    remember_seconds: int
    page_size: int
    cut_off: int
    strict_transport: bool
    debug: bool
    issues: tuple[IssueRule, ...] = field(default=(), repr=False)
    """How messages of any repository name issues."""
    gravatar: str = ""
    """Where pictures of people are asked for elsewhere: an address as the setting gravatar_url has it; empty: nowhere."""
    ssh_address: str = ""
    """How the SSH address of a repository is written, with {hostname}, {repo} and {repoid}; empty: there is no SSH."""
    time_zone: str = UTC
    """In which zone times are told to people who chose none."""
    look: str = ""
    """Changes with those of the settings above that have no text of their own."""


class Renders(Protocol):
    """Turns a page into HTML, and puts it into the frame of a visitor."""

    stamp: str
    """Changes when pages would look different although they show the same."""

    def parts(self, template_name: str, page: object, site: object) -> PageParts: ...

    def frame(self, title: Markup, head: Markup, place: Markup, site: object) -> tuple[str, str]: ...

    def framed(self, parts: PageParts, site: object) -> str: ...


Contents = Cache[KeptPage]


@dataclass(frozen=True, slots=True)
class Around:
    """What is in front of the content of a page and behind it, and the tag of the whole (RFC 9110; empty: it has none)."""

    before: Piece
    after: Piece
    tag: str

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return AROUND + sum(len(piece.plain) + len(piece.packed) for piece in (self.before, self.after))


Frames = Cache[Around]
"""What is around the content of pages, for those who are not signed in; by the key of the content and the address."""


# One for each process, but in tests.
@lru_cache(maxsize=8)
def made_by(stamp: str, settings: WebSettings) -> str:
    """Stands for all that pages depend on and that only a new start changes: code, templates, settings."""
    return _digest((stamp, settings))


class Visit:
    """A request, its scope, and the answer in the making."""

    def __init__(
        self,
        request: Request,
        scope: Scope,
        settings: WebSettings,
        renderer: Renders,
        contents: Contents,
        frames: Frames,
        admission: Admission,
    ) -> None:
        self.request = request
        self.scope = scope
        self.settings = settings
        self.form: Mapping[str, str] = {}
        self.files: Mapping[str, bytes] = {}
        self.query: Mapping[str, str] = {}
        self.method: str = request.method
        self.urls = Urls(request.script_name)
        self.repository = ""
        """The path of the repository in which the visitor is and which they may read; empty elsewhere."""
        self._renderer = renderer
        self._contents = contents
        self._frames = frames
        self._admission = admission
        self._finish: list[Callable[[Response], None]] = []

    def admitted(self, price: Price, *, costly: bool, changes: bool) -> AbstractContextManager[object]:
        """Around the building of a page. For visitors it raises Unavailable where too many of them are there, and
        TooManyAttempts where their network has no budget left."""
        self._admission.charge(self.scope.actor, self.scope.credentials.origin, price)
        return self._admission.page(self.scope.actor, costly=costly, changes=changes)

    def transfer_place(self, repository: int) -> Place:
        """A place for an answer that keeps a thread. Raises Unavailable, TooManyAttempts."""
        return self._admission.transfer(self.scope.actor, self.scope.credentials.origin, repository=repository)

    @lazy
    def site_urls(self) -> Urls:
        """Addresses for what leaves the site, such as clone addresses: with the host, the canonical one where it is set."""
        return Urls.of_site(self.settings.canonical_url or f"{self.request.host_url}{self.urls.prefix}")

    def clone_url(self, repository: str) -> str:
        """The address that clients get, with the host."""
        return self.site_urls.repository(repository)

    def clone_ssh_url(self, repository: str, number: int) -> str:
        """The same over SSH; empty where that is not served."""
        return self.site_urls.over_ssh(self.settings.ssh_address, repository, number)

    @property
    def here(self) -> str:
        """The address asked for, path and query."""
        path = quote(self.request.environ.get("PATH_INFO", "").encode("latin-1"), safe="/")
        text = self.request.query_string
        return f"{self.urls.prefix}{path or '/'}" + (f"?{text}" if text else "")

    @lazy
    def zone(self) -> tzinfo:
        """The zone in which times are told to the reader by pages that are nobody else's."""
        actor = self.scope.actor
        chosen = actor.time_zone if isinstance(actor, Member) else ""
        return zone_of(chosen or self.settings.time_zone)

    def safe_destination(self, came_from: str) -> str:
        """`came_from` if it stays on this site, else the home page: browsers read `//`, `/\\` and controls as other hosts.

        What begins with one slash has neither scheme nor host (RFC 3986, section 4.2). Headers are ASCII: letters are quoted.
        """
        is_ours = came_from.startswith("/") and not came_from.startswith(("//", "/\\")) and came_from.isprintable()
        return quote(came_from, safe="!#$%&'()*+,/:;=?@[]~") if is_ours else self.urls.home()

    def shown(self, page: object, *, key: Hashable) -> Response:
        """The page as `rendered` gives it; one that lasts as it was kept when it had another key, if it was."""
        return self._lasting(page, key) if isinstance(page, Lasting) else self.rendered(page, key=key)

    def _lasting(self, page: Lasting, key: Hashable) -> Response:
        whole, lasts = self._whole_key(key), ("lasting", page.shows)
        kept = self._contents.get(self._whole_key(lasts))
        if kept is None:
            made = page.make()
            return made if isinstance(made, Response) else self.rendered(made, key=key, also=lasts)
        self._contents.put(whole, kept, kept.size)
        return self._framed(kept, self._around(kept, whole))

    def rendered(self, page: object, *, status: int = 200, key: Hashable = None, also: Hashable = None) -> Response:
        """The page as a response: `kallithea.pages.repository.summary` is shown by `repository/summary.html`.

        With a key, its content is kept for whoever asks for the same, and under the other key `also`; without one, times are
        told in the reader's zone.
        """
        page = in_zone(page, self.zone) if key is None else page
        template = type(page).__module__.removeprefix("kallithea.pages.").replace(".", "/") + ".html"
        frame = self._site(page)
        parts = self._renderer.parts(template, page, self._disguised(frame))
        if key is None:
            kept = KeptPage.of(parts, SENT_ONCE)
            return self._framed(kept, self._drawn(kept, frame), status=status)
        kept, whole = KeptPage.of(parts, KEPT), self._whole_key(key)
        for each in (whole, self._whole_key(also)) if also is not None else (whole,):
            self._contents.put(each, kept, kept.size)
        return self._framed(kept, self._around(kept, whole), status=status)

    def remembered(self, key: Hashable) -> Response | None:
        """The page that `rendered` kept under this key, in this visitor's frame; 304 where the browser has just that."""
        whole = self._whole_key(key)
        kept = self._contents.get(whole)
        if kept is None:
            return None
        around = self._around(kept, whole)
        if has_tag(self.request.headers.get("If-None-Match", ""), around.tag):
            response = Response(status=304)
            response.headers.pop("Content-Type", None)
            response.headers.update({"ETag": around.tag, **OF_PAGES})
            return response
        return self._framed(kept, around)

    def content_tag(self, key: Hashable) -> str:
        """A tag (RFC 9110) of an answer that depends on the address, on this key and on nothing else."""
        return _digest(self._whole_key(key))

    def _framed(self, kept: KeptPage, around: Around, *, status: int = 200) -> Response:
        pieces = (around.before, kept.content, around.after)
        response = html_response(pieces, is_packed=self._may_pack, status=status)
        if around.tag:
            response.headerlist.append(("ETag", around.tag))
        return response

    def _around(self, kept: KeptPage, whole_key: Hashable) -> Around:
        """What is around a page that is kept under this key. For all who are not signed in it depends on the address alone."""
        if isinstance(self.scope.actor, Member):
            frame = self._site(None)
            return self._drawn(kept, frame, _tag((whole_key, frame)))
        of_visitors = whole_key, self.here
        found = self._frames.get(of_visitors)
        if found is None:
            frame = self._site(None)
            found = self._drawn(kept, frame, _tag((whole_key, frame)))
            self._frames.put(of_visitors, found, found.size)
        return found

    def _drawn(self, kept: KeptPage, frame: Site, tag: str = "") -> Around:
        html = self._renderer.frame(kept.title, kept.head, kept.place, self._disguised(frame))
        # What has a token is for one answer, that of visitors for those who come after too.
        packs = self._may_pack or not frame.csrf_token
        before, after = (Piece.of(text.encode()) if packs else Piece(text.encode(), b"") for text in html)
        return Around(before, after, tag)

    def _disguised(self, frame: Site) -> Site:
        """The frame as it is sent: with the token in another disguise each time."""
        return replace(frame, csrf_token=masked(frame.csrf_token)) if frame.csrf_token else frame

    @lazy
    def _may_pack(self) -> bool:
        """Whether the answer may be sent with gzip.

        Not where another site had a browser that is signed in ask for it: how long an answer becomes could tell that site
        what is in it (BREACH).
        """
        if not takes_gzip(self.request.headers.get("Accept-Encoding", "")):
            return False
        is_ours = self.request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        return is_ours or not isinstance(self.scope.actor, Member)

    def _whole_key(self, key: Hashable) -> Hashable:
        maker = made_by(self._renderer.stamp, self.settings)
        return maker, key, tuple(sorted(self.query.items())), self.site_urls.prefix, self.urls.prefix

    def redirect(self, url: str) -> Response:
        """See Other: the browser gets the page after a form."""
        return text_response("", "text/plain", status=303, headers={"Location": url})

    def moved(self, path: str, rest: Sequence[str]) -> Response:
        """Found: the same page where its repository or group is now. Not for ever, as something new may get the old path."""
        url = "/".join((self.urls.repository(path), *(quote(part, safe="@:+,;=!$&'()*~") for part in rest)))
        query = f"?{self.request.query_string}" if self.request.query_string else ""
        return text_response("", "text/plain", status=302, headers={"Location": url + query, "Cache-Control": "no-store"})

    def finish(self, response: Response) -> Response:
        """Put on what the visit decided about the response, such as cookies."""
        for finish in self._finish:
            finish(response)
        headers = self.request.headers
        known = headers.get("If-None-Match", "")
        return negotiated(response, known=known, may_pack=lambda: self._may_pack and "Range" not in headers)

    @lazy
    def party(self) -> Party | None:
        """The site as passkeys know it; None where they cannot be used: at another address than the canonical one too."""
        party = party_of(self.settings.canonical_url, name=self.settings.title) if is_installed() else None
        return party if party and party.origin == origin_of(self.request.host_url) else None

    # --- proof that a form is ours

    @property
    def disguised_token(self) -> str:
        """The token of forms as it is sent."""
        return masked(self.csrf_token)

    @lazy
    def csrf_token(self) -> str:
        """The token that forms for this visitor carry, bound to the browser."""
        if isinstance(self.scope.credentials.proof, ShownToken):
            return ""  # Who comes with a token has no session to bind it to, and needs none.
        return signed(self.settings.secret, "form", self.browser)

    @lazy
    def browser(self) -> str:
        """What stands for this browser and no other: its session, or a cookie where there is none.

        Whom a proxy vouches for on each request has none; the number then keeps the token from being another member's.
        """
        actor = self.scope.actor
        if isinstance(actor, Member) and actor.session_id is not None:
            return f"session {actor.session_id}"
        nonce = self.request.cookies.get(self._nonce_cookie)
        if not nonce:
            nonce = new_token()
            self.set_cookie(self._nonce_cookie, nonce)
        return f"member {actor.id} {nonce}" if isinstance(actor, Member) else f"visitor {nonce}"

    def check_form_is_ours(self) -> None:
        """Raises Invalid for a form that another site sent: no valid token, or an Origin that is not ours.

        An access token as Bearer is proof by itself: no browser sends it along unless a script of ours told it to. As Basic it
        is none, since browsers repeat that for whatever site asks them; then it raises Forbidden.
        """
        proof = self.scope.credentials.proof
        if isinstance(proof, ShownToken):
            if not proof.is_bearer:
                raise Forbidden("With a token as password one may only look.", hint="To change something, send it as Bearer.")
            return
        origin = self.request.headers.get("Origin")
        if origin is not None and origin.lower() not in self._own_origins:
            raise Invalid("This form was sent from another site.", hint="Open the page on this site and send it from there.")
        if not self.csrf_token or not same(unmasked(self.form.get(CSRF_FIELD, "")), self.csrf_token):
            raise Invalid("The form is too old or not from this site.", hint="Go back, reload the page, and send it again.")

    # --- cookies

    def set_cookie(self, name: str, value: str, *, max_age: int | None = None) -> None:
        """Have the browser keep a cookie that scripts cannot read and other sites cannot send."""
        self._finish.append(
            lambda response: response.set_cookie(
                name, value, max_age=max_age, path=self._cookie_path, secure=self._is_https, httponly=True, samesite="Lax"
            )
        )

    def delete_cookie(self, name: str) -> None:
        self._finish.append(lambda response: response.delete_cookie(name, path=self._cookie_path))

    @property
    def _cookie_path(self) -> str:
        return self.urls.prefix or "/"

    @property
    def _is_https(self) -> bool:
        return bool(self.request.scheme == "https")

    @property
    def _nonce_cookie(self) -> str:
        return f"{self.settings.cookie_name}_visitor"

    @property
    def _own_origins(self) -> set[str]:
        # Pages asked for at another address than the canonical one work there: an inner name, or this machine itself.
        return {origin_of(self.request.host_url), origin_of(self.settings.canonical_url)} - {""}

    def _site(self, page: object) -> Site:
        actor = self.scope.actor
        member = actor if isinstance(actor, Member) else None
        # Visitors get a cookie only where there is a form for them.
        has_form = isinstance(page, (LoginPage, SecondStepPage, VisitorForm)) or (isinstance(page, ErrorPage) and page.sign_in)
        needs_token = member or has_form
        return site(
            self.urls,
            title=self.settings.title,
            version=self.settings.version if member else None,
            visitor=member.name if member else None,
            csrf_token=self.csrf_token if needs_token else "",
            is_administrator=bool(member and member.administers_site),
            may_create_repository=member is not None,
            came_from=self.here,
            zone=member.time_zone if member else "",
            address=self.site_urls.prefix,
        )


def _digest(key: object) -> str:
    """32 hexadecimal digits that stand for what the key shows of itself."""
    return hashlib.sha256(repr(key).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _tag(key: object) -> str:
    """A weak tag: the same page may be sent packed or not."""
    return f'W/"{_digest(key)}"'
