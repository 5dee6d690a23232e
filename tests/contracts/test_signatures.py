"""Signatures that the real gpg, ssh-keygen, git and hg made are recognised, with the key that those programs name."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.hg.store import HgStore
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.signatures import KeySignature, SignatureFormat, of_hg, recognised
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory

needs_gpg = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
needs_ssh = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


def gpg(home: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    environment = {"PATH": os.environ["PATH"], "GNUPGHOME": str(home)}
    return subprocess.run(["gpg", "--batch", *arguments], env=environment, input=stdin, capture_output=True, check=True).stdout


@pytest.fixture(name="keys")
def _keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A home of gpg with one key, and the fingerprint of it."""
    # The path of a socket may have a hundred bytes only.
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)
    gpg(home, "--passphrase", "", "--quick-gen-key", "Ann <ann@example.com>", "ed25519", "sign", "never")
    listed = gpg(home, "--list-keys", "--with-colons").decode()
    yield home, next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


@pytest.fixture(name="git")
def _git(tmp_path: Path) -> GitHistory:
    folder = tmp_path / "history"
    folder.mkdir()
    return GitHistory(folder)


def signatures(git: GitHistory, commit: str, tmp_path: Path) -> tuple[KeySignature, ...]:
    git.publish()
    return GitStore(cache=tmp_path / "cache").open(git.store).reader.signatures(CommitId(commit))


@needs_gpg
def test_openpgp_signatures_of_git_name_the_key(git: GitHistory, keys: tuple[Path, str], tmp_path: Path) -> None:
    home, fingerprint = keys
    program = tmp_path / "gpg"
    program.write_text(f'#!/bin/sh\nGNUPGHOME="{home}" exec gpg "$@"\n')
    program.chmod(0o755)
    git.git("config", "gpg.program", str(program))
    git.git("config", "user.signingKey", fingerprint)
    git.git("config", "commit.gpgSign", "true")
    commit = git.commit({"a": b"1\n"}, "Signed\n\ngpgsig is but a word here")
    git.git("tag", "-s", "-m", "Tag", "v/1")

    assert signatures(git, commit, tmp_path) == (
        KeySignature(SignatureFormat.OPENPGP, fingerprint, address="ann@example.com"),
        KeySignature(SignatureFormat.OPENPGP, fingerprint, "v/1", address="ann@example.com"),
    )


@needs_ssh
def test_ssh_signatures_of_git_name_the_key_and_are_good(git: GitHistory, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    told = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], check=True, capture_output=True, text=True).stdout
    git.git("config", "gpg.format", "ssh")
    git.git("config", "user.signingKey", f"{key}.pub")
    git.git("config", "commit.gpgSign", "true")
    commit = git.commit({"a": b"1\n"})
    git.git("tag", "-s", "-m", "Tag", "v1")

    fingerprint = told.split()[1]
    assert signatures(git, commit, tmp_path) == (
        KeySignature(SignatureFormat.SSH, fingerprint, None, True, "ann@example.com"),
        KeySignature(SignatureFormat.SSH, fingerprint, "v1", True, "ann@example.com"),
    )


def test_unsigned_commits_and_tags_have_no_signature(git: GitHistory, tmp_path: Path) -> None:
    commit = git.commit({"a": b"1\n"}, "A message\n\n-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----")
    git.tag("v1")
    git.git("tag", "light")

    assert signatures(git, commit, tmp_path) == ()


@needs_gpg
def test_signatures_that_hg_keeps_name_the_key(keys: tuple[Path, str], tmp_path: Path) -> None:
    home, fingerprint = keys
    folder = tmp_path / "history"
    folder.mkdir()
    hg = HgHistory(folder)
    commit, other = hg.commit({"a": b"1\n"}), hg.commit({"a": b"2\n3\n"})
    # What the extension gpg signs and writes (hgext/gpg.py, node2txt and _dosign).
    signature = base64.b64encode(gpg(home, "--detach-sign", "-u", fingerprint, stdin=f"{commit}\n".encode()))
    hg.commit({".hgsigs": commit.encode() + b" 0 " + signature + b"\nnonsense\n" + b"x" * 40 + b" 7 y\n"}, "Sign")
    hg.publish()
    store = HgStore(cache=tmp_path / "cache", helpers=1)
    reader = store.open(hg.store).reader

    found = [reader.signatures(CommitId(one)) for one in (commit, other)]
    store.close()

    assert found == [(KeySignature(SignatureFormat.OPENPGP, fingerprint, address="ann@example.com"),), ()]


def test_x509_is_recognised_by_its_armour() -> None:
    armoured = b"-----BEGIN SIGNED MESSAGE-----\nMIAGCSqGSIb3DQEHAqCAMIACAQEx\n-----END SIGNED MESSAGE-----\n"

    assert recognised(armoured) == KeySignature(SignatureFormat.X509, None)


@given(st.binary(max_size=80))
def test_what_is_broken_has_no_key_and_does_no_harm(raw: bytes) -> None:
    encoded = base64.b64encode(raw)
    for name in (b"PGP SIGNATURE", b"SSH SIGNATURE"):
        recognised(b"-----BEGIN " + name + b"-----\n\n" + encoded + b"\n-----END " + name + b"-----\n")
    of_hg(encoded)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PGP SIGNATURE-----", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\nAAAA"])
def test_what_is_no_signature_is_none(text: bytes) -> None:
    assert recognised(text) is None


def test_a_signature_that_does_not_end_has_no_key() -> None:
    assert recognised(b"-----BEGIN SSH SIGNATURE-----\n" + b"A" * 1_000_000) == KeySignature(SignatureFormat.SSH, None)
