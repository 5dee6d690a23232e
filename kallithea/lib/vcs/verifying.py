"""Checks SSH signatures: whether who has the key that is in a signature signed these bytes. Whose key it is, others know."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile

from kallithea.lib.cache import SizedCache
from kallithea.lib.vcs.signatures import LONGEST, MOST_SIGNED, Signed

PROGRAM = "ssh-keygen"
SECONDS = 5.0
"""For one check, which takes some milliseconds."""
NAMESPACE = "git"
"""What git signs for: a signature that somebody made for something else is none here (git's gpg-interface.c)."""
CHECKED_BYTES = 200

_checked: SizedCache[bool] = SizedCache(4 << 20)
"""What was found out, by everything that it depends on."""


def is_good(signed: Signed) -> bool | None:
    """Whether the key in the signature made it, for git and of this payload; None where that cannot be found out here."""
    if len(signed.signature) > LONGEST or len(signed.payload) > MOST_SIGNED:
        return None
    key = hashlib.sha256(signed.signature).digest(), hashlib.sha256(signed.payload).digest()
    known = _checked.get(key)
    if known is None:
        known = _check(signed)
        if known is not None:
            _checked.put(key, known, CHECKED_BYTES)
    return known


def _check(signed: Signed) -> bool | None:
    """Ask ssh-keygen, which reads the signature from a file without a name."""
    with tempfile.TemporaryFile() as signature:
        signature.write(signed.signature)
        signature.seek(0)
        try:
            done = subprocess.run(
                [PROGRAM, "-Y", "check-novalidate", "-n", NAMESPACE, "-s", f"/dev/fd/{signature.fileno()}"],
                input=signed.payload,
                capture_output=True,
                timeout=SECONDS,
                check=False,
                pass_fds=(signature.fileno(),),
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": os.devnull, "LC_ALL": "C"},
                cwd="/",
            )
        except (FileNotFoundError, PermissionError, subprocess.TimeoutExpired):
            return None
    return done.returncode == 0
