"""The application of one process: built once from the settings, gives out scopes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from kallithea.config.backup_schedule import schedule_of
from kallithea.config.database import check_schema, make_engine, writing
from kallithea.config.mailing import mailing_of, post_of
from kallithea.config.outages import OutageLog, told
from kallithea.config.settings import Settings
from kallithea.config.ssh import key_file
from kallithea.config.system_report import doubts, system_report
from kallithea.jobs.tools import JobTools
from kallithea.lib.clock import Clock, utc_now
from kallithea.lib.errors import ConfigError
from kallithea.lib.passwords import Passwords
from kallithea.lib.pausing import WriteGate
from kallithea.lib.vcs import Vault, open_vault
from kallithea.services.actors import Credentials, Origin, OwnMachine
from kallithea.services.admission import USUAL_THREADS, Admission, Limits
from kallithea.services.jobs import JobClaims
from kallithea.services.scope import Scope, Tools
from kallithea.services.throttle import SignInThrottle

JOB = "a background job"


class App:
    """Settings, engine, sessions, vault: what lives as long as the process."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        vault: Vault,
        *,
        clock: Clock,
        passwords: Passwords,
        threads: int = USUAL_THREADS,
    ) -> None:
        """`threads` is how many requests the server of this process answers at once."""
        self.settings = settings
        self.engine = engine
        self.clock = clock
        self._outages = OutageLog()
        self.vault = vault
        limits = Limits.of(threads=threads, hg_helpers=settings.hg_helpers)
        self.admission = Admission(limits, visitor_budget=settings.visitor_budget)
        self.writes = WriteGate(settings.repos_path, patience=settings.pause_patience, places=max(1, threads // 4))
        # No expiry: rows stay readable after the commit, when pages are built from them.
        self._reading = sessionmaker(engine, expire_on_commit=False)
        self._writing = sessionmaker(writing(engine), expire_on_commit=False)
        self._tools = Tools(
            vault=vault,
            passwords=passwords,
            clock=clock,
            reading=self._reading,
            own_transaction=self._writing,
            remember_for=timedelta(seconds=settings.session_timeout),
            mailing=mailing_of(settings),
            secret=settings.session_secret,
            key_file=key_file(settings),
            purge_deleted_after=_purge_after(settings),
            system_report=lambda: system_report(settings, engine, vault, clock()),
            warnings=lambda: tuple(doubts(settings, engine, clock())),
        )

    @classmethod
    def build(
        cls,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        passwords: Passwords | None = None,
        threads: int = USUAL_THREADS,
    ) -> App:
        """Everything from the settings. Raises ConfigError where the database or the folders cannot be used."""
        engine = make_engine(settings.sqlalchemy_url, pool_recycle=settings.sqlalchemy_pool_recycle)
        check_schema(engine)
        if not settings.repos_path.is_dir():
            raise ConfigError(
                f"The folder of the repositories is missing: {settings.repos_path}",
                hint="Make it, or set repos_path in the ini file.",
            )
        vault = open_vault(
            settings.repos_path, cache=settings.cache_dir, git_path=settings.git_path, helpers=settings.hg_helpers
        )
        return cls(settings, engine, vault, clock=clock, passwords=passwords or Passwords(), threads=threads)

    @contextmanager
    def scope(self, credentials: Credentials, *, writes: bool = False) -> Iterator[Scope]:
        """A unit of work for one visitor: commits when it is left in peace, rolls back otherwise.

        Scopes that write say so, so that SQLite takes its lock at the beginning. What the database cannot do now is told as
        Unavailable, and that somebody else was faster as Conflict.
        """
        session = (self._writing if writes else self._reading)()
        scope = Scope(self._tools, session, credentials, looking=None if writes else self.engine)
        try:
            yield scope
            if scope.abandoned:
                session.rollback()
            elif session.in_transaction():
                session.commit()
        except BaseException as error:
            # What is begun cannot be ended where the database is gone; closing the session gives the connection up.
            with suppress(SQLAlchemyError):
                session.rollback()
            scope.rolled_back()
            if said := told(error):
                self._outages.met(error)
                raise said from error
            raise
        finally:
            # Most pages ask the session nothing, and then it has nothing to give back.
            if session.in_transaction() or len(session.identity_map):
                session.close()
        self._outages.well(wrote=writes and not scope.abandoned)
        if scope.abandoned:
            scope.rolled_back()
        else:
            scope.committed()

    @contextmanager
    def system_scope(self, client: str = "") -> Iterator[Scope]:
        """A unit of work for the server itself; `client` says which command of its administrator acts, or that a job does."""
        with self.scope(Credentials(OwnMachine(), Origin(client=client)), writes=True) as scope:
            yield scope

    def warm_up(self) -> None:
        """Ask once what every page asks, and each summary, so that no visitor waits until the questions are put together."""
        with self.scope(Credentials(OwnMachine(), Origin(client="start"))) as scope:
            scope.access.root()
            scope.listing.public_forks(0)
            scope.followings.accounts(0)

    def session(self) -> Session:
        """A session without a visitor, for commands on the database itself."""
        return self._writing()

    def job_tools(self) -> JobTools:
        """What background jobs of this process work with."""
        tools = self._tools
        return JobTools(
            vault=self.vault,
            claims=JobClaims(self._reading, self._writing, tools.clock),
            scope=partial(self.system_scope, JOB),
            looking=partial(self.scope, Credentials(OwnMachine(), Origin(client=JOB))),
            is_paused=self.writes.is_paused,
            throttle=SignInThrottle(self._reading, self._writing, tools.clock),
            clock=tools.clock,
            cache=self.settings.cache_dir,
            post=post_of(self.settings),
            purge_after=_purge_after(self.settings),
            backups=schedule_of(self.settings),
        )

    def close(self) -> None:
        """End helper processes and close the database."""
        self.vault.close()
        self.engine.dispose()


def _purge_after(settings: Settings) -> timedelta | None:
    """How long what was deleted is kept at least; None: until somebody removes it."""
    return timedelta(days=settings.purge_deleted_after) if settings.purge_deleted_after else None
