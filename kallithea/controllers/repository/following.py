"""Following a repository, and who does."""

from __future__ import annotations

from webob import Response

from kallithea.controllers.exposing import AsMember, action, page
from kallithea.controllers.repository.forking import PageQuery
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound
from kallithea.pages.repository.followers import FollowersPage, followers_page
from kallithea.services.actors import Member


class FollowingPages(RepositoryPlace):
    @page(requires=Access.READ)
    def followers(self) -> FollowersPage:
        number, size = self.query(PageQuery).page, self.visit.settings.page_size
        names = self.scope.followings.followers(self.grant)
        shown = names[max(0, number - 1) * size : max(0, number) * size]
        if number != 1 and not shown:
            raise NotFound("There is no such page.")
        actor = self.scope.actor
        return followers_page(
            self.visit.urls,
            self.shown,
            names=shown,
            shown_names=self.scope.accounts.shown_names(shown),
            total=len(names),
            page=number,
            page_size=size,
            does_follow=self.scope.followings.does_follow(self.grant, actor) if isinstance(actor, Member) else None,
        )

    @action(requires=AsMember.READ)
    def follow(self) -> Response:
        self.scope.followings.follow(self.grant, self.scope.member)
        return self._back()

    @action(requires=AsMember.READ)
    def unfollow(self) -> Response:
        self.scope.followings.unfollow(self.grant, self.scope.member)
        return self._back()

    def _back(self) -> Response:
        return self.visit.redirect(self.visit.urls.followers(self.grant.target.path))
