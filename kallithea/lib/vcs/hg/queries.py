"""Has queries evaluated in a helper process of their own, which is ended when they take too long."""

from __future__ import annotations

import os
import selectors
import time
from pathlib import Path
from typing import Any, BinaryIO

from kallithea.lib.cache import SizedCache
from kallithea.lib.errors import Invalid, Unavailable
from kallithea.lib.vcs.hg import frames, opened, revsets
from kallithea.lib.vcs.hg.pool import Helper, HelperPool

QUERY = "revset"
"""What the task of a helper has only if it is a query."""
PATIENCE = 5.0
"""Seconds to wait until the queries of others are answered."""
KEPT = 16 << 20
"""Bytes of answers that are remembered."""
BYTES_PER_NUMBER = 36
START = 20.0
"""Seconds that the helper gets for its start, and to open the repository."""
LOOK = 0.1
"""Seconds between two looks at how long a query has worked."""
BUSY = 4
"""How many times as long a query may last by the clock: helpers step back behind everything else on a busy machine."""


class Queries:
    """Answers queries about all hg repositories of this process, one at a time, so that transfers have their own helpers."""

    def __init__(self, incoming: Path) -> None:
        self._pool = HelperPool(1, incoming, patience=PATIENCE)
        self._answers: SizedCache[tuple[int, ...]] = SizedCache(KEPT)

    def numbers(self, folder: Path, text: str, *, publishing: bool, seconds: float) -> tuple[int, ...]:
        """The commits that a query means, the highest number first. Raises Invalid, Unavailable."""
        revsets.checked(text)
        key = (folder, publishing, opened.stamp_of(folder), text)
        known = self._answers.get(key)
        if known is None:
            known = self._asked(folder, text, publishing, seconds)
            self._answers.put(key, known, len(known) * BYTES_PER_NUMBER + 100)
        return known

    def close(self) -> None:
        self._pool.close()

    def _asked(self, folder: Path, text: str, publishing: bool, seconds: float) -> tuple[int, ...]:
        helper = self._pool.take()
        is_over = False
        try:
            facts = {"folder": os.fsencode(folder).hex(), "publishing": publishing, QUERY: text}
            frames.write_frame(helper.sink, frames.TASK, frames.pack(facts))
            answer = self._answer(helper, seconds)
            is_over = True
        except frames.PipeEnded as ended:
            raise Unavailable("The query could not be answered.") from ended
        finally:
            if is_over:
                self._pool.give_back(helper)
            else:
                self._pool.discard(helper)
        if "refused" in answer:
            raise Invalid(answer["refused"], hint=answer["hint"], fields={"rev": answer["refused"]})
        return tuple(answer["numbers"])

    def _answer(self, helper: Helper, seconds: float) -> dict[str, Any]:
        with selectors.DefaultSelector() as selector:
            selector.register(helper.source, selectors.EVENT_READ)
            # A helper says that it began, so that its start and opening the repository do not count.
            if not selector.select(START):
                raise Unavailable("The server is busy.", hint="Try again in a moment.")
            # Past the buffer: an answer that comes at once would lie in it, and the pipe would stay silent.
            frames.read_frame(helper.source.raw)  # type: ignore[attr-defined] # it is a BufferedReader
            began, until = helper.worked, time.monotonic() + BUSY * seconds
            while not selector.select(min(seconds, LOOK)):
                if helper.worked - began >= seconds or time.monotonic() >= until:
                    reason = f"It takes longer than {seconds:.0f} seconds."
                    raise Invalid(f"This query cannot be answered: {reason}", hint="Ask for less.", fields={"rev": reason})
        _, content = frames.read_frame(helper.source)
        return frames.unpack(content)


def answer(facts: dict[str, Any], sink: BinaryIO) -> None:
    """What a helper does with a query."""
    folder = Path(os.fsdecode(bytes.fromhex(facts["folder"])))
    repo = opened.served(folder, publishing=facts["publishing"])
    frames.write_frame(sink, frames.CHUNK)
    try:
        said: dict[str, Any] = {"numbers": revsets.numbers(repo, facts[QUERY])}
    except Invalid as refused:
        said = {"refused": refused.message, "hint": refused.hint}
    frames.write_frame(sink, frames.HEAD, frames.pack(said))
