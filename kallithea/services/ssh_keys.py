"""SSH keys of people and of repositories."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from kallithea.lib.access import Access
from kallithea.lib.authorized_keys import KeyFile
from kallithea.lib.clock import Clock
from kallithea.lib.errors import Invalid, KallitheaError, NotFound, TooLarge
from kallithea.lib.ssh_keys import BadKey, PublicKey, clean_comment, parse
from kallithea.model import SshKey, User
from kallithea.services.access.grants import AdminGrant, RepositoryFacts
from kallithea.services.audit import Audit, Target

log = logging.getLogger(__name__)

MOST_KEYS = 100
"""Of one person, or of one repository."""
DEPLOY_ACCESS = (Access.READ, Access.WRITE)

_LINES = (
    select(SshKey.fingerprint, SshKey.algorithm, SshKey.key)
    .outerjoin(User, User.id == SshKey.user_id)
    .where(or_(SshKey.user_id.is_(None), User.is_active))
    .order_by(SshKey.id)
)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key, but for the key itself; `access` is that of a deploy key."""

    id: int
    name: str
    algorithm: str
    bits: int
    fingerprint: str
    access: Access
    created_at: datetime
    used_at: datetime | None


class SshKeys:
    """Adds, lists and removes keys, and keeps the file for sshd where there is one."""

    def __init__(
        self,
        session: Session,
        *,
        audit: Audit,
        clock: Clock,
        reading: sessionmaker[Session],
        key_file: KeyFile | None,
        on_commit: Callable[[Callable[[], None]], None],
    ) -> None:
        self._session = session
        self._audit = audit
        self._clock = clock
        self._reading = reading
        self._key_file = key_file
        self._on_commit = on_commit

    def add(self, user: User, text: str, *, name: str = "") -> KeyFacts:
        """Let an account in with this key (the text of a `.pub` file). Raises BadKey, TooLarge."""
        row = self._added(parse(text), SshKey.user_id == user.id, SshKey(user_id=user.id, access=0), name)
        self._audit.record("ssh_key.create", Target("user", user.id, user.name), after=_told(row))
        return _facts(row)

    def of(self, user_id: int) -> list[KeyFacts]:
        """The keys of an account, the first first."""
        return self._list(SshKey.user_id == user_id)

    def remove(self, user: User, fingerprint: str) -> None:
        """Take away a key of this account. Raises NotFound, also for a key of somebody else."""
        row = self._removed(fingerprint, SshKey.user_id == user.id)
        self._audit.record("ssh_key.delete", Target("user", user.id, user.name), before=_told(row))

    def add_to_repository(
        self, grant: AdminGrant[RepositoryFacts], text: str, *, name: str = "", access: Access = Access.READ
    ) -> KeyFacts:
        """Let whoever has this key read (or write) one repository. Raises BadKey, Invalid, TooLarge."""
        if access not in DEPLOY_ACCESS:
            raise Invalid("A deploy key reads, or reads and writes.")
        repository = grant.target
        new = SshKey(repository_id=repository.id, access=int(access))
        row = self._added(parse(text), SshKey.repository_id == repository.id, new, name)
        self._audit.record("deploy_key.create", Target("repository", repository.id, repository.path), after=_told(row))
        return _facts(row)

    def of_repository(self, grant: AdminGrant[RepositoryFacts]) -> list[KeyFacts]:
        """The deploy keys of a repository, the first first."""
        return self._list(SshKey.repository_id == grant.target.id)

    def remove_from_repository(self, grant: AdminGrant[RepositoryFacts], fingerprint: str) -> None:
        """Take away a deploy key of this repository. Raises NotFound, also for a key of another one."""
        repository = grant.target
        row = self._removed(fingerprint, SshKey.repository_id == repository.id)
        self._audit.record("deploy_key.delete", Target("repository", repository.id, repository.path), before=_told(row))

    def line_of(self, fingerprint: str) -> str | None:
        """The key of this fingerprint as authorized_keys has it; None where nobody has it, or a disabled account."""
        row = self._session.execute(_LINES.where(SshKey.fingerprint == fingerprint)).first()
        return None if row is None else f"{row.algorithm} {row.key}"

    def write_file(self) -> int | None:
        """Write the authorized_keys file anew; how many keys there are, None where Kallithea keeps no such file."""
        return None if self._key_file is None else self._key_file.write(self._lines)

    def _lines(self) -> Iterator[tuple[str, str]]:
        # In a session of its own: the one of the scope has ended when the file is written.
        with self._reading() as session:
            for row in session.execute(_LINES):
                yield row.fingerprint, f"{row.algorithm} {row.key}"

    def _added(self, key: PublicKey, owned: ColumnElement[bool], row: SshKey, name: str) -> SshKey:
        count = self._session.scalar(select(func.count()).select_from(SshKey).where(owned)) or 0
        if count >= MOST_KEYS:
            raise TooLarge(f"There are {MOST_KEYS} keys already.", hint="Remove one that is not used any more.")
        row.name = clean_comment(name) or key.comment
        row.algorithm, row.bits, row.key, row.fingerprint = key.algorithm, key.bits, key.base64, key.fingerprint
        row.created_at = self._clock()
        try:
            with self._session.begin_nested():
                self._session.add(row)
        except IntegrityError:
            raise BadKey(
                "This key is in use here already.", hint="A key belongs to one account or one repository. Make another pair."
            ) from None
        self._changed()
        return row

    def _list(self, owned: ColumnElement[bool]) -> list[KeyFacts]:
        rows: Sequence[SshKey] = self._session.scalars(select(SshKey).where(owned).order_by(SshKey.id)).all()
        return [_facts(row) for row in rows]

    def _removed(self, fingerprint: str, owned: ColumnElement[bool]) -> SshKey:
        row = self._session.scalar(select(SshKey).where(SshKey.fingerprint == fingerprint, owned))
        if row is None:
            raise NotFound("There is no such key.")
        self._session.execute(delete(SshKey).where(SshKey.id == row.id))
        self._changed()
        return row

    def _changed(self) -> None:
        if self._key_file is not None:
            self._on_commit(self._rewrite)

    def _rewrite(self) -> None:
        try:
            self.write_file()
        except KallitheaError as error:
            # The key is in the ledger, which decides; the file follows with the next change or command.
            log.exception("the file of keys could not be written: %s", error)


def _facts(row: SshKey) -> KeyFacts:
    return KeyFacts(row.id, row.name, row.algorithm, row.bits, row.fingerprint, Access(row.access), row.created_at, row.used_at)


def _told(row: SshKey) -> dict[str, str]:
    """What the audit log keeps of a key: nothing secret, and enough to find it again."""
    told = {"name": row.name, "algorithm": row.algorithm, "fingerprint": row.fingerprint}
    return {**told, "access": Access(row.access).word} if row.repository_id is not None else told
