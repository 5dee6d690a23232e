"""What pages say of signatures made with certificates: by git with gpg.format=x509, and by hg's extension commitsigs."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import cast

import pytest

from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.functional.test_openpgp_signatures import about, address, give, signed_in_the_commit, take, unsigned, verified
from tests.functional.test_signatures import told, with_signature, written
from tests.worlds import Hosted, Person, World


def openssl(*arguments: str, folder: Path, stdin: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], cwd=folder, input=stdin, capture_output=True, check=True).stdout


def certificate(folder: Path, name: str, *addresses: str) -> str:
    """Make a key and a certificate for it that only its owner vouches for; the certificate as people paste it."""
    names = ",".join(f"email:{one}" for one in addresses)
    subject = ("-subj", "/CN=Somebody", "-addext", f"subjectAltName={names}")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key")
    openssl("req", "-x509", *key, *subject, "-days", "30", "-out", f"{name}.pem", folder=folder)
    return (folder / f"{name}.pem").read_text()


def armoured(signature: bytes) -> bytes:
    return b"-----BEGIN SIGNED MESSAGE-----\n" + base64.encodebytes(signature) + b"-----END SIGNED MESSAGE-----\n"


def signature(folder: Path, name: str, payload: bytes, *options: str) -> bytes:
    """What gpgsm writes, too: CMS without what it signs."""
    what = ("cms", "-sign", "-binary", "-outform", "DER", "-signer", f"{name}.pem", "-inkey", f"{name}.key")
    return armoured(openssl(*what, *options, folder=folder, stdin=payload))


@pytest.fixture(name="ann")
def _ann(world: World, tmp_path: Path) -> Person:
    """Somebody who has the certificate `ann`."""
    ann = world.person()
    give(world, ann, certificate(tmp_path, "ann", address(ann)))
    return ann


@pytest.fixture(name="shop")
def _shop(world: World) -> Hosted:
    return world.repository()


@pytest.fixture(name="git")
def _git(world: World, shop: Hosted, ann: Person) -> GitHistory:
    git = cast("GitHistory", world.history(shop))
    git.git("config", "user.email", address(ann))
    return git


def signed(git: GitHistory, folder: Path, name: str, *options: str) -> str:
    """A commit under Ann's address with a signature."""
    raw = unsigned(git)
    return written(git, with_signature(raw, signature(folder, name, raw, *options)))


def test_what_a_person_signed_in_their_own_name_is_verified(
    world: World, shop: Hosted, git: GitHistory, ann: Person, tmp_path: Path
) -> None:
    commit = signed(git, tmp_path, "ann")

    assert told(world, shop, commit) == [verified(ann)]


def test_a_signature_without_its_certificate_is_verified(
    world: World, shop: Hosted, git: GitHistory, ann: Person, tmp_path: Path
) -> None:
    assert told(world, shop, signed(git, tmp_path, "ann", "-nocerts")) == [verified(ann)]


def test_a_signed_tag_is_verified_and_its_message_has_no_signature(
    world: World, shop: Hosted, git: GitHistory, ann: Person, tmp_path: Path
) -> None:
    commit = git.commit({"a": b"1\n"})
    raw = f"object {commit}\ntype commit\ntag v1\ntagger Ann <{address(ann)}> 1577869200 +0100\n\nThe first\n".encode()
    written(git, raw + signature(tmp_path, "ann", raw), kind="tag", ref="refs/tags/v1")

    assert told(world, shop, commit) == [verified(ann)]
    assert "BEGIN SIGNED" not in world.browser().get(f"{shop.url}/tags", status=200)


def test_the_signature_of_another_commit_is_bad(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, ann: Person
) -> None:
    raw = unsigned(git)
    forged = with_signature(raw.replace(b"A change", b"A chance"), signature(tmp_path, "ann", raw))

    assert told(world, shop, written(git, forged)) == ["Bad signature"]


def test_a_signature_that_brings_along_what_it_signs_is_bad(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, ann: Person
) -> None:
    raw = unsigned(git)
    attached = signature(tmp_path, "ann", b"something harmless", "-nodetach")

    assert told(world, shop, written(git, with_signature(raw, attached))) == ["Bad signature"]


def test_a_certificate_that_nobody_trusts_verifies_nothing(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, ann: Person
) -> None:
    certificate(tmp_path, "forged", address(ann))

    commit = signed(git, tmp_path, "forged")

    assert told(world, shop, commit) == ["Not verified"]
    assert "Nobody here has this key" in about(world, shop, commit)


def test_who_has_a_certificate_with_the_address_of_another_person_does_not_sign_for_them(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, ann: Person
) -> None:
    mallory = world.person()
    give(world, mallory, certificate(tmp_path, "forged", address(mallory), address(ann)))

    assert told(world, shop, signed(git, tmp_path, "forged")) == ["Not verified"]


def test_two_signers_of_whom_one_is_unknown_verify_nothing(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, ann: Person
) -> None:
    certificate(tmp_path, "other", "other@example.com")
    commit = signed(git, tmp_path, "ann", "-signer", "other.pem", "-inkey", "other.key")

    assert told(world, shop, commit) == ["Not verified"]


def test_an_expired_certificate_is_told(world: World, shop: Hosted, git: GitHistory, tmp_path: Path, ann: Person) -> None:
    commit = signed(git, tmp_path, "ann")
    now = world.clock.now

    try:
        world.clock.advance(days=10_000)
        assert told(world, shop, commit) == ["Not verified"]
        assert "expired" in about(world, shop, commit)
    finally:
        world.clock.now = now


def test_a_certificate_that_is_removed_or_of_a_disabled_account_verifies_no_more(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, ann: Person
) -> None:
    commit = signed(git, tmp_path, "ann")
    assert told(world, shop, commit) == [verified(ann)]

    world.disable(ann)
    assert told(world, shop, commit) == ["Not verified"]

    der = openssl("x509", "-in", "ann.pem", "-noout", "-fingerprint", "-sha256", folder=tmp_path)
    take(world, ann, der.decode().partition("=")[2].strip().replace(":", ""))
    assert told(world, shop, commit) == ["Not verified"]


@pytest.mark.parametrize("raw", [b"", b"0\x80", b"0\x84\xff\xff\xff\xff", b"\x30" * 5000], ids=["empty", "cut", "long", "deep"])
def test_a_damaged_signature_is_bad(world: World, shop: Hosted, git: GitHistory, ann: Person, raw: bytes) -> None:
    commit = written(git, with_signature(unsigned(git), armoured(raw)))

    assert told(world, shop, commit) == ["Bad signature"]


def by_commitsigs(folder: Path, name: str, payload: bytes) -> bytes:
    """What the extension commitsigs writes where its scheme is openssl."""
    what = ("smime", "-sign", "-outform", "pem", "-signer", f"{name}.pem", "-inkey", f"{name}.key")
    return b"openssl:" + openssl(*what, folder=folder, stdin=payload)


def test_a_certificate_of_a_person_verifies_what_hg_has_in_the_commit(world: World, ann: Person, tmp_path: Path) -> None:
    shop = world.repository("hg")
    history = cast("HgHistory", world.history(shop))

    commit = signed_in_the_commit(history, ann, lambda text: by_commitsigs(tmp_path, "ann", text))

    assert told(world, shop, commit) == [verified(ann)]


def test_a_certificate_in_a_commit_of_hg_that_nobody_has_verifies_nothing(world: World, ann: Person, tmp_path: Path) -> None:
    shop = world.repository("hg")
    certificate(tmp_path, "forged", address(ann))

    commit = signed_in_the_commit(
        cast("HgHistory", world.history(shop)), ann, lambda text: by_commitsigs(tmp_path, "forged", text)
    )

    assert told(world, shop, commit) == ["Not verified"]


@pytest.mark.parametrize("damage", ["other", "cut", "empty"])
def test_a_signature_by_openssl_that_is_not_of_the_commit_is_bad(
    world: World, ann: Person, tmp_path: Path, damage: str
) -> None:
    shop = world.repository("hg")
    of_another = by_commitsigs(tmp_path, "ann", b"0" * 40)
    empty = b"openssl:-----BEGIN PKCS7-----\n-----END PKCS7-----\n"
    written = {"other": of_another, "cut": of_another[: len(of_another) // 2], "empty": empty}[damage]

    commit = signed_in_the_commit(cast("HgHistory", world.history(shop)), ann, lambda _text: written)

    assert told(world, shop, commit) == ["Bad signature"]
