"""The packet lines of git's protocol (gitprotocol-common(5)): reading the commands of a push, writing refusals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.lib.errors import Invalid, TooLarge
from kallithea.lib.vcs.requests import BodyStream

FLUSH = b"0000"
COMMANDS_LIMIT = 16 << 20
"""Bytes of commands that one push may have: about a hundred thousand refs."""
LOOKS_LIKE_AN_ID = re.compile(rb"(?:refs/(?:heads|tags)/)?(?:[0-9a-f]{40}|[0-9a-f]{64})", re.IGNORECASE)
NO_ID = re.compile(rb"0+")


@dataclass(frozen=True, slots=True)
class PushCommand:
    """One ref that a client wants to move; an id of zeros says that it is not there."""

    old: bytes
    new: bytes
    ref: bytes

    @property
    def deletes(self) -> bool:
        return NO_ID.fullmatch(self.new) is not None


@dataclass(frozen=True, slots=True)
class PushHead:
    """The beginning of a push: `raw` are the bytes as they came, the pack follows behind them."""

    raw: bytes
    commands: tuple[PushCommand, ...]
    capabilities: frozenset[bytes]


def packet(payload: bytes) -> bytes:
    return b"%04x%s" % (len(payload) + 4, payload)


def read_push_head(body: BodyStream) -> PushHead:
    """The commands of a push up to the flush packet; reads not a byte further. Raises Invalid, TooLarge."""
    raw = bytearray()
    lines: list[bytes] = []
    while (line := _read_packet(body, raw)) is not None:
        lines.append(line)
        if len(raw) > COMMANDS_LIMIT:
            raise TooLarge("This push moves too many refs at once.", hint="Push in several steps.")
    first, _, capabilities = lines[0].partition(b"\0") if lines else (b"", b"", b"")
    commands = [_command(line) for line in (first, *lines[1:])]
    return PushHead(bytes(raw), tuple(found for found in commands if found), frozenset(capabilities.split()))


def _read_packet(body: BodyStream, raw: bytearray) -> bytes | None:
    """The payload of the next packet, None for a flush packet or the end."""
    head = _read_exactly(body, 4)
    raw += head
    if not head:
        return None
    try:
        length = int(head, 16)
    except ValueError:
        raise Invalid("This is not a git push.") from None
    if length == 0:
        return None
    if length < 4:
        raise Invalid("This is not a git push.")
    payload = _read_exactly(body, length - 4)
    raw += payload
    return payload


def _read_exactly(body: BodyStream, size: int) -> bytes:
    found = b""
    while len(found) < size and (more := body.read(size - len(found))):
        found += more
    if found and len(found) < size:
        raise Invalid("The push ended too early.")
    return found


def _command(line: bytes) -> PushCommand | None:
    """The command in a line; None for `shallow` lines and the lines of a push certificate."""
    parts = line.rstrip(b"\n").split(b" ", 2)
    if len(parts) != 3 or not all(len(part) in (40, 64) for part in parts[:2]):
        return None
    return PushCommand(*parts)


def refused_refs(commands: Sequence[PushCommand]) -> frozenset[bytes]:
    """Refs to be made or moved whose name could be taken for the id of a commit; deleting them stays possible."""
    return frozenset(command.ref for command in commands if not command.deletes and LOOKS_LIKE_AN_ID.fullmatch(command.ref))


def refusal(head: PushHead, refused: frozenset[bytes]) -> bytes:
    """A report that nothing was changed, and why, for each ref of the push (gitprotocol-pack(5), Report Status)."""
    report = packet(b"unpack ok\n")
    for command in head.commands:
        reason = b"the name looks like a commit id" if command.ref in refused else b"another ref of this push was refused"
        report += packet(b"ng %s %s\n" % (command.ref, reason))
    report += FLUSH
    if not head.capabilities & {b"report-status", b"report-status-v2"}:
        return b""
    return _on_sideband(report) + FLUSH if b"side-band-64k" in head.capabilities else report


def _on_sideband(report: bytes, size: int = 65_000) -> bytes:
    return b"".join(packet(b"\1" + report[start : start + size]) for start in range(0, len(report), size))
