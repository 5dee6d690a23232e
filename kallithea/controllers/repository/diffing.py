"""How differences are to be shown, as addresses say it."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs import DiffOptions
from kallithea.pages.repository.diff import DiffView

FULL_DIFF = 20_000_000
"""Bytes of a diff that are shown when all of it is asked for; more kills browsers."""
MOST_CONTEXT = 1000


@dataclass(frozen=True, slots=True)
class DiffQuery:
    """`split` puts both sides beside each other."""

    fulldiff: bool = False
    ignorews: bool = False
    context: int = 3
    split: bool = False

    def options(self, cut_off: int) -> DiffOptions:
        """What to compare; `cut_off` is how many bytes are shown unless all are asked for. Raises Invalid."""
        if self.context > MOST_CONTEXT:
            raise Invalid(f"At most {MOST_CONTEXT} lines of context are shown.")
        return DiffOptions(
            context=self.context, ignore_whitespace=self.ignorews, cut_off=FULL_DIFF if self.fulldiff else cut_off
        )

    @property
    def view(self) -> DiffView:
        return DiffView(self.ignorews, self.context, self.split)
