"""Checking SSH signatures where that cannot be done: then nothing is said of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kallithea.lib.vcs.signatures import LONGEST
from kallithea.lib.vcs.verifying import MOST_SIGNED, Signed, is_good

ARMOURED = b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"


def test_what_is_no_signature_is_bad() -> None:
    assert is_good(Signed(b"payload", ARMOURED)) is False


def test_without_ssh_keygen_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert is_good(Signed(b"nobody asked for this before", ARMOURED)) is None


@pytest.mark.parametrize("signed", [Signed(b"", b"x" * (LONGEST + 1)), Signed(b"x" * (MOST_SIGNED + 1), ARMOURED)])
def test_what_is_too_large_is_not_looked_at(signed: Signed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "ssh-keygen"
    program.write_text(f"#!/bin/sh\n: > {tmp_path}/called\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert is_good(signed) is None
    assert not (tmp_path / "called").exists()
