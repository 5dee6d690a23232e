"""`/_admin/repo_groups`: making groups, their settings, and who may do what with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from urllib.parse import unquote

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.controllers.group import GroupPlace, GroupRoom
from kallithea.controllers.parameters import written
from kallithea.controllers.permissions import PermissionPages, asked
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict, Forbidden, Invalid, KallitheaError, NotFound
from kallithea.pages.admin.groups import GroupItem, GroupsPage, groups_page
from kallithea.pages.grants import GrantsPart
from kallithea.pages.group import GroupPage
from kallithea.pages.groups.edit import EditGroupPage, GroupValues, Inside, edit_group_page
from kallithea.pages.groups.new import NewGroupPage, new_group_page
from kallithea.pages.groups.permissions import GroupPermissionsPage, group_permissions_page
from kallithea.services.access.control import NO_SUCH_THING
from kallithea.services.access.grants import AdminGrant, GroupFacts
from kallithea.services.access.listing import ListingFilter
from kallithea.services.previews import Preview

BEHIND = tuple(
    tuple(address.split("/"))
    for address in (
        "edit/permissions/delete",
        "edit/permissions/inherit",
        "edit/permissions",
        "edit/advanced",
        "edit/delete",
        "delete",
        "edit",
    )
)
"""What may stand behind the path of a group, the longest first. What our own forms use never ends with another one of them, so
that they mean one group whatever groups are called."""


SIZE = 100
INSIDE_SHOWN = 10
"""Repositories of a group that are named where it cannot be deleted because of them."""


@dataclass(frozen=True, slots=True)
class GroupsQuery:
    """Which groups, and behind which path the list goes on."""

    filter: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class NewGroupQuery:
    parent_group: str = ""


@dataclass(frozen=True, slots=True)
class GroupForm:
    """What the forms post; the settings leave what is not sent, or empty, as it is. With `preview` they show first who gains
    and who loses."""

    group_name: str = ""
    group_description: str | None = None
    owner: str = ""
    preview: bool = False


@dataclass(frozen=True, slots=True)
class DeleteForm:
    confirm: str = ""


class GroupsRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> GroupsPage:
        query = self.query(GroupsQuery)
        found = self.scope.groups.listed(query.filter, after=query.after, limit=SIZE + 1)
        return groups_page(
            self.visit.urls,
            [GroupItem(one.path, one.description, one.owner) for one in found[:SIZE]],
            filter_text=query.filter,
            is_first=not query.after,
            next_after=found[SIZE - 1].key if len(found) > SIZE else "",
        )

    @page(requires=Visitor.MEMBER)
    def new(self) -> NewGroupPage:
        parent = self.query(NewGroupQuery).parent_group.strip("/")
        return self._page(GroupForm(f"{parent}/" if parent else ""))

    @action(requires=Visitor.MEMBER, path="")
    def create(self) -> Response:
        form, scope = self.form(GroupForm), self.scope
        try:
            owner = scope.accounts.get(scope.member.id)
            group = scope.groups.create(form.group_name, owner=owner, description=form.group_description or "")
        except (Invalid, Conflict, Forbidden) as error:
            return self._refused(form, error)
        return self.visit.redirect(self.visit.urls.group(group.namespace.path))

    def _dispatch(self, state: Any, remainder: Sequence[str]) -> Any:
        parts = tuple(unquote(part) for part in remainder)
        if parts in ((), ("new",)):
            return super()._dispatch(state, remainder)
        behind = next((len(end) for end in BEHIND if parts[-len(end) :] == end and len(parts) > len(end)), 0)
        length = len(parts) - behind
        located = self.scope.access.at("/".join(parts[:length]))
        if located is None:
            raise NotFound(NO_SUCH_THING)
        room = SaveGroupRoom(self.visit, located)
        state.add_controller("group", room)
        return room._dispatch(state, remainder[length:])

    def _refused(self, form: GroupForm, error: KallitheaError) -> Response:
        fields = error.fields if isinstance(error, Invalid) else {}
        if isinstance(error, Conflict):
            fields = {"group_name": error.message}
        shown = self._page(form, errors=fields, error=None if fields else error.message)
        return self.visit.rendered(shown, status=status_of(error))

    def _page(self, form: GroupForm, *, errors: Mapping[str, str] | None = None, error: str | None = None) -> NewGroupPage:
        access = self.scope.access
        return new_group_page(
            self.visit.urls,
            name=form.group_name,
            description=form.group_description or "",
            may_create_at_top=access.decide(access.root()).may_create,
            places=self.scope.listing.groups_to_create_in(),
            errors=errors,
            error=error,
        )


class _GroupForms(GroupPlace):
    """What the forms of the settings do, whichever address they are posted to."""

    def _page(self, form: GroupForm = GroupForm(), errors: Mapping[str, str] | None = None) -> EditGroupPage:
        facts = self.grant.target
        owner = facts.owner_id or 0
        values = GroupValues(
            name=form.group_name or facts.path,
            description=facts.description if form.group_description is None else form.group_description,
            owner=form.owner or self.scope.accounts.names([owner]).get(owner, ""),
        )
        return edit_group_page(self.visit.urls, facts.path, values=values, inside=self._inside(), errors=errors)

    def _inside(self) -> Inside | None:
        if self.scope.groups.is_empty(self.admin_grant):
            return None
        path, listing = self.grant.target.path, self.scope.listing
        found = listing.repositories(ListingFilter(below=path), limit=INSIDE_SHOWN + 1).lines
        groups = tuple(group for group, _ in listing.groups(path))
        return Inside(groups, tuple(line.path for line in found[:INSIDE_SHOWN]), len(found) > INSIDE_SHOWN)

    def _save(self) -> Response:
        form, grant = self.form(GroupForm), self.admin_grant
        try:
            preview = self.scope.previews.of_doing(grant, lambda: self._saved(form)) if form.preview else None
            if preview and preview.changes:
                return self._asked_to_save(form, preview)
            path = self._saved(form)
        except (Invalid, Conflict, Forbidden, NotFound) as error:
            fields = error.fields if isinstance(error, Invalid) else {}
            where = "owner" if isinstance(error, NotFound) else "group_name"
            return self.visit.rendered(self._page(form, fields or {where: error.message}), status=status_of(error))
        return self.visit.redirect(self.visit.urls.edit_group(path))

    def _saved(self, form: GroupForm) -> str:
        """Do what the form says; gives the path of the group from then on."""
        grant, groups = self.admin_grant, self.scope.groups
        if form.group_description is not None:
            groups.describe(grant, form.group_description)
        if form.owner:
            groups.give_to(grant, self.scope.accounts.by_name(form.owner))
        return groups.rename(grant, form.group_name).text if form.group_name else grant.target.path

    def _asked_to_save(self, form: GroupForm, preview: Preview) -> Response:
        path, urls = self.grant.target.path, self.visit.urls
        says = [f"It moves to {form.group_name}."] if form.group_name and form.group_name != path else []
        if form.owner and form.owner not in self.scope.accounts.names([self.grant.target.owner_id or 0]).values():
            says.append(f"It belongs to {form.owner}.")
        return asked(
            self.visit, self.grant.target, preview, " ".join(says), written(replace(form, preview=False)),
            save_url=urls.edit_group(path), cancel_url=urls.edit_group(path),
        )  # fmt: skip

    def _delete(self) -> Response:
        path = self.grant.target.path
        try:
            if self.form(DeleteForm).confirm.strip() != path:
                raise Invalid("Nothing was deleted.", fields={"confirm": f"Type {path} to delete it."})
            self.scope.groups.delete(self.admin_grant)
        except (Invalid, Conflict) as error:
            said = " ".join(text for text in (error.message, error.hint) if text)
            fields = error.fields if isinstance(error, Invalid) else {"confirm": said}
            return self.visit.rendered(self._page(errors=fields), status=status_of(error))
        parent = path.rpartition("/")[0]
        return self.visit.redirect(self.visit.urls.group(parent) if parent else self.visit.urls.home())


class EditGroupRoom(PermissionPages, _GroupForms):
    """`/_admin/repo_groups/<group>/edit`."""

    @page(requires=Access.ADMIN)
    def index(self) -> EditGroupPage:
        return self._page()

    @page(requires=Access.ADMIN)
    def advanced(self) -> EditGroupPage:
        """Where the predecessor had what is dangerous."""
        return self._page()

    @action(requires=Access.ADMIN, path="")
    def save_group(self) -> Response:
        return self._save()

    @action(requires=Access.ADMIN, path="delete")
    def delete_group(self) -> Response:
        return self._delete()

    @property
    def _target(self) -> AdminGrant[GroupFacts]:
        return self.admin_grant

    @property
    def _address(self) -> str:
        return self.visit.urls.group_permissions(self.grant.target.path)

    def _around(self, grants: GrantsPart) -> GroupPermissionsPage:
        return group_permissions_page(self.visit.urls, self.grant.target.path, grants)


class SaveGroupRoom(_GroupForms):
    """`/_admin/repo_groups/<group>`, for scripts of the predecessor's time."""

    rooms: ClassVar[Mapping[str, type[Room]]] = {"edit": EditGroupRoom}

    def _inner_room(self, name: str) -> Room:
        del name
        return EditGroupRoom(self.visit, self.located)

    @page(requires=Access.READ)
    def index(self) -> GroupPage:
        shown = GroupRoom(self.visit, self.located)
        shown.grant = self.grant
        return shown.index()

    @action(requires=Access.ADMIN, path="")
    def save_group_here(self) -> Response:
        return self._save()

    @action(requires=Access.ADMIN, path="delete")
    def delete_group_here(self) -> Response:
        return self._delete()
