"""A person with gpg, for tests: a home with keys, made and used by the real program."""

from __future__ import annotations

import os
import subprocess
from itertools import pairwise
from pathlib import Path


class GpgHome:
    """A home of gpg; its path has to be short, as that of a socket may have a hundred bytes only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)

    def gpg(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run gpg; what it prints."""
        command = ["gpg", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "", *arguments]
        environment = {"PATH": os.environ["PATH"], "GNUPGHOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, env=environment, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
        return done.stdout

    def make(self, user_id: str, *options: str, algorithm: str = "ed25519", usage: str = "sign", expires: str = "never") -> str:
        """Make a key; its fingerprint."""
        known = set(self.fingerprints())
        self.gpg(*options, "--quick-gen-key", "--allow-freeform-uid", user_id, algorithm, usage, expires)
        return next(one for one in self.fingerprints() if one not in known)

    def fingerprints(self) -> list[str]:
        """Of the main keys."""
        rows = [line.split(":") for line in self.gpg("--list-keys", "--with-colons").decode().splitlines()]
        return [row[9] for before, row in pairwise(rows) if before[0] == "pub" and row[0] == "fpr"]

    def public(self, fingerprint: str, *options: str) -> str:
        """The key as people paste it."""
        return self.gpg(*options, "--armor", "--export", fingerprint).decode()

    def sign(self, fingerprint: str, payload: bytes, *options: str) -> bytes:
        """A signature of some bytes, in its armour."""
        return self.gpg(*options, "--armor", "--detach-sign", "--local-user", fingerprint, stdin=payload)

    def revoke(self, fingerprint: str) -> None:
        """Take the key back, with the certificate that gpg made along with it."""
        text = (self.folder / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text()
        # gpg puts a colon there, so that nobody does this by mistake.
        self.gpg("--import", stdin=text.replace(":-----BEGIN", "-----BEGIN").encode())

    def program(self, path: Path, *options: str) -> Path:
        """gpg with this home, as git and hg start it."""
        path.write_text(f'#!/bin/sh\nGNUPGHOME="{self.folder}" exec gpg {" ".join(options)} "$@"\n')
        path.chmod(0o755)
        return path

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.folder), "--kill", "all"], check=False, capture_output=True)
