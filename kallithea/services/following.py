"""Who follows what. Only what one may read can be followed, and who may not read it any more follows it no more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, bindparam, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.lib.clock import Clock
from kallithea.model import Following, User
from kallithea.services.access.control import AccessControl
from kallithea.services.access.decision import Rules, decide
from kallithea.services.access.grants import ReadGrant, RepositoryFacts
from kallithea.services.accounts import ACTIVE, members_of
from kallithea.services.actors import Member
from kallithea.services.prepared import Prepared
from kallithea.services.relations import touch

_FOLLOWERS = Prepared(
    ACTIVE.where(User.id.in_(select(Following.user_id).where(Following.repository_id == bindparam("repository"))))
)


class Followings:
    """Follows and stops following for the member that acts."""

    def __init__(self, session: Session, *, access: AccessControl, clock: Clock) -> None:
        self._session = session
        self._access = access
        self._clock = clock

    def follow(self, grant: ReadGrant[RepositoryFacts], member: Member) -> None:
        """Follow a repository; who does already goes on."""
        if self.does_follow(grant, member):
            return
        row = Following(user_id=member.id, repository_id=grant.target.id, since=self._clock())
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:
            return  # the same person was faster in another window
        touch(self._session, grant.target.id)

    def unfollow(self, grant: ReadGrant[RepositoryFacts], member: Member) -> None:
        """Follow it no more."""
        if self.does_follow(grant, member):
            self._session.execute(delete(Following).where(_is(grant, member)))
            touch(self._session, grant.target.id)

    def does_follow(self, grant: ReadGrant[RepositoryFacts], member: Member) -> bool:
        return self._session.scalar(select(Following.id).where(_is(grant, member))) is not None

    def followers(self, grant: ReadGrant[RepositoryFacts]) -> Sequence[str]:
        """The names of those who follow a repository and may read it, in the order of the names."""
        members = self.accounts(grant.target.id)
        if not members:
            return []
        rules = Rules(self._access.all_rules(grant.target.path), grant.target.is_private)
        names = [member.name for member in members.values() if decide(member, rules).access >= Access.READ]
        return sorted(names, key=str.casefold)

    def accounts(self, repository_id: int) -> dict[int, Member]:
        """The active accounts that once followed a repository, by their numbers, whether or not they may read it still."""
        return members_of(_FOLLOWERS.rows(self._access.source(), repository=repository_id))


def _is(grant: ReadGrant[RepositoryFacts], member: Member) -> ColumnElement[bool]:
    return and_(Following.user_id == member.id, Following.repository_id == grant.target.id)
