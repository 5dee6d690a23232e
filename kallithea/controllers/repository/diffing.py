"""How differences are to be shown, as addresses say it."""

from __future__ import annotations

from dataclasses import dataclass

from kallithea.controllers.repository.files import RawPathQuery, given_raw
from kallithea.lib.errors import Invalid
from kallithea.lib.vcs import DiffOptions, FilePath
from kallithea.pages.repository.diff import DiffView

FULL_DIFF = 20_000_000
"""Bytes of a diff that are shown when all of it is asked for; more kills browsers."""
ONE_FILE = 1_000_000
"""Bytes of the changes of one file that are shown where it is asked for alone."""
MOST_CONTEXT = 1000


@dataclass(frozen=True, slots=True)
class DiffQuery(RawPathQuery):
    """`split` puts both sides beside each other. `path`, or `raw_path` in hex digits, is the only file to be shown, which has
    the number `file` among all; `first` is where to begin, counted in files or in lines of this file."""

    fulldiff: bool = False
    ignorews: bool = False
    context: int = 3
    split: bool = False
    path: str = ""
    file: int = 1
    first: int = 0

    def options(self, cut_off: int) -> DiffOptions:
        """What to compare; `cut_off` is how many bytes are shown unless all are asked for. Raises Invalid."""
        if self.context > MOST_CONTEXT:
            raise Invalid(f"At most {MOST_CONTEXT} lines of context are shown.")
        if self.fulldiff:
            cut_off = FULL_DIFF
        elif self.only is not None:
            cut_off = max(cut_off, ONE_FILE)
        return DiffOptions(
            context=self.context, ignore_whitespace=self.ignorews, cut_off=cut_off, first=self.first, path=self.only
        )

    @property
    def only(self) -> FilePath | None:
        """The file to which the changes are limited. Raises Invalid."""
        if (raw := given_raw(self)) is not None:
            return raw
        return FilePath.from_text(self.path) if self.path else None

    @property
    def view(self) -> DiffView:
        return DiffView(self.ignorews, self.context, self.split, self.only, self.first, self.file)
