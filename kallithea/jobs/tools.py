"""What jobs work with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from kallithea.lib.clock import Clock
from kallithea.lib.vcs import Vault
from kallithea.services.backups.schedule import Schedule
from kallithea.services.jobs import JobClaims
from kallithea.services.post import Post
from kallithea.services.scope import Scope
from kallithea.services.throttle import SignInThrottle


@dataclass(frozen=True, slots=True)
class JobTools:
    """The parts of the application that jobs and their workers use."""

    vault: Vault
    claims: JobClaims
    scope: Callable[[], AbstractContextManager[Scope]]
    """A unit of work in which the system itself acts."""
    looking: Callable[[], AbstractContextManager[Scope]]
    """The same for looking only, which holds nobody up."""
    is_paused: Callable[[], bool]
    """Whether changes wait now, and so jobs."""
    throttle: SignInThrottle
    clock: Clock
    cache: Path
    post: Post | None
    """Where mails are handed in; None where mail is not set up."""
    purge_after: timedelta | None
    """How long deleted repositories are kept; None: until somebody purges them."""
    backups: Schedule | None
    """When backups are made; None where no folder is set for them."""
