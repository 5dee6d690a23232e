"""Whether there is a git to work with. Who has repositories of hg alone needs none."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from sqlalchemy import Engine, select

from kallithea.lib.vcs import Kind
from kallithea.model import Repository

HINT = "Install git 2.36 or newer, or set git_path."


@dataclass(frozen=True, slots=True)
class MissingGit:
    """There is none: what that means, and whether somebody needs it."""

    said: str
    is_needed: bool


def missing_git(git_path: str, engine: Engine) -> MissingGit | None:
    """What to say where the program is missing; None where it is there."""
    if shutil.which(git_path):
        return None
    with engine.connect() as connection:
        statement = select(Repository.id).where(Repository.kind == Kind.GIT.value).limit(1)
        is_needed = connection.scalar(statement) is not None
    means = "the git repositories cannot be served" if is_needed else "git repositories cannot be served, and there are none"
    return MissingGit(f"There is no program {git_path}: {means}.", is_needed)
