"""The ledger of pushes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from kallithea.lib.access_tokens import without_tokens
from kallithea.lib.clock import Clock
from kallithea.lib.vcs import CommitNotFound, Kind, RefUpdate, Vault
from kallithea.model import Push, RefUpdateRow, Repository
from kallithea.services.access.grants import RepositoryFacts, WriteGrant
from kallithea.services.actors import Origin, name_of_actor, number_of_actor
from kallithea.services.audit import Audit, Target, Value
from kallithea.services.jobs import Jobs
from kallithea.services.statistics import COUNT

MAINTAIN = "maintain-repository"
"""The kind of job that looks after a repository on disk; its subject is the repository's number."""
REFS_TOLD = 20
"""Names of refs that the audit log has of a push; the ledger has all."""
CALM = timedelta(minutes=1)
"""How long after a push it is looked after: who pushes once often pushes again."""


class Pushes:
    """Records pushes and reads them back."""

    def __init__(self, session: Session, *, audit: Audit, vault: Vault, jobs: Jobs, clock: Clock) -> None:
        self._session = session
        self._audit = audit
        self._vault = vault
        self._jobs = jobs
        self._clock = clock

    def record(self, grant: WriteGrant[RepositoryFacts], updates: Sequence[RefUpdate], origin: Origin) -> Push:
        """Enter a push in the ledger; recording the same updates twice changes nothing."""
        self.refresh_tip(grant.target.id)
        if known := self._find(grant.target.id, updates):
            return known
        actor = grant.actor
        push = Push(
            repository_id=grant.target.id,
            user_id=number_of_actor(actor),
            user_name=name_of_actor(actor)[:100],
            pushed_at=self._clock(),
            transport=origin.transport,
            address=origin.address[:64],
            client=without_tokens(origin.client)[:255],
            updates=[_row(update) for update in updates],
        )
        self._session.add(push)
        self._session.flush()
        # The ledger has every ref, and goes with the repository; the log keeps who pushed.
        told: dict[str, Value] = {
            "push": push.id,
            "refs": [update.name for update in updates[:REFS_TOLD]],
            "moved": len(updates),
        }
        self._audit.record("push.receive", Target("repository", grant.target.id, grant.target.path), after=told)
        self._jobs.ask(f"{MAINTAIN}:{grant.target.id}", after=CALM)
        self._jobs.ask(f"{COUNT}:{grant.target.id}", after=CALM)
        return push

    def latest(self, repository_id: int, *, limit: int = 20) -> Sequence[Push]:
        """The last pushes to a repository, newest first."""
        statement = select(Push).where(Push.repository_id == repository_id).order_by(Push.id.desc()).limit(limit)
        return self._session.scalars(statement).all()

    def refresh_tip(self, repository_id: int) -> None:
        """Read the newest commit of the default ref anew for the lists."""
        row = self._session.get_one(Repository, repository_id)
        backend = self._vault.open(Kind(row.kind), row.location, publishing=row.publishing)
        try:
            commit = backend.reader.resolve(row.landing or "")
        except CommitNotFound:
            row.tip_id = row.tip_author = row.tip_summary = row.tip_at = None
            return
        row.tip_id = commit.id.hex
        row.tip_author = commit.author.name[:255]
        row.tip_summary = commit.summary[:255]
        row.tip_at = commit.committer.when

    def _find(self, repository_id: int, updates: Sequence[RefUpdate]) -> Push | None:
        """The repository's last push, if it had these very updates: nothing can move the same refs so twice in a row."""
        last = self._session.scalar(select(Push).where(Push.repository_id == repository_id).order_by(Push.id.desc()).limit(1))
        if last is None or len(last.updates) != len(updates):
            return None
        before = [(row.kind, row.name, row.old, row.new) for row in last.updates]
        after = [(row.kind, row.name, row.old, row.new) for row in map(_row, updates)]
        return last if before == after else None


def _row(update: RefUpdate) -> RefUpdateRow:
    return RefUpdateRow(
        kind=update.kind.value,
        name=update.name,
        old=update.old.hex if update.old else None,
        new=update.new.hex if update.new else None,
    )
