"""The lines of a diff as HTML: in the colours of their language, with the words marked that changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from markupsafe import Markup

from kallithea.lib.diff.spanning import may_be_within
from kallithea.lib.diff.words import CHANGED_LINE_END, line_text, mark_words
from kallithea.lib.highlight import Run, colour_lines, marked

CHARACTERS = 40_000
"""Characters of one page that are coloured: some 100 kB of HTML, and a quarter of a second."""
WHOLE_CHARACTERS = 100_000
"""Characters that are read besides for the colours of one page, which is what stands above the changes: a fifth of a second."""
LINE_LENGTH = 1_000
"""Longer lines are data; lexers are slow on them, and each of their tokens is HTML."""
SECONDS = 1.0
"""Of this thread's own work, so that colours do not depend on how busy the machine is."""

ELEMENTS = {"+": "ins", "-": "del", " ": "ins"}

Runs = tuple[Run, ...]
Colours = Mapping[str, Sequence[Runs]]
"""The runs of all lines of a file from the first one on, by side: `-` for the old one, `+` for the new one."""


class Painter:
    """Paints the hunks of one page until its budget is spent; what comes behind that has its marks, but no colours."""

    def __init__(
        self,
        *,
        characters: int = CHARACTERS,
        whole: int = WHOLE_CHARACTERS,
        seconds: float = SECONDS,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self._characters = characters
        self._whole = whole
        self._clock = clock
        self._until = clock() + seconds

    def read(self, name: str, sides: Mapping[str, Sequence[Sequence[bytes]]]) -> Colours:
        """The colours of the file `name`. By side, these are its lines from the first one on, in turns: those above a hunk,
        those of the hunk, those above the next one.

        What is missing has the colours of its hunk by itself: where nothing goes on from above, and where finding out takes too
        long, though such a hunk may begin within a comment, or within a text of several lines.
        """
        found = {}
        for side, pieces in sides.items():
            lines = _needed(name, pieces)
            size = sum(map(len, lines))
            if not lines or not self._characters or size > self._whole or self._is_slow(map(len, lines)):
                continue
            self._whole -= size
            if runs := colour_lines(name, [line_text(line) for line in lines], goes_on=self._goes_on):
                found[side] = runs
        return found

    def paint(
        self,
        name: str,
        lines: Sequence[tuple[str, bytes]],
        *,
        numbers: Mapping[str, Sequence[int | None]] | None = None,
        colours: Colours | None = None,
    ) -> list[Markup]:
        """The lines of a hunk of the file `name`, given as (sign, content) as in `mark_words`.

        `numbers` are those of the lines on each side, from 1, and `colours` those of the file.
        """
        segments = mark_words(lines)
        texts = ["".join(s.text for s in line) for line in segments]
        runs = self._runs(name, [sign for sign, _ in lines], texts, numbers or {}, colours or {})
        return [
            marked(own, [(segment.text, segment.is_changed) for segment in line], ELEMENTS[sign])
            for (sign, _), line, own in zip(lines, segments, runs, strict=True)
        ]

    def _runs(
        self,
        name: str,
        signs: Sequence[str],
        texts: Sequence[str],
        numbers: Mapping[str, Sequence[int | None]],
        colours: Colours,
    ) -> list[Runs]:
        found: list[Runs] = [(("", text),) for text in texts]
        # Each side is read by itself, with the lines around the change; those look the same on both, mostly.
        for side, others in (("-", "+"), ("+", "-")):
            places = [number for number, sign in enumerate(signs) if sign != others]
            if side not in signs and (side == "-" or "-" in signs):
                continue
            code = [texts[place].removesuffix(CHANGED_LINE_END) for place in places]
            if not self._affords(code):
                continue
            own = [numbers[side][place] for place in places] if side in numbers else []
            known = _at(colours.get(side, ()), own, code) or colour_lines(name, code, goes_on=self._goes_on)
            for place, runs in zip(places, known or (), strict=False):
                has_mark = texts[place].endswith(CHANGED_LINE_END)
                found[place] = (*runs, ("", CHANGED_LINE_END)) if has_mark else runs
        return found

    def _affords(self, texts: Sequence[str]) -> bool:
        size = sum(map(len, texts))
        if size > self._characters or self._is_slow(map(len, texts)):
            return False
        self._characters -= size
        return True

    def _is_slow(self, lengths: Iterable[int]) -> bool:
        return not self._goes_on() or any(length > LINE_LENGTH for length in lengths)

    def _goes_on(self) -> bool:
        return self._clock() <= self._until


def _needed(name: str, pieces: Sequence[Sequence[bytes]]) -> Sequence[bytes]:
    """The lines down to the last hunk that may begin within something."""
    lines: list[bytes] = []
    needed = 0
    for number, piece in enumerate(pieces):
        is_within = number % 2 == 1 and may_be_within(name, b"\n".join(lines))
        lines += piece
        needed = len(lines) if is_within else needed
    return lines[:needed]


def _at(runs: Sequence[Runs], numbers: Sequence[int | None], texts: Sequence[str]) -> list[Runs] | None:
    """The runs of the lines with these numbers; None where those lines are not all of just these texts."""
    found = [runs[number - 1] for number in numbers if number is not None and number <= len(runs)]
    is_same = len(found) == len(texts) and all(
        "".join(text for _, text in line) == text for line, text in zip(found, texts, strict=True)
    )
    return found if found and is_same else None
