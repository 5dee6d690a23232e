"""What pages say of signatures made with SSH keys: verified is only what a person here signed in their own name."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest

from kallithea.lib.access import Access
from kallithea.model import SshKey, UserEmail
from tests.contracts.git_history import GitHistory
from tests.worlds import Hosted, Person, World, counted_statements


@pytest.fixture(name="key")
def _key(tmp_path: Path) -> Path:
    """A private key; its public one is beside it."""
    path = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a laptop", "-f", str(path)], check=True)
    return path


@pytest.fixture(name="ann")
def _ann(world: World, key: Path) -> Person:
    """Somebody whose key it is."""
    ann = world.person()
    with world.app.system_scope() as scope:
        scope.ssh_keys.add(scope.accounts.get(ann.id), public(key))
    return ann


@pytest.fixture(name="shop")
def _shop(world: World) -> Hosted:
    return world.repository()


@pytest.fixture(name="git")
def _git(world: World, shop: Hosted, key: Path, ann: Person) -> GitHistory:
    """A working copy that signs with the key, and commits under Ann's address."""
    git = cast("GitHistory", world.history(shop))
    for name, value in (
        ("gpg.format", "ssh"),
        ("user.signingKey", str(key)),
        ("commit.gpgSign", "true"),
        ("user.email", f"{ann.name}@example.com"),
    ):
        git.git("config", name, value)
    return git


def public(key: Path) -> str:
    return key.with_name(f"{key.name}.pub").read_text()


def fingerprint(key: Path) -> str:
    told = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], check=True, capture_output=True, text=True)
    return told.stdout.split()[1]


def told(world: World, shop: Hosted, commit: str) -> list[str]:
    """What the page of a commit says of each signature; a green badge is told with a star."""
    page = world.browser().get(f"{shop.url}/changeset/{commit}", status=200).html
    badges = [span.select_one(".badge") for span in page.select("span.signature")]
    return [("*" if "good" in badge["class"] else "") + badge.text for badge in badges]


def written(git: GitHistory, raw: bytes, *, kind: str = "commit", ref: str = "refs/heads/made") -> str:
    """An object as somebody who means harm writes it, and a name for it."""
    made = git.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", stdin=raw)
    git.git("update-ref", ref, made)
    git.publish()
    return made


def raw_of(git: GitHistory, name: str, kind: str = "commit") -> bytes:
    done = subprocess.run(["git", "cat-file", kind, name], cwd=git.work, env=git.environment(), check=True, capture_output=True)
    return done.stdout


def with_signature(raw: bytes, armoured: bytes) -> bytes:
    """A commit with one more signature in its head."""
    head, _, body = raw.partition(b"\n\n")
    return head + b"\ngpgsig " + armoured.strip().replace(b"\n", b"\n ") + b"\n\n" + body


def test_what_a_person_signed_in_their_own_name_is_verified(
    world: World, shop: Hosted, git: GitHistory, ann: Person, key: Path
) -> None:
    commit = git.commit({"a": b"1\n"}, "Signed\n\ngpgsig is but a word here")
    git.git("tag", "-s", "-m", "Tag", "v/1")
    git.publish()

    assert told(world, shop, commit) == [f"*Verified: signed by {ann.name}"] * 2
    assert fingerprint(key) in world.browser().get(f"{shop.url}/changeset/{commit}")


def test_the_signature_of_another_commit_is_bad(world: World, shop: Hosted, git: GitHistory) -> None:
    commit = git.commit({"a": b"1\n"}, "Harmless")
    forged = written(git, raw_of(git, commit).replace(b"Harmless", b"Harmful!"))

    assert told(world, shop, forged) == ["Bad signature"]


def test_the_signature_of_a_commit_is_none_of_another_author(world: World, shop: Hosted, git: GitHistory) -> None:
    commit = git.commit({"a": b"1\n"})
    forged = written(git, raw_of(git, commit).replace(b"author Ann Author", b"author Bob Author"))

    assert told(world, shop, forged) == ["Bad signature"]


def test_a_signed_tag_under_another_name_is_bad(world: World, shop: Hosted, git: GitHistory) -> None:
    git.git("config", "commit.gpgSign", "false")
    commit = git.commit({"a": b"1\n"})
    git.git("tag", "-s", "-m", "Tag", "v1")
    git.git("update-ref", "refs/tags/v2", "refs/tags/v1")
    git.publish()

    assert [one.lstrip("*").partition(":")[0] for one in told(world, shop, commit)] == ["Verified", "Bad signature"]


def test_a_signature_made_for_something_else_is_bad(world: World, shop: Hosted, git: GitHistory, key: Path) -> None:
    git.git("config", "commit.gpgSign", "false")
    raw = raw_of(git, git.commit({"a": b"1\n"})) + b"."
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(key)]
    signature = subprocess.run(command, input=raw, check=True, capture_output=True).stdout

    assert told(world, shop, written(git, with_signature(raw, signature))) == ["Bad signature"]


def test_of_two_signatures_in_one_commit_none_counts(world: World, shop: Hosted, git: GitHistory) -> None:
    raw = raw_of(git, git.commit({"a": b"1\n"}))
    (signature,) = [raw[raw.index(b"-----BEGIN") : raw.index(b"-----END SSH SIGNATURE-----") + 27]]

    assert told(world, shop, written(git, with_signature(raw, signature.replace(b"\n ", b"\n")))) == ["Bad signature"]


@pytest.mark.parametrize("length", [10_000, 3_000_000])
def test_a_huge_signature_is_no_burden(world: World, shop: Hosted, git: GitHistory, length: int) -> None:
    git.git("config", "commit.gpgSign", "false")
    raw = raw_of(git, git.commit({"a": b"1\n"}))
    lines = b"\n".join([b"A" * 70] * (length // 70))
    huge = with_signature(raw, b"-----BEGIN SSH SIGNATURE-----\n" + lines + b"\n-----END SSH SIGNATURE-----")

    assert told(world, shop, written(git, huge)) in (["Bad signature"], ["Not checked"])


def test_a_key_that_nobody_has_here_is_unknown(world: World, shop: Hosted, git: GitHistory, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    git.git("config", "user.signingKey", str(other))
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == ["Not verified"]


def test_a_key_that_is_removed_later_verifies_no_more(
    world: World, shop: Hosted, git: GitHistory, ann: Person, key: Path
) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    assert told(world, shop, commit) == [f"*Verified: signed by {ann.name}"]

    with world.app.system_scope() as scope:
        scope.ssh_keys.remove(scope.accounts.get(ann.id), fingerprint(key))

    assert told(world, shop, commit) == ["Not verified"]


def test_a_disabled_account_verifies_nothing(world: World, shop: Hosted, git: GitHistory, ann: Person) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    assert told(world, shop, commit) == [f"*Verified: signed by {ann.name}"]

    world.disable(ann)

    assert told(world, shop, commit) == ["Not verified"]


def test_a_person_cannot_sign_in_the_name_of_another(world: World, shop: Hosted, git: GitHistory) -> None:
    bob = world.person()
    git.git("config", "user.email", f"{bob.name}@example.com")
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == ["Not verified"]
    assert "not theirs" in world.browser().get(f"{shop.url}/changeset/{commit}")


@pytest.mark.parametrize("address", ["{name}@example.com\x07", "\u202e{name}@example.com", "{name}@example.com x"])
def test_an_address_that_only_looks_alike_is_another_one(
    world: World, shop: Hosted, git: GitHistory, ann: Person, key: Path, address: str
) -> None:
    git.git("config", "commit.gpgSign", "false")
    real = f"<{ann.name}@example.com>".encode()
    raw = raw_of(git, git.commit({"a": b"1\n"})).replace(real, f"<{address.format(name=ann.name)}>".encode())
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(key)]
    signature = subprocess.run(command, input=raw, check=True, capture_output=True).stdout

    assert told(world, shop, written(git, with_signature(raw, signature))) == ["Not verified"]


def test_a_further_address_counts_once_it_is_confirmed(world: World, shop: Hosted, git: GitHistory, ann: Person) -> None:
    further = f"{ann.name}.at.work@example.com"
    git.git("config", "user.email", further.upper())
    commit = git.commit({"a": b"1\n"})
    git.publish()
    assert told(world, shop, commit) == ["Not verified"]

    with world.app.system_scope() as scope:
        scope.accounts.get(ann.id)
        row = UserEmail(user_id=ann.id, email=further, email_key=further.casefold(), confirmed_at=world.clock())
        scope._session.add(row)

    assert told(world, shop, commit) == [f"*Verified: signed by {ann.name}"]


def test_the_key_of_a_repository_is_nobodys(world: World, shop: Hosted, git: GitHistory, ann: Person, key: Path) -> None:
    with world.app.system_scope() as scope:
        scope.ssh_keys.remove(scope.accounts.get(ann.id), fingerprint(key))
        grant = scope.access.administer_repository(scope.access.at(shop.path))
        scope.ssh_keys.add_to_repository(grant, public(key), access=Access.WRITE)
        assert scope._session.query(SshKey).filter_by(fingerprint=fingerprint(key)).count() == 1
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == ["Not verified"]


def test_a_page_with_a_signature_is_remembered_with_whose_it_is(world: World, shop: Hosted, git: GitHistory) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    browser = world.browser()
    first = browser.get(f"{shop.url}/changeset/{commit}", status=200)

    with counted_statements(world.app.engine) as statements:
        again = browser.get(f"{shop.url}/changeset/{commit}", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_int == 304
    assert len(statements) == 2
