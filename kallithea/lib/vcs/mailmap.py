"""`.mailmap`: the names and addresses by which people want to be known, for those that their commits carry.

The rules are git's (`Documentation/gitmailmap.txt`); for hg the same file means the same.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from kallithea.lib.cache import SizedCache
from kallithea.lib.vcs.backend import Pair, Reader
from kallithea.lib.vcs.errors import CommitNotFound, PathNotFound
from kallithea.lib.vcs.objects import Blob, Commit, CommitId, EntryKind, Signature
from kallithea.lib.vcs.paths import FilePath
from kallithea.lib.vcs.walks import Stretch

MAILMAP = FilePath(b".mailmap")
MOST_READ = 256 * 1024
"""Bytes of the file that count; the one of the Linux kernel has a fifth of it."""
MOST_KEPT = 16 * 1024 * 1024

_BLANKS = " \t\n\r"
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@dataclass(slots=True)
class _Known:
    """What is said about an address: for everybody who used it, and for some names that were used with it."""

    name: str = ""
    email: str = ""
    by_name: dict[str, tuple[str, str]] = field(default_factory=dict)


class Mailmap:
    """One such file, read; `digest` stands for all that it says."""

    def __init__(self, content: bytes = b"") -> None:
        self.digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        self._known: dict[str, _Known] = {}
        # git reads it as a text of C, which a NUL ends.
        whole = content.partition(b"\0")[0].decode("utf-8", "replace")
        for line in whole.split("\n"):
            if not line.startswith("#"):
                self._read(line)

    def __bool__(self) -> bool:
        return bool(self._known)

    def proper(self, signature: Signature) -> Signature:
        """The signature with the name and the address that its owner wants."""
        name, email = self.person(signature.name, signature.email)
        if (name, email) == (signature.name, signature.email):
            return signature
        return replace(signature, name=name, email=email)

    def person(self, name: str, email: str) -> tuple[str, str]:
        """The name and the address that the owner of these wants."""
        known = self._known.get(email.translate(_LOWER))
        if known is None:
            return name, email
        proper_name, proper_email = known.by_name.get(name.translate(_LOWER), (known.name, known.email))
        return proper_name or name, proper_email or email

    def _read(self, line: str) -> None:
        name, email, rest = _name_and_email(line)
        if not email:
            return
        old_name, old_email, _ = _name_and_email(rest)
        if old_email is None:
            email, old_email = "", email
        known = self._known.setdefault(old_email.translate(_LOWER), _Known())
        if old_name:
            known.by_name[old_name.translate(_LOWER)] = (name, email)
        else:
            known.name, known.email = name or known.name, email or known.email


class Mailmaps:
    """The files of all repositories of this process, read once for each state of a repository."""

    def __init__(self) -> None:
        self._by_state = SizedCache[Mailmap](MOST_KEPT)
        self._by_blob = SizedCache[Mailmap](MOST_KEPT)

    def of(self, reader: Reader, location: str) -> Mailmap:
        """The one at the top of the default branch; an empty one where there is none."""
        state = (location, reader.fingerprint())
        found = self._by_state.get(state)
        if found is None:
            found = self._read(reader)
            self._by_state.put(state, found, 500)
        return found

    def _read(self, reader: Reader) -> Mailmap:
        blob = _file(reader)
        if blob is None:
            return Mailmap()
        found = self._by_blob.get(blob.id)
        if found is None:
            content = blob.read(MOST_READ + 1)
            found = Mailmap(content if len(content) <= MOST_READ else content[: content.rfind(b"\n") + 1])
            self._by_blob.put(blob.id, found, 5 * len(content))
        return found


class ProperNames:
    """A reader whose commits carry the names that `.mailmap` gives; in all else the one that it was made of."""

    def __init__(self, reader: Reader, location: str, mailmaps: Mailmaps) -> None:
        self._reader = reader
        self._location = location
        self._mailmaps = mailmaps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def resolve(self, name: str) -> Commit:
        return self._renamed(self._reader.resolve(name), self._mailmap())

    def commit(self, commit_id: CommitId) -> Commit:
        return self._renamed(self._reader.commit(commit_id), self._mailmap())

    def history(
        self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = (), path: FilePath | None = None, skip: int = 0
    ) -> Iterator[Commit]:
        found = self._reader.history(heads, excluding=excluding, path=path, skip=skip)
        mailmap = self._mailmap()
        return self._each(found, mailmap) if mailmap else found

    def stretch(self, heads: Sequence[CommitId], *wanted: Any, **how: Any) -> Stretch:
        found = self._reader.stretch(heads, *wanted, **how)
        mailmap = self._mailmap()
        return replace(found, commits=tuple(self._renamed(commit, mailmap) for commit in found.commits))

    def beside(self, other: Reader) -> Pair:
        if not isinstance(other, ProperNames):
            return self._reader.beside(other)
        # What is compared is what the other one has more: its people are known by its own names.
        pair = ProperPair(self._reader.beside(other._reader), other)
        return cast("Pair", pair)

    def _each(self, commits: Iterator[Commit], mailmap: Mailmap) -> Iterator[Commit]:
        try:
            for commit in commits:
                yield self._renamed(commit, mailmap)
        finally:
            # Whoever leaves early ends what feeds it.
            if close := getattr(commits, "close", None):
                close()

    def _mailmap(self) -> Mailmap:
        return self._mailmaps.of(self._reader, self._location)

    def _renamed(self, commit: Commit, mailmap: Mailmap) -> Commit:
        if not mailmap:
            return commit
        author, committer = mailmap.proper(commit.author), mailmap.proper(commit.committer)
        if author is commit.author and committer is commit.committer:
            return commit
        return replace(commit, author=author, committer=committer)


class ProperPair:
    """Two histories as one, with the names that the `.mailmap` of the second gives to people."""

    def __init__(self, pair: Pair, names: ProperNames) -> None:
        self._pair = pair
        self._names = names

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pair, name)

    def commit(self, commit_id: CommitId) -> Commit:
        return self._names._renamed(self._pair.commit(commit_id), self._names._mailmap())

    def history(self, heads: Sequence[CommitId], *, excluding: Sequence[CommitId] = ()) -> Iterator[Commit]:
        found = self._pair.history(heads, excluding=excluding)
        mailmap = self._names._mailmap()
        return self._names._each(found, mailmap) if mailmap else found


def _file(reader: Reader) -> Blob | None:
    try:
        blob = reader.blob(reader.resolve("").id, MAILMAP)
    except (CommitNotFound, PathNotFound):
        return None
    # A link could lead anywhere; git does not follow one either.
    return blob if blob.kind in (EntryKind.FILE, EntryKind.EXECUTABLE) else None


def _name_and_email(text: str) -> tuple[str, str | None, str]:
    """What stands before `<`, what stands in `<>` (None where there are none), and the rest."""
    name, opened, rest = text.partition("<")
    email, closed, rest = rest.partition(">")
    if not opened or not closed:
        return "", None, ""
    return name.strip(_BLANKS), email, rest
