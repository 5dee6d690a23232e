"""Fills forks."""

from __future__ import annotations

from kallithea.jobs.tools import JobTools
from kallithea.lib.vcs import StopSignal
from kallithea.services.jobs import Claim


def copy_repository(tools: JobTools, claim: Claim, stop: StopSignal) -> str:
    """Fill one fork; its number is the subject."""
    fork_id = int(claim.subject)
    with tools.scope() as scope:
        wanted = scope.forks.begin(fork_id)
    if wanted is None:
        return "there is nothing to copy"
    tools.vault.copy(wanted.kind, wanted.source, wanted.target, publishing=wanted.publishing, stop=stop)
    with tools.scope() as scope:
        is_there = scope.forks.finish(fork_id)
    tools.vault.forget_copy(wanted.target, erase=not is_there)
    return "copied" if is_there else "the fork is gone"


def clean_copies(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Remove what is left of copies that nobody wants any more, or that are complete."""
    removed = 0
    begun = tools.vault.copies()
    with tools.scope() as scope:
        known = scope.forks.are_unfinished(begun)
    for location in begun:
        if not known.get(location):
            removed += tools.vault.forget_copy(location, erase=location not in known)
    return f"{removed} abandoned copies removed"
