"""Looks after the repository that a push changed."""

from __future__ import annotations

from kallithea.jobs.tools import JobTools
from kallithea.lib.vcs import StopSignal
from kallithea.services.jobs import Claim


def maintain_repository(tools: JobTools, claim: Claim, stop: StopSignal) -> str:
    """Keep one repository fast and small; its number is the subject."""
    with tools.scope() as scope:
        place = scope.repositories.place_of(int(claim.subject))
    if place is None:
        return "the repository is gone"
    keeper = tools.vault.open(place.kind, place.location).keeper
    maintained = keeper.maintain(stop=stop)
    size = keeper.size()
    with tools.scope() as scope:
        scope.repositories.measured(place.id, size)
    return "; ".join(maintained.done) or "nothing to do"
