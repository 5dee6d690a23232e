"""Which sources of sign-ins are asked, and the settings of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound, Unavailable
from kallithea.lib.sign_in.registry import source_class, source_names
from kallithea.pages.admin.auth import AuthPage, ShownSource, auth_page
from kallithea.pages.admin.auth_source import FORGET, AuthSourcePage, SourceState, Typed, auth_source_page

COUNTED = 1000
"""Linked accounts; more are not counted."""


@dataclass(frozen=True, slots=True)
class OrderForm:
    """`verb` is on, off or up."""

    name: str
    verb: str


@dataclass(frozen=True, slots=True)
class GroupForm:
    external_name: str
    user_group: str


@dataclass(frozen=True, slots=True)
class LeaveForm:
    number: int


@dataclass(frozen=True, slots=True)
class LinkForm:
    username: str
    subject: str


@dataclass(frozen=True, slots=True)
class UnlinkForm:
    unlinked: str


@dataclass(frozen=True, slots=True)
class SettingsForm:
    """What every form of settings has; what else it has, the source declares."""

    new_people: str


class AuthRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> AuthPage:
        return self._list()

    @action(requires=Visitor.ADMINISTRATOR, path="")
    def order(self) -> Response:
        form, sources = self.form(OrderForm), self.scope.sign_in_sources
        verbs: Mapping[str, Callable[[str], None]] = {
            "on": sources.turn_on,
            "off": sources.turn_off,
            "up": sources.move_up,
        }
        if form.verb not in verbs:
            raise Invalid("A source can be turned on, turned off, or moved up.")
        try:
            verbs[form.verb](form.name)
        except (Invalid, Conflict) as error:
            return self.visit.rendered(self._list(error), status=status_of(error))
        return self.visit.redirect(self.visit.urls.administration("auth"))

    @page(requires=Visitor.ADMINISTRATOR, path="settings")
    def source_settings(self, source: str) -> AuthSourcePage:
        return self._source(source)

    @action(requires=Visitor.ADMINISTRATOR, path="settings")
    def save_source(self, source: str) -> Response:
        self.form(SettingsForm)
        given = self.visit.form
        cleared = {name.removeprefix(FORGET) for name in given if name.startswith(FORGET)}
        return self._changed(source, lambda: self.scope.sign_in_sources.save(source, given, cleared=cleared), is_settings=True)

    @action(requires=Visitor.ADMINISTRATOR, path="groups")
    def follow_group(self, source: str) -> Response:
        """Have a user group follow one of the source."""
        form = self.form(GroupForm)
        self.scope.sign_in_sources.kind(source)
        return self._changed(source, lambda: self.scope.synchronised_groups.follow(source, form.external_name, form.user_group))

    @action(requires=Visitor.ADMINISTRATOR, path="groups/delete")
    def leave_group(self, source: str) -> Response:
        number = self.form(LeaveForm).number
        return self._changed(source, lambda: self.scope.synchronised_groups.leave(source, number))

    @action(requires=Visitor.ADMINISTRATOR, path="people")
    def link_person(self, source: str) -> Response:
        """Have somebody of the source open an account."""
        form, scope = self.form(LinkForm), self.scope
        scope.sign_in_sources.kind(source)
        try:
            user = scope.accounts.by_name(form.username)
        except NotFound as error:
            return self._refused(source, Invalid(error.message, fields={"username": error.message}))
        return self._changed(source, lambda: scope.external_accounts.link(source, form.subject, user))

    @action(requires=Visitor.ADMINISTRATOR, path="people/delete")
    def unlink_person(self, source: str) -> Response:
        form, scope = self.form(UnlinkForm), self.scope
        try:
            user = scope.accounts.by_name(form.unlinked)
        except NotFound as error:
            return self._refused(source, Invalid(error.message, fields={"unlinked": error.message}))
        return self._changed(source, lambda: scope.external_accounts.unlink(source, user))

    def _changed(self, source: str, change: Callable[[], object], *, is_settings: bool = False) -> Response:
        try:
            change()
        except (Invalid, Conflict, Unavailable) as error:
            return self._refused(source, error, is_settings=is_settings)
        return self.visit.redirect(self.visit.urls.sign_in_source(source))

    def _refused(self, source: str, error: KallitheaError, *, is_settings: bool = False) -> Response:
        return self.visit.rendered(self._source(source, error, is_settings=is_settings), status=status_of(error))

    def _list(self, error: KallitheaError | None = None) -> AuthPage:
        sources = self.scope.sign_in_sources
        order = sources.order()
        kinds = {name: kind for name in source_names() if (kind := source_class(name))}
        shown = []
        for name in (*order, *(name for name in kinds if name not in order)):
            if name not in kinds:
                continue
            trouble = kinds[name].missing() or self._trouble(name)
            shown.append(ShownSource(name, kinds[name].title, kinds[name].about, name in order, trouble))
        return auth_page(self.visit.urls, shown, error=_said(error) if error else None)

    def _trouble(self, name: str) -> str | None:
        """Why a source cannot be used with its settings."""
        try:
            self.scope.sign_in_sources.configured(name)
        except (Invalid, Conflict):
            return "Its settings are not complete."
        return None

    def _source(self, name: str, error: KallitheaError | None = None, *, is_settings: bool = False) -> AuthSourcePage:
        sources = self.scope.sign_in_sources
        kind = sources.kind(name)
        state = SourceState(
            kind=kind,
            is_on=name in sources.order(),
            stored=sources.values(name),
            followed=self.scope.synchronised_groups.of(name),
            linked=self.scope.external_accounts.count(name, limit=COUNTED + 1),
        )
        typed = Typed(
            self.visit.form if error else {},
            dict(error.fields) if isinstance(error, Invalid) else {},
            _said(error) if error else None,
            is_settings,
        )
        back = self.visit.site_urls.login_back(name)
        return auth_source_page(self.visit.urls, state, typed, back=back, counted=COUNTED)


def _said(error: KallitheaError) -> str:
    return " ".join(text for text in (error.message, error.hint) if text)
