"""Around every page: reads the request strictly, opens the scope, turns errors into pages, commits or rolls back."""

from __future__ import annotations

import logging
import re
import traceback
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

from tg.appwrappers.base import ApplicationWrapper
from webob import Request, Response

from kallithea.controllers import errors
from kallithea.controllers.base import MethodNotAllowed
from kallithea.controllers.credentials import challenged, shown_proof
from kallithea.controllers.parameters import parse_form, parse_pairs
from kallithea.controllers.responses import text_response
from kallithea.controllers.visit import Contents, Frames, Renders, Visit, WebSettings
from kallithea.lib.cache import SizedCache
from kallithea.lib.errors import Invalid, KallitheaError
from kallithea.lib.pausing import WriteGate
from kallithea.lib.sign_in.vouching import vouched_in
from kallithea.lib.trace import incident_id
from kallithea.pages.error import ErrorPage, error_page
from kallithea.pages.site import site
from kallithea.pages.urls import Urls, origin_of
from kallithea.services.actors import Credentials, Origin, ProxySays, ShownToken
from kallithea.services.admission import Admission
from kallithea.services.scope import Scope

log = logging.getLogger(__name__)

METHODS = ("GET", "HEAD", "POST")
FRAMES_BYTES = 8 * 1024 * 1024
"""For the frames of some two thousand pages."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_DOTS = re.compile(r"(?:^|/)\.\.?(?:/|\Z)")

SECURITY_HEADERS = {
    # Own files only; images also from `data:` for the icon. Nothing inline, no frames, forms only to ourselves.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def security_headers(settings: WebSettings) -> dict[str, str]:
    """What every answer carries; pictures from one more host where the administrator asks another site for them."""
    if not settings.gravatar:
        return SECURITY_HEADERS
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    allowed = policy.replace("img-src 'self'", f"img-src 'self' {origin_of(settings.gravatar)}")
    return {**SECURITY_HEADERS, "Content-Security-Policy": allowed}


class OpensScopes(Protocol):
    @property
    def admission(self) -> Admission: ...

    @property
    def writes(self) -> WriteGate: ...

    def scope(self, credentials: Credentials, *, writes: bool = False) -> AbstractContextManager[Scope]: ...


def make_scope_wrapper(app: OpensScopes, settings: WebSettings, renderer: Renders, contents: Contents) -> type[ScopeWrapper]:
    """The wrapper of one application. TurboGears takes classes only, so it is one that knows the application."""

    class BoundScopeWrapper(ScopeWrapper):
        def __init__(self, next_handler: Any, config: Any) -> None:
            super().__init__(next_handler, config, app, settings, renderer, contents)

    return BoundScopeWrapper


class ScopeWrapper(ApplicationWrapper):  # type: ignore[misc] # TurboGears is untyped
    """A TurboGears application wrapper."""

    def __init__(
        self,
        next_handler: Any,
        config: Any,
        app: OpensScopes,
        settings: WebSettings,
        renderer: Renders,
        contents: Contents,
    ) -> None:
        super().__init__(next_handler, config)
        self._app = app
        self._settings = settings
        self._security_headers = [(name.lower(), name, value) for name, value in security_headers(settings).items()]
        self._renderer = renderer
        self._contents = contents
        self._frames: Frames = SizedCache(FRAMES_BYTES)

    def __call__(self, controller: Any, environ: dict[str, Any], context: Any) -> Response:
        request = context.request
        try:
            response = self._answer(controller, environ, context, request)
        # What ends the unit of work itself: the database is away, or somebody else was faster.
        except KallitheaError as error:
            status = errors.status_of(error)
            page = error_page(Urls(request.script_name), status=status, message=error.message, hint=error.hint)
            response = errors.say_when(self._without_visitor(page, request, status, error.message), error)
            response = challenged(response, request, self._settings.title)
        # The outermost net of the web: what arrives here is a defect of ours, or a machine that does not work.
        except Exception:
            incident = incident_id()
            log.exception("incident %s: %s %s", incident, request.method, request.environ.get("PATH_INFO"))
            response = self._defect(request, incident)
        given = {name.lower() for name, _ in response.headerlist}
        response.headerlist += [(name, value) for low, name, value in self._security_headers if low not in given]
        if self._settings.strict_transport and request.scheme == "https":
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response

    def _answer(self, controller: Any, environ: dict[str, Any], context: Any, request: Request) -> Response:
        credentials = self._credentials(request)
        is_change = request.method == "POST"
        with (
            self._app.writes.passing() if is_change else nullcontext(),
            self._app.scope(credentials, writes=is_change) as scope,
        ):
            if isinstance(credentials.proof, ShownToken):
                scope.actor  # noqa: B018 - a token that opens nothing ends here, and is counted once
            visit = Visit(request, scope, self._settings, self._renderer, self._contents, self._frames, self._app.admission)
            try:
                if request.method not in METHODS:
                    raise MethodNotAllowed(METHODS)
                _check_path(environ)
                visit.query = parse_pairs(request.query_string.encode("latin-1", "replace"))
                if request.method == "POST":
                    visit.form, visit.files = parse_form(
                        request.headers.get("Content-Type", ""), environ.get("CONTENT_LENGTH"), environ["wsgi.input"].read
                    )
                environ["kallithea.visit"] = visit
                response = self.next_handler(controller, environ, context)
            except KallitheaError as error:
                response = errors.answer(visit, error)
            except MethodNotAllowed as error:
                response = visit.rendered(error_page(visit.urls, status=405), status=405)
                response.headers["Allow"] = ", ".join(error.allowed)
            scope.abandoned = response.status_int >= 400
            return visit.finish(response)

    def _credentials(self, request: Request) -> Credentials:
        origin = Origin(request.remote_addr or "", request.headers.get("User-Agent", ""), "http", "web")
        shown, vouched = shown_proof(request, self._settings.cookie_name), vouched_in(request.environ)
        if vouched is None or isinstance(shown, ShownToken):
            # What a token may not do shall not be done by whom the proxy names, either.
            return Credentials(shown, origin)
        return Credentials(ProxySays(vouched, shown), origin)

    def _defect(self, request: Request, incident: str) -> Response:
        # The traceback shows code and values: for developers at the machine itself only.
        is_developer = self._settings.debug and request.remote_addr in ("127.0.0.1", "::1")
        shown = traceback.format_exc() if is_developer else None
        page = error_page(Urls(request.script_name), status=500, incident=incident, traceback=shown)
        text = f"Something went wrong on our side. It has been noted as incident {incident}."
        return self._without_visitor(page, request, 500, text)

    def _without_visitor(self, page: ErrorPage, request: Request, status: int, text: str) -> Response:
        """An error page that needs no database, or the text alone."""
        frame = site(Urls(request.script_name), title=self._settings.title, version=None, visitor=None, csrf_token="")
        headers = {"Cache-Control": "no-store"}
        try:
            body = self._renderer.framed(self._renderer.parts("error.html", page, frame), frame)
            return text_response(body, "text/html", status=status, headers=headers)
        # The templates themselves may be what is broken.
        except Exception:
            log.exception("incident %s: the error page cannot be shown", incident_id())
            return text_response(text, "text/plain", status=status, headers=headers)


def _check_path(environ: dict[str, Any]) -> None:
    """Raises Invalid for what TurboGears would choke on or what is never the path of anything of ours."""
    raw = environ.get("PATH_INFO", "").encode("latin-1")
    try:
        path = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The address is not valid UTF-8.") from None
    if _CONTROLS.search(path):
        raise Invalid("The address has control characters.")
    if _DOTS.search(path):
        raise Invalid("The address has '.' or '..' as a part.")
