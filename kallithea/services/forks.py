"""Forks: copies of repositories, and the way from the wish to the copy."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict
from kallithea.lib.vcs import Kind, Vault
from kallithea.model import COPY_FAILED, COPYING, READY, Repository, User
from kallithea.services.access.control import AccessControl
from kallithea.services.access.decision import Rules, reach, reaches_farther
from kallithea.services.access.grants import ReadGrant, RepositoryFacts
from kallithea.services.accounts import Accounts
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.jobs import JobFacts, Jobs
from kallithea.services.pushes import MAINTAIN, Pushes
from kallithea.services.relations import touch
from kallithea.services.repositories import NewRepository, Repositories
from kallithea.services.statistics import COUNT

COPY = "copy-repository"
"""The kind of job that fills a fork; its subject is the number of the fork."""
LOOKING = 0.2
"""Seconds for a look at how far a copy is."""
MOST_UNFINISHED = 5
"""So many forks of one owner may wait for their copy: each keeps the disk busy for a while."""


@dataclass(frozen=True, slots=True)
class NewFork:
    """What it takes to fork a repository."""

    path: str
    description: str = ""
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Copying:
    """What is to be copied where."""

    kind: Kind
    source: str
    target: str
    publishing: bool


class Forks:
    """The verbs on forks."""

    def __init__(
        self,
        session: Session,
        *,
        access: AccessControl,
        audit: Audit,
        accounts: Accounts,
        repositories: Repositories,
        pushes: Pushes,
        jobs: Jobs,
        vault: Vault,
    ) -> None:
        self._session = session
        self._access = access
        self._audit = audit
        self._accounts = accounts
        self._repositories = repositories
        self._pushes = pushes
        self._jobs = jobs
        self._vault = vault

    def fork(self, parent: ReadGrant[RepositoryFacts], new: NewFork, *, owner: User) -> Repository:
        """Make a fork that belongs to `owner`, and have it filled. It is private where it would else be read by more people
        than its parent.

        Raises Invalid, Conflict for a taken name or too many unfinished forks, Unauthenticated or Forbidden.
        """
        mine = select(func.count(Repository.id)).where(Repository.owner_id == owner.id, Repository.state == COPYING)
        if int(self._session.scalar(mine) or 0) >= MOST_UNFINISHED:
            raise Conflict(
                f"{MOST_UNFINISHED} forks of yours are still being copied.", hint="Fork again when one of them is complete."
            )
        wanted = NewRepository(new.path, parent.target.kind.value, new.description, new.is_private)
        fork = self._repositories.create_fork(parent, wanted, owner=owner)
        fork.is_private = fork.is_private or self._would_show_more(fork, parent.target.path, parent.target.is_private)
        touch(self._session, parent.target.id)
        told: dict[str, Value] = {"fork_of": parent.target.path, "owner": owner.name, "private": fork.is_private}
        self._audit.record("repository.fork", Target("repository", fork.id, fork.namespace.path), after=told)
        self._jobs.ask(_key(fork.id))
        return fork

    def must_be_private(self, parent: ReadGrant[RepositoryFacts]) -> bool:
        """Whether every fork of it is private, because nobody may read it who is not named."""
        return reach(Rules(self._access.all_rules(parent.target.path), parent.target.is_private)) is None

    def progress(self, facts: RepositoryFacts) -> JobFacts | None:
        """How the job is doing that fills a fork."""
        return self._jobs.find(_key(facts.id))

    def percent(self, facts: RepositoryFacts) -> int | None:
        """How much of its parent a fork has that is being filled; None where nobody measured the parent yet. What is left out
        or packed anew makes it a guess, so 99 is the most while it is not complete."""
        parent = select(Repository.forked_from_id).where(Repository.id == facts.id).scalar_subquery()
        size = self._session.scalar(select(Repository.size).where(Repository.id == parent))
        if not size:
            return None
        return min(99, self._vault.copied(facts.location, seconds=LOOKING) * 100 // size)

    # --- what the job asks

    def begin(self, fork_id: int) -> Copying | None:
        """What to copy; None if there is nothing to do: the fork is gone, or filled, or what it was to be a copy of is gone or
        may not be read any more by the owner of the fork."""
        fork = self._session.get(Repository, fork_id)
        if fork is None or fork.state != COPYING:
            return None
        parent = self._session.get(Repository, fork.forked_from_id) if fork.forked_from_id is not None else None
        if parent is None or parent.state != READY or not self._may_read(fork.owner_id, parent):
            fork.state = COPY_FAILED
            return None
        # As it is now: it may have become private since the fork was asked for.
        fork.is_private = fork.is_private or self._would_show_more(fork, parent.namespace.path, parent.is_private)
        return Copying(Kind(parent.kind), parent.location, fork.location, fork.publishing)

    def finish(self, fork_id: int) -> bool:
        """Let everybody see a fork that was filled; False if it was deleted meanwhile."""
        filled = update(Repository).where(Repository.id == fork_id, Repository.state == COPYING).values(state=READY)
        self._session.execute(filled, execution_options={"synchronize_session": False})
        fork = self._session.get(Repository, fork_id, populate_existing=True)
        if fork is None:
            return False
        if fork.state != READY:
            return False
        self._pushes.refresh_tip(fork_id)
        self._jobs.ask(f"{MAINTAIN}:{fork_id}")
        self._jobs.ask(f"{COUNT}:{fork_id}")
        if fork.forked_from_id is not None:
            touch(self._session, fork.forked_from_id)
        return True

    def are_unfinished(self, locations: tuple[str, ...]) -> dict[str, bool]:
        """Of the locations that repositories have: whether it is still to be filled."""
        rows = self._session.execute(select(Repository.location, Repository.state).where(Repository.location.in_(locations)))
        return {row.location: row.state == COPYING for row in rows}

    def _may_read(self, user_id: int, parent: Repository) -> bool:
        member = self._accounts.member(user_id)
        if member is None:
            return False
        access = AccessControl(self._session, member)
        return access.decide(access.at(parent.namespace.path)).access >= Access.READ

    def _would_show_more(self, fork: Repository, parent_path: str, parent_is_private: bool) -> bool:
        there = reach(Rules(self._access.all_rules(parent_path), parent_is_private))
        return reaches_farther(reach(Rules(self._access.all_rules(fork.namespace.path))), there)


def _key(fork_id: int) -> str:
    return f"{COPY}:{fork_id}"
