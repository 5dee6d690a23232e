"""Puts right what lists are made of: an earlier release on the same tables does not know of it."""

from __future__ import annotations

from kallithea.jobs.tools import JobTools
from kallithea.lib.vcs import StopSignal
from kallithea.services.jobs import Claim


def repair_lists(tools: JobTools, _claim: Claim, _stop: StopSignal) -> str:
    """Look whether the closure of inheriting and the index of the filter are right; only putting them right holds others up."""
    with tools.looking() as scope:
        if scope.grant_sources.is_right() and scope.search_index.is_right():
            return "all was right"
    with tools.scope() as scope:
        return f"{scope.grant_sources.repair()} sources of grants and {scope.search_index.repair()} texts put right"
