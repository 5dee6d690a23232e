"""`/_admin/deleted_repos`: what was deleted and can still be restored, or removed for good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.errors import status_of
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Conflict, Invalid, KallitheaError, NotFound
from kallithea.lib.vcs import Discarded
from kallithea.model import User
from kallithea.pages.admin.deleted_repositories import DeletedItem, DeletedRepositoriesPage, deleted_repositories_page
from kallithea.pages.admin.deleted_repository import AboutDeleted, DeletedRepositoryPage, KeptItem, deleted_repository_page
from kallithea.services.deleted_repositories import DeletedFacts

SIZE = 50


@dataclass(frozen=True, slots=True)
class DeletedQuery:
    """Which ones, and behind which folder the list goes on."""

    filter: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class AboutQuery:
    """`deleted` is the folder of one, or its former path; where it is left out, all are shown to choose from."""

    deleted: str = ""


@dataclass(frozen=True, slots=True)
class RestoreForm:
    """What is empty is as it was: the path, and the owner."""

    deleted: str
    path: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class PurgeForm:
    deleted: str
    confirm: str


class DeletedRepositoriesRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> DeletedRepositoriesPage:
        query = self.query(DeletedQuery)
        found = self.scope.deleted_repositories.listed(query.filter, after=query.after, limit=SIZE + 1)
        return deleted_repositories_page(
            self.visit.urls,
            [_item(one) for one in found[:SIZE]],
            filter_text=query.filter,
            is_first=not query.after,
            next_after=found[SIZE - 1].found.folder if len(found) > SIZE else "",
        )

    @page(requires=Visitor.ADMINISTRATOR, path="restore")
    def about(self) -> DeletedRepositoryPage | DeletedRepositoriesPage:
        """What comes back with one, before it does."""
        query = self.query(AboutQuery)
        if not query.deleted:
            return self.index()
        found = self.scope.deleted_repositories.named(query.deleted)
        return deleted_repository_page(self.visit.urls, self._item_of(found))

    @action(requires=Visitor.ADMINISTRATOR)
    def restore(self) -> Response:
        form, scope = self.form(RestoreForm), self.scope
        found = scope.deleted_repositories.named(form.deleted)
        # Before anything is done, which what is refused undoes only when this answer is made.
        item = self._item_of(found)
        path, name = form.path.strip() or found.path, form.owner.strip()
        try:
            owner = scope.accounts.by_name(name) if name else None
        except NotFound as error:
            return self._refused(item, error, {"owner": error.message}, path=path, owner=name)
        try:
            restored = scope.deleted_repositories.restore(found, heir=self._heir(), owner=owner, path=path)
        except (Invalid, Conflict) as error:
            hint = " Choose another path." if isinstance(error, Conflict) else ""
            return self._refused(item, error, {"path": f"{error.message}{hint}"}, path=path, owner=name)
        return self.visit.redirect(self.visit.urls.repository(restored.path))

    @action(requires=Visitor.ADMINISTRATOR)
    def purge(self) -> Response:
        form, deleted = self.form(PurgeForm), self.scope.deleted_repositories
        found = deleted.named(form.deleted)
        if form.confirm.strip() != found.path:
            errors = {"confirm": f"Type {found.path} to remove it for good."}
            return self._refused(self._item_of(found), Invalid("Nothing was removed."), errors)
        deleted.purge(found)
        return self.visit.redirect(self.visit.urls.deleted_repositories())

    def _refused(
        self, item: AboutDeleted, error: KallitheaError, errors: Mapping[str, str], *, path: str = "", owner: str = ""
    ) -> Response:
        shown = deleted_repository_page(self.visit.urls, item, path=path, owner=owner, errors=errors)
        return self.visit.rendered(shown, status=status_of(error))

    def _heir(self) -> User:
        """Who gets what belonged to somebody who is not there any more."""
        return self.scope.accounts.get(self.scope.member.id)

    def _item_of(self, found: Discarded) -> AboutDeleted:
        deleted = self.scope.deleted_repositories
        kept = deleted.kept(found, heir=self._heir())
        is_taken = self.scope.access.at(found.path) is not None
        if kept is None:
            return AboutDeleted(_item(deleted.facts(found)), owner=self.scope.member.name, is_taken=is_taken)
        return AboutDeleted(
            _item(deleted.facts(found)),
            owner=kept.owner,
            is_taken=is_taken,
            kept=KeptItem(kept.is_private, kept.description, kept.grants, kept.followers, kept.pushes),
            left_out=kept.left_out,
            to_make_again=kept.to_make_again,
        )


def _item(facts: DeletedFacts) -> DeletedItem:
    found = facts.found
    return DeletedItem(found.folder, found.path, facts.kind, found.at, found.by, facts.size, facts.kept_until)
