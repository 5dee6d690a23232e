"""What can go wrong with a repository on disk."""

from kallithea.lib.errors import Conflict, Invalid, NotFound, TooLarge, Unavailable
from kallithea.lib.vcs.paths import FilePath


class RepositoryMissing(NotFound):
    """The folder of a repository is not there or is no repository of that kind."""


class CommitNotFound(NotFound):
    """No branch, tag, bookmark or id of that name, or an ambiguous short id."""


class NoPatch(TooLarge):
    """A changed file is too large to be in a patch."""

    def __init__(self, path: FilePath) -> None:
        super().__init__(f"There is no patch of this commit: {path} is too large.", hint="Look at it in a clone of your own.")


class PathNotFound(NotFound):
    """The commit has no such file or folder."""


class LocationTaken(Conflict):
    """There is something in that place of the store already."""


class RepositoryBusy(Unavailable):
    """Somebody else is writing, and waiting took too long."""


class MaintenanceStopped(Unavailable):
    """Maintenance ended early because it was asked to; nothing is lost, and it can begin again."""


class MaintenanceFailed(Unavailable):
    """A program that looks after a repository ended with an error."""


class UnsafeConfiguration(Invalid):
    """The configuration inside a repository names things that would run programs or reach outside."""
