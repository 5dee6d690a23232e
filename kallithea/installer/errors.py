"""What the installer can tell a person."""

from __future__ import annotations

import errno


class Refused(Exception):
    """One sentence that says why nothing was done, and a hint where there is something to do about it."""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def of_the_machine(error: OSError) -> Refused:
    """What a machine answered, as a sentence."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Refused(f"There is no space left on the disk{where}.", hint="Free some, and run the same command again.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return Refused(f"This user may not write there{where}.", hint="Choose a folder of your own, or run it as its owner.")
    return Refused(f"{error.strerror or error}{where}.")
