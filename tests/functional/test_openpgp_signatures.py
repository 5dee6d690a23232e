"""What pages say of signatures made with OpenPGP: verified is only what a person here signed in their own name."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from mercurial import hg as hg_api
from mercurial import ui
from mercurial.context import metadataonlyctx

from kallithea.lib.errors import KallitheaError
from kallithea.model import UserEmail
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.functional.test_signatures import raw_of, told, with_signature, written
from tests.gpg_home import GpgHome
from tests.worlds import Hosted, Person, World, counted_statements


@pytest.fixture(name="home", scope="module")
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GpgHome]:
    home = GpgHome(tmp_path_factory.mktemp("g"))
    yield home
    home.close()


@pytest.fixture(name="ann")
def _ann(world: World) -> Person:
    return world.person()


@pytest.fixture(name="key")
def _key(world: World, home: GpgHome, ann: Person) -> str:
    """The fingerprint of a key of Ann's, which her account has."""
    fingerprint = home.make(user_id(ann))
    give(world, ann, home.public(fingerprint))
    return fingerprint


@pytest.fixture(name="shop")
def _shop(world: World) -> Hosted:
    return world.repository()


@pytest.fixture(name="git")
def _git(world: World, shop: Hosted, home: GpgHome, key: str, ann: Person, tmp_path: Path) -> GitHistory:
    """A working copy that signs with the key, and commits under Ann's address."""
    git = cast("GitHistory", world.history(shop))
    for name, value in (
        ("gpg.program", str(home.program(tmp_path / "gpg"))),
        ("user.signingKey", f"{key}!"),
        ("commit.gpgSign", "true"),
        ("user.email", address(ann)),
    ):
        git.git("config", name, value)
    return git


def address(person: Person) -> str:
    return f"{person.name}@example.com"


def user_id(person: Person) -> str:
    return f"Somebody <{address(person)}>"


def give(world: World, person: Person, text: str) -> None:
    with world.app.system_scope() as scope:
        scope.signing_keys.add(scope.accounts.get(person.id), text)


def take(world: World, person: Person, fingerprint: str) -> None:
    with world.app.system_scope() as scope:
        scope.signing_keys.remove(scope.accounts.get(person.id), fingerprint)


def verified(person: Person) -> str:
    return f"*Verified: signed by {person.name}"


def signed_in_the_commit(hg: HgHistory, person: Person, sign: Callable[[bytes], bytes]) -> str:
    """A commit as the extension commitsigs makes it: with a signature of the id that it would have without one; `sign` gives
    its scheme, a colon and the signature."""
    without = hg.commit({"a": b"1\n"}, "Signed", author=user_id(person))
    repo = hg_api.repository(ui.ui.load(), str(hg.work).encode())
    with repo.wlock(), repo.lock(), repo.transaction(b"sign"):
        old = repo[without.encode()]
        extra = {**old.extra(), b"signature": sign(without.encode())}
        new = metadataonlyctx(repo, old, text=old.description(), user=old.user(), date=old.date(), extra=extra)
        signed = repo.commitctx(new)
    hg.publish()
    return bytes(signed).hex()


def gnupg(signature: bytes) -> bytes:
    """What commitsigs writes of a signature of OpenPGP."""
    return b"gnupg:" + base64.b64encode(signature)


def about(world: World, shop: Hosted, commit: str) -> str:
    """What the page adds to the first signature."""
    return str(world.browser().get(f"{shop.url}/changeset/{commit}").html.select_one("span.signature .soft").text)


def unsigned(git: GitHistory) -> bytes:
    """A commit as it is written, without a signature."""
    git.git("config", "commit.gpgSign", "false")
    return raw_of(git, git.commit({"a": b"1\n"}))


def test_what_a_person_signed_in_their_own_name_is_verified(
    world: World, shop: Hosted, git: GitHistory, ann: Person, key: str
) -> None:
    commit = git.commit({"a": b"1\n"}, "Signed\n\ngpgsig is but a word here")
    git.git("tag", "-s", "-m", "Tag", "v/1")
    git.publish()

    assert told(world, shop, commit) == [verified(ann)] * 2
    assert key in world.browser().get(f"{shop.url}/changeset/{commit}")


def test_a_signature_of_hg_is_verified(world: World, home: GpgHome, ann: Person, key: str, tmp_path: Path) -> None:
    shop = world.repository("hg")
    hg = cast("HgHistory", world.history(shop))
    commit = hg.commit({"a": b"1\n"}, author=user_id(ann))
    program = home.program(tmp_path / "gpg")
    hg.hg("--config", "extensions.gpg=", "--config", f"gpg.cmd={program}", "sign", "--key", key, "--user", user_id(ann), commit)
    hg.publish()

    assert told(world, shop, commit) == [verified(ann)]


def test_a_signature_of_hg_for_another_commit_is_bad(world: World, home: GpgHome, ann: Person, key: str) -> None:
    shop = world.repository("hg")
    hg = cast("HgHistory", world.history(shop))
    harmless, harmful = (hg.commit({name: b"1\n"}, author=user_id(ann)) for name in "ab")
    signature = base64.b64encode(home.gpg("--detach-sign", "--local-user", key, stdin=f"{harmless}\n".encode()))
    hg.commit({".hgsigs": harmful.encode() + b" 0 " + signature + b"\n"}, author=user_id(ann))
    hg.publish()

    assert told(world, shop, harmful) == ["Bad signature"]


def test_a_commit_of_hg_by_somebody_else_is_not_the_signers(world: World, home: GpgHome, key: str) -> None:
    shop = world.repository("hg")
    hg = cast("HgHistory", world.history(shop))
    commit = hg.commit({"a": b"1\n"}, author="Bob <bob@example.org>")
    signature = base64.b64encode(home.gpg("--detach-sign", "--local-user", key, stdin=f"{commit}\n".encode()))
    hg.commit({".hgsigs": commit.encode() + b" 0 " + signature + b"\n"})
    hg.publish()

    assert told(world, shop, commit) == ["Not verified"]


def test_the_signature_of_another_commit_is_bad(world: World, shop: Hosted, git: GitHistory) -> None:
    commit = git.commit({"a": b"1\n"}, "Harmless")
    forged = written(git, raw_of(git, commit).replace(b"Harmless", b"Harmful!"))

    assert told(world, shop, forged) == ["Bad signature"]


def test_a_commit_without_its_signature_says_nothing_of_one(world: World, shop: Hosted, git: GitHistory) -> None:
    raw = raw_of(git, git.commit({"a": b"1\n"}))
    begin, end = raw.index(b"gpgsig "), raw.index(b"-----END PGP SIGNATURE-----") + 28

    assert told(world, shop, written(git, raw[:begin] + raw[end:].lstrip(b" \n"))) == []


def test_a_signed_tag_under_another_name_is_bad(world: World, shop: Hosted, git: GitHistory, ann: Person) -> None:
    git.git("config", "commit.gpgSign", "false")
    commit = git.commit({"a": b"1\n"})
    git.git("tag", "-s", "-m", "Tag", "v1")
    git.git("update-ref", "refs/tags/v2", "refs/tags/v1")
    git.publish()

    assert told(world, shop, commit) == [verified(ann), "Bad signature"]


def test_of_two_signatures_in_one_armour_none_counts(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, key: str
) -> None:
    raw = unsigned(git)
    other = home.make("Other <other@example.com>")
    both = home.gpg("--armor", "--detach-sign", "--local-user", key, "--local-user", other, stdin=raw)

    assert told(world, shop, written(git, with_signature(raw, both))) == ["Bad signature"]


def test_of_two_signatures_in_one_commit_none_counts(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, key: str
) -> None:
    raw = unsigned(git)
    signature = home.sign(key, raw)

    assert told(world, shop, written(git, with_signature(with_signature(raw, signature), signature))) == ["Bad signature"]


def test_a_signed_message_that_brings_along_what_it_signs_is_bad(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, key: str
) -> None:
    raw = unsigned(git)
    message = home.gpg("--armor", "--sign", "--local-user", key, stdin=b"something harmless")

    assert told(world, shop, written(git, with_signature(raw, message))) == ["Bad signature"]


def test_a_key_that_nobody_has_here_is_unknown(world: World, shop: Hosted, git: GitHistory, home: GpgHome, ann: Person) -> None:
    git.git("config", "user.signingKey", home.make(user_id(ann)))
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == ["Not verified"]
    assert "Nobody here has this key" in about(world, shop, commit)


def test_a_key_with_the_user_id_of_another_person_does_not_sign_for_them(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, ann: Person
) -> None:
    mallory = world.person()
    forged = home.make(user_id(mallory))
    home.gpg("--quick-add-uid", forged, user_id(ann))
    give(world, mallory, home.public(forged))
    git.git("config", "user.signingKey", forged)
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == ["Not verified"]
    assert "not theirs" in about(world, shop, commit)


def test_who_has_a_copy_of_the_key_of_another_person_takes_nothing_from_them(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, ann: Person, key: str
) -> None:
    mallory = world.person()
    with pytest.raises(KallitheaError, match="no e-mail address of your account"):
        give(world, mallory, home.public(key))
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == [verified(ann)]


@pytest.mark.parametrize(
    "name",
    [
        "x\n[GNUPG:] VALIDSIG {key} 2026-01-01 1767225600 0 4 0 22 8 00 {key}\n",
        "[GNUPG:] GOODSIG {key} Ann",
        "x%0A[GNUPG:] GOODSIG {key} Ann",
        "x\x0b[GNUPG:] NEWSIG\x85[GNUPG:] GOODSIG {key}",
    ],
)
def test_user_ids_cannot_speak_for_gpg(world: World, shop: Hosted, git: GitHistory, home: GpgHome, key: str, name: str) -> None:
    mallory = world.person()
    evil = home.make(user_id(mallory))
    # gpg itself asks for decent names only where people type them.
    home.gpg("--quick-add-uid", evil, name.format(key=key).replace("\n", "%0A"))
    give(world, mallory, home.public(evil))
    git.git("config", "user.signingKey", evil)
    commit = git.commit({"a": b"1\n"})
    forged = written(git, raw_of(git, commit).replace(b"A change", b"A chance"))

    assert told(world, shop, commit) == ["Not verified"]
    assert told(world, shop, forged) == ["Bad signature"]


def test_an_expired_key_is_told(world: World, shop: Hosted, git: GitHistory, home: GpgHome, ann: Person) -> None:
    brief = home.make(user_id(ann), "--faked-system-time", "20200101T000000!")
    give(world, ann, home.public(brief))
    raw = unsigned(git)
    signature = home.sign(brief, raw)
    home.gpg("--faked-system-time", "20200102T000000!", "--quick-set-expire", brief, "1d")
    give(world, ann, home.public(brief))

    commit = written(git, with_signature(raw, signature))

    assert told(world, shop, commit) == ["Not verified"]
    assert "expired" in about(world, shop, commit)


def test_a_revoked_key_is_told_once_its_owner_adds_it_again(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, ann: Person, key: str
) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    assert told(world, shop, commit) == [verified(ann)]

    home.revoke(key)
    give(world, ann, home.public(key))

    assert told(world, shop, commit) == ["Not verified"]
    assert "revoked" in about(world, shop, commit)


def test_a_key_below_the_main_one_signs_for_its_owner(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, ann: Person, key: str
) -> None:
    home.gpg("--quick-add-key", key, "ed25519", "sign", "never")
    give(world, ann, home.public(key))
    git.git("config", "user.signingKey", key)
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == [verified(ann)]


def test_a_key_that_is_removed_later_verifies_no_more(
    world: World, shop: Hosted, git: GitHistory, ann: Person, key: str
) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    assert told(world, shop, commit) == [verified(ann)]

    take(world, ann, key)

    assert told(world, shop, commit) == ["Not verified"]


def test_a_disabled_account_verifies_nothing(world: World, shop: Hosted, git: GitHistory, ann: Person) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    assert told(world, shop, commit) == [verified(ann)]

    world.disable(ann)

    assert told(world, shop, commit) == ["Not verified"]


def test_an_address_of_the_account_that_the_key_does_not_name_is_not_signed_for(
    world: World, shop: Hosted, git: GitHistory, ann: Person
) -> None:
    further = f"{ann.name}.at.work@example.com"
    with world.app.system_scope() as scope:
        scope._session.add(UserEmail(user_id=ann.id, email=further, email_key=further, confirmed_at=world.clock()))
    git.git("config", "user.email", further)
    commit = git.commit({"a": b"1\n"})
    git.publish()

    assert told(world, shop, commit) == ["Not verified"]


@pytest.mark.parametrize("written_as", ["{name}@example.com\x07", "\u202e{name}@example.com", "{name}@example.com x"])
def test_an_address_that_only_looks_alike_is_another_one(
    world: World, shop: Hosted, git: GitHistory, home: GpgHome, ann: Person, key: str, written_as: str
) -> None:
    raw = unsigned(git).replace(f"<{address(ann)}>".encode(), f"<{written_as.format(name=ann.name)}>".encode())

    assert told(world, shop, written(git, with_signature(raw, home.sign(key, raw)))) == ["Not verified"]


@pytest.mark.parametrize("length", [10_000, 3_000_000])
def test_a_huge_signature_is_no_burden(world: World, shop: Hosted, git: GitHistory, length: int) -> None:
    raw = unsigned(git)
    lines = b"\n".join([b"A" * 70] * (length // 70))
    huge = with_signature(raw, b"-----BEGIN PGP SIGNATURE-----\n\n" + lines + b"\n-----END PGP SIGNATURE-----")

    assert told(world, shop, written(git, huge)) == ["Bad signature"]


def test_without_gpg_nothing_is_said(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    git_program = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git_program)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    assert told(world, shop, commit) == ["Not checked"]


def test_gpg_is_asked_once(
    world: World, shop: Hosted, git: GitHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    first = told(world, shop, commit)
    program = tmp_path / "gpg"
    program.write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert told(world, shop, commit) == first


def test_a_page_with_a_signature_is_remembered_with_whose_it_is(world: World, shop: Hosted, git: GitHistory) -> None:
    commit = git.commit({"a": b"1\n"})
    git.publish()
    browser = world.browser()
    first = browser.get(f"{shop.url}/changeset/{commit}", status=200)

    with counted_statements(world.app.engine) as statements:
        again = browser.get(f"{shop.url}/changeset/{commit}", headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_int == 304
    assert len(statements) == 2


def test_a_signature_that_hg_has_in_the_commit_is_verified(world: World, home: GpgHome, ann: Person, key: str) -> None:
    shop = world.repository("hg")

    def sign(text: bytes) -> bytes:
        return gnupg(home.gpg("--detach-sign", "-u", key, stdin=text))

    commit = signed_in_the_commit(cast("HgHistory", world.history(shop)), ann, sign)

    assert told(world, shop, commit) == [verified(ann)]


def test_a_signature_in_a_commit_of_hg_that_is_of_another_one_is_bad(
    world: World, home: GpgHome, ann: Person, key: str
) -> None:
    shop = world.repository("hg")
    other = home.gpg("--detach-sign", "--local-user", key, stdin=b"0" * 40)
    commit = signed_in_the_commit(cast("HgHistory", world.history(shop)), ann, lambda _text: gnupg(other))

    assert told(world, shop, commit) == ["Bad signature"]
