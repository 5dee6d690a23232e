"""Runs gpg and openssl on what strangers made: in an empty home, without configuration, agent or network, and not for long."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.errors import Unavailable

SECONDS = 5
"""For one call, which takes some hundredths of a second."""
_LIMITED = f'ulimit -t {SECONDS} -v 1048576 -f 20480 2>/dev/null; exec "$@"'
"""Seconds of a processor, KiB of memory, and blocks of a file."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended, and what it printed."""

    status: int
    out: bytes
    told: bytes
    """What it wrote for people."""


class NoProgram(Unavailable):
    """The program is not on this machine."""


class TookTooLong(Unavailable):
    """The program was stopped."""


def run(program: str, *arguments: str, files: Mapping[str, bytes]) -> Ended:
    """Run a program in a new folder that is its home too and has just these files. Raises NoProgram, TookTooLong."""
    with tempfile.TemporaryDirectory(prefix="kallithea-signing-") as folder:
        for name, content in files.items():
            Path(folder, name).write_bytes(content)
        path = os.environ.get("PATH", os.defpath)
        try:
            done = subprocess.run(
                ["/bin/sh", "-c", _LIMITED, "sh", program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=SECONDS,
                check=False,
                cwd=folder,
                env={"PATH": path, "HOME": folder, "GNUPGHOME": folder, "OPENSSL_CONF": os.devnull, "LC_ALL": "C", "TZ": "UTC"},
            )
        except subprocess.TimeoutExpired:
            raise TookTooLong(f"{program} took too long.") from None
    if done.returncode in (126, 127):
        raise NoProgram(f"There is no {program} on this server.", hint=f"Install {program} there.")
    if done.returncode < 0:
        raise TookTooLong(f"{program} took too long.")
    return Ended(done.returncode, done.stdout, done.stderr)
