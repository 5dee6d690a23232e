"""What the file system below the repositories promises, where several machines use it at once."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

MOUNTS = Path("/proc/self/mountinfo")
NO_LOCKS_OF_OTHERS = ("nolock", "local_lock=all", "local_lock=flock")
SEES_AT_ONCE = ("noac", "actimeo=0", "acregmax=0")
LOCKS_UNKNOWN = frozenset({"9p", "vboxsf", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.bindfs"})


@dataclass(frozen=True, slots=True)
class Mount:
    """A mounted file system: where, of what kind, and with which options."""

    place: Path
    kind: str
    options: frozenset[str]


def tell_doubts(folder: Path) -> None:
    """Log what speaks against using this folder from several machines; nothing where it is on this machine alone."""
    for doubt in doubts(mount_of(folder)):
        log.warning("If several machines use %s: %s.", folder, doubt)


def doubts(mount: Mount | None) -> Iterator[str]:
    """What does not hold on such a file system, and what to do."""
    if mount is None:
        return
    if mount.kind in ("nfs", "nfs4"):
        yield from _doubts_of_nfs(mount.options)
    elif mount.kind in ("cifs", "smb3", "smbfs"):
        yield "SMB has no locks and links as Mercurial needs them; use NFS 4.1 or newer"
    elif mount.kind in LOCKS_UNKNOWN:
        yield f"locks on {mount.kind} may be unknown to the others; use NFS 4.1 or newer"


def _doubts_of_nfs(options: frozenset[str]) -> Iterator[str]:
    if options.intersection(NO_LOCKS_OF_OTHERS):
        yield "locks stay on this machine, and two writers can destroy a repository; mount without nolock and local_lock"
    if any(re.fullmatch(r"vers=[23](\.0)?", option) for option in options):
        yield "the locks of a machine that died last until it is back; mount with vers=4.1 or newer"
    if not options.intersection(SEES_AT_ONCE):
        yield "pushes are seen up to a minute late; mount with actimeo=0"


def mount_of(folder: Path, mounts: Path = MOUNTS) -> Mount | None:
    """The file system that a folder is on (proc(5), mountinfo); None where that cannot be found out."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        place = folder.resolve()
    except OSError:
        return None
    # The last of several that are mounted on each other is the one in use.
    found = [mount for line in lines if (mount := _mount(line)) and place.is_relative_to(mount.place)]
    return max(reversed(found), key=lambda mount: len(mount.place.parts), default=None)


def _mount(line: str) -> Mount | None:
    """A line such as `36 35 98:0 / /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw,errors=continue`."""
    before, dash, after = line.partition(" - ")
    first, last = before.split(" "), after.split(" ")
    if not dash or len(first) < 6 or len(last) < 3:
        return None
    options = {*first[5].split(","), *last[2].split(",")}
    return Mount(Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), first[4])), last[0], frozenset(options))
