"""`/_admin/permissions`: what holds everywhere, from where people may come, and what one person may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.access import PrincipalKind
from kallithea.lib.errors import Invalid, NotFound
from kallithea.pages.admin.addresses import AddressesPage, addresses_page
from kallithea.pages.admin.permissions import SitePermissionsPage, site_permissions_page
from kallithea.pages.admin.permissions_of import PermissionsOfPage, permissions_of_page
from kallithea.pages.holdings import HoldingItem, HoldingsPart, holdings_part
from kallithea.pages.urls import Urls
from kallithea.services.access.holdings import Holdings
from kallithea.services.actors import Member
from kallithea.services.site_settings import SitePermissions

SIZE = 100
_READERS = {"anyone": PrincipalKind.ANYONE, "members": PrincipalKind.MEMBERS, "": None}


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """Whose list, and behind which path it goes on."""

    who: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class SiteForm:
    """A box that is not ticked is not sent, and means no."""

    default_reader: str
    anonymous: bool = False
    default_repo_private: bool = False


@dataclass(frozen=True, slots=True)
class AddressesForm:
    networks: str
    who: str = ""


def holdings_of(
    holdings: Holdings, urls: Urls, member: Member, *, after: str, address: Callable[[str], str], explained: bool = False
) -> HoldingsPart:
    """A page of what somebody may do; `address` is that of the page that goes on behind a key, `explained` says whether the
    reasons may be asked for."""
    found = holdings.of(member, after=after, limit=SIZE + 1)
    shown = found[:SIZE]
    return holdings_part(
        urls,
        [HoldingItem(one.path, one.is_group, one.access.word) for one in shown],
        who=member.name if explained else "",
        first_url=address("") if after else None,
        next_url=address(shown[-1].key) if len(found) > SIZE else None,
    )


class PermissionsRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> SitePermissionsPage:
        chosen = self.scope.site_settings.permissions()
        reader = chosen.new_are_read_by
        return site_permissions_page(
            self.visit.urls,
            public_access=chosen.public_access,
            new_are_private=chosen.new_are_private,
            new_are_read_by=reader.value if reader else "",
        )

    @action(requires=Visitor.ADMINISTRATOR, path="")
    def save_site(self) -> Response:
        form = self.form(SiteForm)
        if form.default_reader not in _READERS:
            shown = site_permissions_page(
                self.visit.urls,
                public_access=form.anonymous,
                new_are_private=form.default_repo_private,
                new_are_read_by=form.default_reader,
                errors={"default_reader": "Choose who may read it."},
            )
            return self.visit.rendered(shown, status=400)
        chosen = SitePermissions(form.anonymous, form.default_repo_private, _READERS[form.default_reader])
        self.scope.site_settings.set_permissions(chosen)
        return self.visit.redirect(self.visit.urls.site_permissions())

    @page(requires=Visitor.ADMINISTRATOR, path="ips")
    def ips_page(self) -> AddressesPage:
        return self._addresses(self.query(PersonQuery).who)

    @action(requires=Visitor.ADMINISTRATOR)
    def ips(self) -> Response:
        form, scope = self.form(AddressesForm), self.scope
        try:
            user = scope.accounts.by_name(form.who) if form.who else None
            scope.address_lists.set(user, form.networks, by=scope.actor, origin=scope.credentials.origin)
        except (Invalid, NotFound) as error:
            fields = error.fields if isinstance(error, Invalid) else {"who": error.message}
            return self.visit.rendered(self._addresses(form.who, form.networks, fields), status=status_of(error))
        return self.visit.redirect(self.visit.urls.site_addresses(who=form.who))

    @page(requires=Visitor.ADMINISTRATOR)
    def perms(self) -> PermissionsOfPage:
        query, urls = self.query(PersonQuery), self.visit.urls
        if not query.who:
            return permissions_of_page(urls)
        try:
            user = self.scope.accounts.by_name(query.who)
        except NotFound as error:
            return permissions_of_page(urls, who=query.who, error=error.message)
        member = self.scope.accounts.member(user.id)
        if member is None:
            return permissions_of_page(urls, who=query.who, error=f"The account {user.name} is disabled, so it may do nothing.")
        part = holdings_of(
            self.scope.holdings,
            urls,
            member,
            after=query.after,
            address=lambda after: urls.permissions_of(user.name, after=after),
            explained=True,
        )
        return permissions_of_page(urls, who=user.name, holdings=part)

    def _addresses(self, who: str, networks: str | None = None, errors: Mapping[str, str] | None = None) -> AddressesPage:
        lists = self.scope.address_lists
        found = dict(errors or {})
        user = None
        try:
            user = self.scope.accounts.by_name(who) if who else None
        except NotFound as error:
            found["who"], who = error.message, ""
        if networks is None:
            networks = lists.of(user) if user else lists.of_everybody()
        return addresses_page(
            self.visit.urls,
            who=who,
            networks=networks,
            own_address=self.scope.credentials.origin.address,
            personal=[one.name for one in lists.personal()],
            errors=found,
        )
