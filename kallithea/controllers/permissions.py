"""Who may do what with one repository or group: the doors that the settings of both have.

What a form would change is shown first if it asks for that with `preview`, as the forms of the pages do; scripts just post.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import action, page
from kallithea.controllers.visit import Visit
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, NotFound
from kallithea.pages.grants import GrantItem, GrantsPart, GrantValues, WhyItem, grants_part
from kallithea.pages.permission_change import ChangeItem, permission_change_page
from kallithea.services.access.grants import AdminGrant, GroupFacts, RepositoryFacts
from kallithea.services.previews import Preview, words, words_of

_ACCESS = {access.word: access for access in Access}


@dataclass(frozen=True, slots=True)
class WhyQuery:
    """Of whom to say what they may do and why."""

    who: str = ""


@dataclass(frozen=True, slots=True)
class GrantForm:
    principal: str
    access: str
    may_create: bool = False
    preview: bool = False


@dataclass(frozen=True, slots=True)
class RevokeForm:
    principal: str
    preview: bool = False


@dataclass(frozen=True, slots=True)
class InheritForm:
    inherits: bool
    preview: bool = False


class PermissionPages(Room):
    """Mixed into the settings of a repository and of a group, which say what these are about and how they look."""

    @property
    def _target(self) -> AdminGrant[RepositoryFacts] | AdminGrant[GroupFacts]:
        raise NotImplementedError

    @property
    def _address(self) -> str:
        """The address of the page."""
        raise NotImplementedError

    def _around(self, grants: GrantsPart) -> object:
        """The page with these grants on it."""
        raise NotImplementedError

    @page(requires=Access.ADMIN, path="permissions")
    def permissions_page(self) -> object:
        who = self.query(WhyQuery).who
        return self._grants_page(why=self._why(who) if who else None)

    @action(requires=Access.ADMIN, path="permissions")
    def permissions(self) -> Response:
        form = self.form(GrantForm)
        try:
            access = _ACCESS.get(form.access)
            if access is None:
                reason = "Choose read, write or admin."
                raise Invalid(reason, fields={"access": reason})
            principal = self.scope.granting.principal(form.principal)
            if form.preview:
                preview = self.scope.previews.of_grant(self._target, principal, access, may_create=form.may_create)
                fields = {"principal": form.principal, "access": form.access, "may_create": str(form.may_create)}
                what = f"{str(principal).capitalize()} gets: {words(access, may_create=form.may_create)}."
                return self._asked(preview, what, fields, self._address)
            self.scope.granting.give(self._target, form.principal, access, may_create=form.may_create)
        except (Invalid, NotFound) as error:
            return self._refused(form, error)
        return self.visit.redirect(self._address)

    @action(requires=Access.ADMIN, path="permissions/delete")
    def revoke(self) -> Response:
        form = self.form(RevokeForm)
        if form.preview:
            principal = self.scope.granting.principal(form.principal)
            preview = self.scope.previews.of_grant(self._target, principal, Access.NONE)
            what = f"What was granted here to {principal} is taken away."
            return self._asked(preview, what, {"principal": form.principal}, f"{self._address}/delete")
        self.scope.granting.take(self._target, form.principal)
        return self.visit.redirect(self._address)

    @action(requires=Access.ADMIN, path="permissions/inherit")
    def inherit(self) -> Response:
        form = self.form(InheritForm)
        if form.preview:
            preview = self.scope.previews.of_inheriting(self._target, inherits=form.inherits)
            what = (
                "What is granted above will count here too."
                if form.inherits
                else "Nothing that is granted above will count here."
            )
            return self._asked(preview, what, {"inherits": str(form.inherits)}, f"{self._address}/inherit")
        self.scope.granting.set_inherits(self._target, form.inherits)
        return self.visit.redirect(self._address)

    def _asked(self, preview: Preview, what: str, fields: Mapping[str, str], save_url: str) -> Response:
        return asked(self.visit, self._target.target, preview, what, fields, save_url=save_url, cancel_url=self._address)

    def _refused(self, form: GrantForm, error: Invalid | NotFound) -> Response:
        fields = error.fields if isinstance(error, Invalid) and error.fields else {"principal": error.message}
        new = GrantValues(form.principal, form.access, form.may_create)
        return self.visit.rendered(self._grants_page(new=new, errors=fields), status=400)

    def _why(self, who: str) -> WhyItem:
        try:
            found = self.scope.previews.why(self._target, who)
        except NotFound as error:
            return WhyItem(who, error=error.message)
        return WhyItem(who, f"{who}: {words_of(found.decision)}", [(step.text, step.counts) for step in found.steps])

    def _grants_page(
        self, *, new: GrantValues = GrantValues(), errors: Mapping[str, str] | None = None, why: WhyItem | None = None
    ) -> object:
        facts = self._target.target
        written = self.scope.granting.written(self._target)
        items = [
            GrantItem(
                principal=one.principal_text,
                name=str(one.principal),
                access=one.access.word,
                inherited_from=None if one.is_own else one.place,
                may_create=one.may_create,
                is_in_force=one.is_in_force,
            )
            for one in written.grants
        ]
        owner = facts.owner_id or 0
        part = grants_part(
            self.visit.urls,
            address=self._address,
            owner=self.scope.accounts.names([owner]).get(owner, "nobody"),
            grants=items,
            inherits=written.inherits,
            is_private=isinstance(facts, RepositoryFacts) and facts.is_private,
            is_group=isinstance(facts, GroupFacts),
            new=new,
            why=why,
            errors=errors,
        )
        return self._around(part)


def asked(
    visit: Visit,
    target: RepositoryFacts | GroupFacts,
    preview: Preview,
    what: str,
    fields: Mapping[str, str],
    *,
    save_url: str,
    cancel_url: str,
) -> Response:
    """The page before a change. Its form has no `preview`, so it makes the change."""
    shown = permission_change_page(
        visit.urls,
        path=target.path,
        is_group=isinstance(target, GroupFacts),
        what=what,
        changes=[ChangeItem(c.name, words_of(c.before), words_of(c.after), c.gains) for c in preview.changes],
        is_bounded=preview.is_bounded,
        fields=fields,
        save_url=save_url,
        cancel_url=cancel_url,
    )
    return visit.rendered(shown)
