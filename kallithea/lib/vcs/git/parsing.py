"""Turns the raw content of commits, tags and trees into values; takes what old or broken tools wrote, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from kallithea.lib.vcs.objects import Commit, CommitId, EntryKind, Signature, TagNote

SIGNATURE = re.compile(rb"(?P<name>[^<]*)<?(?P<email>[^>]*)>?[^0-9-]*(?P<seconds>-?\d+)?\s*(?P<zone>[+-]\d+)?")
SIGNED = re.compile(rb"\ngpgsig(?:-sha256)? ([^\n]*(?:\n [^\n]*)*)")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
LATEST = 253_402_000_000
"""Seconds: a little before the year 10000, where datetime ends in every zone."""
DAY = 24 * 60
SIGNATURES_BEGIN = (
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN SSH SIGNATURE-----",
    b"-----BEGIN SIGNED MESSAGE-----",
)
"""What begins the signature in a tag (gitformat-signature(5))."""
KINDS = {
    b"100644": EntryKind.FILE,
    b"100755": EntryKind.EXECUTABLE,
    b"40000": EntryKind.FOLDER,
    b"120000": EntryKind.SYMLINK,
    b"160000": EntryKind.SUBMODULE,
}


@dataclass(frozen=True, slots=True)
class TreeItem:
    """An entry of a tree object."""

    name: bytes
    kind: EntryKind
    id: str


def parse_commit(commit_id: str, raw: bytes) -> Commit:
    """The commit with its texts decoded: by its own `encoding` if that is known and fits, else as UTF-8 with U+FFFD, or as
    Windows-1252 where nothing beyond ASCII is UTF-8."""
    head, _, body = raw.partition(b"\n\n")
    parents: list[CommitId] = []
    fields: dict[bytes, bytes] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == b"parent":
            parents.append(CommitId(value.decode("ascii", "replace")))
        elif key:  # lines that begin with a blank continue a signature
            fields.setdefault(key, value)
    encoding = fields.get(b"encoding", b"utf-8").decode("ascii", "replace")
    return Commit(
        id=CommitId(commit_id),
        parents=tuple(parents),
        author=_signature(fields.get(b"author", b""), encoding),
        committer=_signature(fields.get(b"committer", b""), encoding),
        message=_decoded(body, encoding),
    )


def commit_signature(raw: bytes) -> bytes | None:
    """The signature in the head of a commit, in its armour."""
    head = b"\n" + raw.partition(b"\n\n")[0]
    found = SIGNED.search(head)
    return found[1].replace(b"\n ", b"\n") if found else None


def signed_commit(raw: bytes) -> bytes | None:
    """What the signature in the head of a commit is of: all but itself (git's commit.c, parse_buffer_signed_by_header). None
    where there are several, of which nobody could say which one counts."""
    head, gap, body = raw.partition(b"\n\n")
    found = len(SIGNED.findall(b"\n" + head))
    return SIGNED.sub(b"", b"\n" + head)[1:] + gap + body if found == 1 else None


def tag_signature(raw: bytes) -> bytes | None:
    """The signature at the end of a tag."""
    begin = raw.rfind(b"\n-----BEGIN ")
    return raw[begin + 1 :] if begin >= 0 else None


def signed_tag(raw: bytes, name: str) -> bytes | None:
    """What that is of; None where the tag was made under another name than the one that it has now."""
    text, blank, _ = raw.partition(b"\n\n")
    begin = raw.rfind(b"\n-----BEGIN ")
    is_of_name = [line[4:] for line in text.split(b"\n") if line.startswith(b"tag ")] == [
        name.encode("utf-8", "surrogateescape")
    ]
    return raw[: begin + 1] if blank and begin >= 0 and is_of_name else None


def parse_tag(raw: bytes) -> TagNote:
    """Who tagged, and the message without a signature below it."""
    head, _, body = raw.partition(b"\n\n")
    fields = dict(line.partition(b" ")[::2] for line in reversed(head.split(b"\n")))
    tagger = _signature(fields[b"tagger"], "utf-8") if b"tagger" in fields else None
    for mark in SIGNATURES_BEGIN:
        body = body.partition(mark)[0]
    return TagNote(tagger, _decoded(body, "utf-8").strip())


def tag_target(raw: bytes) -> str | None:
    """What a tag object points to."""
    key, _, target = raw.partition(b"\n")[0].partition(b" ")
    return target.decode("ascii", "replace") if key == b"object" else None


def tree_of(raw: bytes) -> str:
    """The id of a commit's root tree, which is its first line."""
    return raw.partition(b"\n")[0].partition(b" ")[2].decode("ascii", "replace")


def parse_tree(raw: bytes, id_length: int) -> Iterator[TreeItem]:
    """The entries of a tree object in its own order; `id_length` is the length of a binary id."""
    for name, mode, object_id in _tree_parts(raw, id_length):
        yield TreeItem(name, _kind(mode), object_id.hex())


def find_in_tree(raw: bytes, id_length: int, wanted: bytes) -> TreeItem | None:
    """The entry of this name, or None."""
    for name, mode, object_id in _tree_parts(raw, id_length):
        if name == wanted:
            return TreeItem(name, _kind(mode), object_id.hex())
    return None


def _tree_parts(raw: bytes, id_length: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, mode and binary id of each entry: `100644 name NUL id`."""
    start = 0
    while start < len(raw):
        end = raw.index(b"\0", start)
        mode, _, name = raw[start:end].partition(b" ")
        start = end + 1 + id_length
        yield name, mode, raw[end + 1 : start]


def _kind(mode: bytes) -> EntryKind:
    """What a mode means; leading zeros, which old tools wrote, mean nothing."""
    known = KINDS.get(mode)
    if known is None:
        number = int(mode, 8)
        known = KINDS.get(b"%o" % (number & 0o170000)) or (EntryKind.EXECUTABLE if number & 0o100 else EntryKind.FILE)
    return known


def _signature(raw: bytes, encoding: str) -> Signature:
    match = SIGNATURE.match(raw)
    assert match is not None  # every part of the pattern may be empty
    return Signature(
        name=_decoded(match["name"], encoding).strip(),
        email=_decoded(match["email"], encoding).strip(),
        when=_moment(int(match["seconds"] or 0), match["zone"] or b"+0000"),
    )


def _moment(seconds: int, zone: bytes) -> datetime:
    """The time in its own zone; what no calendar has is brought to the nearest that one has, a mad zone to UTC."""
    minutes = int(zone[1:-2] or 0) * 60 + int(zone[-2:])
    minutes = minutes if minutes < DAY else 0
    offset = timezone(timedelta(minutes=-minutes if zone.startswith(b"-") else minutes))
    return (EPOCH + timedelta(seconds=max(-LATEST // 5, min(seconds, LATEST)))).astimezone(offset)


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except (LookupError, ValueError):  # ValueError: also a name with a NUL, and bytes that do not fit
        pass
    text = raw.decode("utf-8", "replace")
    # Old programs wrote what the machine spoke and did not say so. A single letter that fits is a sign of UTF-8 that is broken.
    return raw.decode("cp1252", "replace") if {c for c in text if not c.isascii()} == {"\ufffd"} else text
