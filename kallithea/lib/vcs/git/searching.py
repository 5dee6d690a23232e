"""Parts of the history of a git repository: read in process while nothing is searched for, else picked from what git lists."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from kallithea.lib.errors import Invalid
from kallithea.lib.vcs.git.folder import Folder
from kallithea.lib.vcs.git.history import Key, key_of, walk
from kallithea.lib.vcs.git.positions import START, Position, Tracker, read_position
from kallithea.lib.vcs.git.streams import OutOfTime, lines_until
from kallithea.lib.vcs.objects import Commit, CommitId
from kallithea.lib.vcs.walks import CommitFilter, Matcher, Stretch

SKIPPED_HERE = 500
"""Commits that may be skipped in process; behind that git is faster, in spite of its start."""
FEW_HEADS = 100
"""Heads whose times are read one by one."""
OLD_ENOUGH = 500
"""So many commits before the first wanted time in a row end a search: clocks go wrong, but not that often."""
RECORD = "--format=%ct%n%an <%ae>%n%B%x00"
"""What git prints of a commit below a line `commit`, its id and its parents."""


class Search:
    """Reads parts of the history from these heads."""

    def __init__(self, folder: Folder, read: Callable[[CommitId], Commit | None], heads: Sequence[CommitId]) -> None:
        self._folder = folder
        self._read = read
        self._heads = heads
        self._learn_times(heads)

    def stretch(self, wanted: CommitFilter, *, at: str, skip: int, size: int, seconds: float) -> Stretch:
        """The next `size` wanted commits. Raises Invalid for a position that cannot be."""
        position = read_position(at)
        if any(self._read(commit_id) is None for commit_id in position.found):
            raise Invalid("The commits at which this list goes on are gone.", hint="Begin again with the newest commits.")
        if not wanted.is_empty:
            return self._searched(wanted, position, skip, size, time.monotonic() + seconds)
        if position.last is None:
            skip += position.count
            known = self._folder.positions.get((tuple(self._heads), skip)) if skip else None
            position, skip = (known, 0) if known else (START, skip)
        return self._listed(position, skip, size) if skip > SKIPPED_HERE else self._walked(position, skip, size)

    def _walked(self, position: Position, skip: int, size: int) -> Stretch:
        """Read in process."""
        tracker = Tracker(self._heads, position, self._key)
        commits = []
        has_more = False
        for number, commit in enumerate(walk(position.heads(self._heads, self._key), self._read, self._seconds)):
            if number == skip + size:
                has_more = True
                break
            if number == skip:
                self._remember(tracker)
            parents = [parent.hex for parent in commit.parents]
            tracker.show(commit.id.hex, parents, seconds=commit.committer.when.timestamp())
            if number >= skip:
                commits.append(commit)
        return Stretch(tuple(commits), self._remember(tracker) if has_more else None, len(commits))

    def _listed(self, position: Position, skip: int, size: int) -> Stretch:
        """Far from the start: git lists what is skipped, too, for its parents say where to go on."""
        tracker = Tracker(self._heads, position, self._key)
        commits = []
        has_more = False
        arguments = ("rev-list", "--date-order", "--timestamp", "--parents", "--stdin")
        starts = position.heads(self._heads, self._key)
        if not starts:
            return Stretch((), None, 0)
        with self._folder.git.reading(self._folder.path, *arguments, stdin=_lines(starts)) as lines:
            for number, line in enumerate(islice(lines, skip + size + 1)):
                if number == skip + size:
                    has_more = True
                    break
                if number == skip:
                    self._remember(tracker)
                moment, name, *parents = line.decode("ascii").split()
                tracker.show(name, parents, seconds=int(moment))
                if number >= skip and (commit := self._read(CommitId(name))):
                    commits.append(commit)
        return Stretch(tuple(commits), self._remember(tracker) if has_more else None, len(commits))

    def _remember(self, tracker: Tracker) -> str:
        """Where the walk is; an address with the number of a page finds it again."""
        found = tracker.position()
        if found.last is not None:
            self._folder.positions.put((tuple(self._heads), tracker.count), found)
        return found.text()

    def _searched(self, wanted: CommitFilter, position: Position, skip: int, size: int, until: float) -> Stretch:
        """Go through what git lists, while there is time."""
        # With a path and several heads, only git knows which heads were passed over; it lists what is skipped once more.
        by_count = bool(wanted.path.raw) and len(self._heads) > 1
        tracker = Tracker(self._heads, position, self._key)
        matcher = Matcher(wanted)
        found: list[CommitId] = []
        looked_at = old = 0
        is_complete, at = True, None
        try:
            for record in self._records(wanted, position, until):
                names, moment, author, message = (*record.split(b"\n", 3), b"", b"", b"")[:4]
                _, name, *parents = names.decode("ascii").split()
                written = int(moment) if moment.lstrip(b"-").isdigit() else 0
                looked_at += 1
                old = old + 1 if matcher.is_older(written) else 0
                if old >= OLD_ENOUGH:
                    break
                if matcher.fits(written, author, message):
                    if skip:
                        skip -= 1
                    elif len(found) == size:
                        at = tracker.position(by_count=by_count).text()
                        break
                    else:
                        found.append(CommitId(name))
                tracker.show(name, parents, seconds=written)
        except OutOfTime:
            is_complete = False
            at = tracker.position(by_count=by_count).text()
        commits = tuple(commit for commit_id in found if (commit := self._read(commit_id)))
        return Stretch(commits, at, looked_at, is_complete)

    def _records(self, wanted: CommitFilter, position: Position, until: float) -> Iterator[bytes]:
        # With a path, parents are the next commits that changed it, which is where a walk can be taken up.
        arguments = ["rev-list", "--parents", RECORD, "--stdin"]
        if position.last is None and position.count:
            arguments.append(f"--skip={position.count}")
        if wanted.path.raw:
            arguments += ["--", wanted.path.raw.decode("utf-8", "surrogateescape")]
        # The one head that a path is followed from was passed by, shown or not, once anything was shown.
        starts = position.heads(() if wanted.path.raw and position.last else self._heads, self._key)
        if not starts:
            return
        with self._folder.git.reading(self._folder.path, *arguments, stdin=_lines(starts)) as stream:
            for record in lines_until(stream, until, b"\0"):
                if found := record.lstrip(b"\n"):
                    yield found

    def _key(self, commit_id: CommitId) -> Key | None:
        seconds = self._seconds(commit_id)
        return None if seconds is None else key_of(seconds, commit_id)

    def _seconds(self, commit_id: CommitId) -> float | None:
        known = self._folder.times.get(commit_id.hex)
        if known is None and (commit := self._read(commit_id)):
            known = commit.committer.when.timestamp()
            self._folder.times.put(commit_id.hex, known)
        return known

    def _learn_times(self, heads: Sequence[CommitId]) -> None:
        """Ask for the times of many heads at once."""
        unknown = [head for head in heads if self._folder.times.get(head.hex) is None]
        if len(unknown) <= FEW_HEADS:
            return
        arguments = ("rev-list", "--no-walk=unsorted", "--ignore-missing", "--timestamp", "--stdin")
        with self._folder.git.reading(self._folder.path, *arguments, stdin=_lines(unknown)) as lines:
            for line in lines:
                seconds, name = line.split()
                self._folder.times.put(name.decode("ascii"), float(seconds))


def _lines(commit_ids: Sequence[CommitId]) -> bytes:
    return "".join(f"{commit_id.hex}\n" for commit_id in commit_ids).encode("ascii")
