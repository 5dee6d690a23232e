"""The lines of a diff as HTML: in the colours of their language, with the words marked that changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from markupsafe import Markup

from kallithea.lib.diff.words import CHANGED_LINE_END, mark_words
from kallithea.lib.highlight import Run, colour_lines, marked

CHARACTERS = 40_000
"""Characters of one page that are coloured: some 100 kB of HTML, and a quarter of a second."""
LINE_LENGTH = 1_000
"""Longer lines are data; lexers are slow on them, and each of their tokens is HTML."""
SECONDS = 1.0
"""Of this thread's own work, so that colours do not depend on how busy the machine is."""

ELEMENTS = {"+": "ins", "-": "del", " ": "ins"}


class Painter:
    """Paints the hunks of one page until its budget is spent; what comes behind that has its marks, but no colours."""

    def __init__(
        self, *, characters: int = CHARACTERS, seconds: float = SECONDS, clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._characters = characters
        self._clock = clock
        self._until = clock() + seconds

    def paint(self, name: str, lines: Sequence[tuple[str, bytes]]) -> list[Markup]:
        """The lines of a hunk of the file `name`, given as (sign, content) as in `mark_words`."""
        segments = mark_words(lines)
        runs = self._runs(name, [sign for sign, _ in lines], ["".join(s.text for s in line) for line in segments])
        return [
            marked(own, [(segment.text, segment.is_changed) for segment in line], ELEMENTS[sign])
            for (sign, _), line, own in zip(lines, segments, runs, strict=True)
        ]

    def _runs(self, name: str, signs: Sequence[str], texts: Sequence[str]) -> list[tuple[Run, ...]]:
        found: list[tuple[Run, ...]] = [(("", text),) for text in texts]
        # Each side is read by itself, with the lines around the change; those look the same on both, mostly.
        for side, others in (("-", "+"), ("+", "-")):
            places = [number for number, sign in enumerate(signs) if sign != others]
            if side not in signs and (side == "-" or "-" in signs):
                continue
            code = [texts[place].removesuffix(CHANGED_LINE_END) for place in places]
            if self._affords(code):
                for place, runs in zip(places, colour_lines(name, code) or (), strict=False):
                    has_mark = texts[place].endswith(CHANGED_LINE_END)
                    found[place] = (*runs, ("", CHANGED_LINE_END)) if has_mark else runs
        return found

    def _affords(self, texts: Sequence[str]) -> bool:
        size = sum(map(len, texts))
        if size > self._characters or self._clock() > self._until or any(len(text) > LINE_LENGTH for text in texts):
            return False
        self._characters -= size
        return True
