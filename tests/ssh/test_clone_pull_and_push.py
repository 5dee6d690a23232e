"""hg and git over SSH do what they do over HTTP, and the ledger knows of it."""

from __future__ import annotations

import os

import pytest

from kallithea.lib.vcs import RefKind
from tests.ssh.host import Holder, SshHost


def test_what_was_pushed_is_cloned(host: SshHost, alice: Holder, bob: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person], readers=[bob.person])
    work = alice.clone(repository)
    for number in range(5):
        work.commit(f"folder/file{number}.txt", f"{number}\n" * 1000)

    pushed = work.push()

    assert pushed.worked, pushed.text
    other = bob.clone(repository)
    assert other.tip() == work.tip()
    assert other.verify().worked
    assert host.server.backend(repository).keeper.verify() == ()


def test_what_was_pushed_later_is_pulled(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("first.txt")
    assert work.push().worked
    other = alice.clone(repository)
    assert work.commit("second.txt").push().worked

    assert other.pull().worked

    assert work.tip() in other.heads()


def test_a_push_is_in_the_ledger_before_the_client_ends(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")

    assert work.push().worked

    (push,) = host.server.pushes(repository)
    assert (push.user_name, push.transport, push.address) == (alice.name, "ssh", "127.0.0.1")
    assert [update.new for update in push.updates] == [work.tip()]


def test_a_large_push_goes_through(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository)
    for number in range(4):
        work.commit(f"noise{number}.bin", os.urandom(3_000_000))

    assert work.push().worked

    assert alice.clone(repository).verify().worked


def test_a_push_of_nothing_new_is_no_push(host: SshHost, alice: Holder, kind: str) -> None:
    repository = host.server.repository(kind=kind, writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked

    again = work.push()

    assert again.worked or again.says("no changes found")
    assert len(host.server.pushes(repository)) == 1


@pytest.mark.parametrize("kind_of_key", [("ed25519",), ("ecdsa", "-b", "256"), ("ecdsa", "-b", "521"), ("rsa", "-b", "3072")])
def test_every_kind_of_key_opens(host: SshHost, kind_of_key: tuple[str, ...]) -> None:
    person = host.person(*kind_of_key)
    repository = host.server.repository(kind="git", readers=[person.person])

    assert person.tries_to_clone(repository).worked


@pytest.mark.parametrize("path", ["größe/日本 語", "it's", "with space", "bang!"])
def test_names_that_shells_stumble_over_are_names(host: SshHost, alice: Holder, kind: str, path: str) -> None:
    repository = host.server.repository(kind=kind, path=f"{path}-{kind}", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")

    assert work.push().worked
    assert alice.clone(repository).tip() == work.tip()


@pytest.mark.parametrize("spelling", ["{path}.git", "{path}/", "_{id}"])
def test_other_spellings_of_a_name_work_as_over_http(host: SshHost, alice: Holder, spelling: str) -> None:
    repository = host.server.repository(kind="git", readers=[alice.person])

    outcome = alice.tries_to_clone(spelling.format(path=repository.path, id=repository.id))

    assert outcome.worked, outcome.text


def test_an_absolute_path_of_hg_is_a_name_all_the_same(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", readers=[alice.person])

    assert alice.tries_to_clone(f"/{repository.path}", kind="hg").worked


def test_git_speaks_protocol_version_2(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked
    work.more["GIT_TRACE_PACKET"] = "1"

    said = work.tries("-c", "protocol.version=2", "fetch", "origin").text

    assert "< version 2" in said
    assert "command=ls-refs" in said


def test_git_speaks_the_old_protocol_too(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked

    assert work.tries("-c", "protocol.version=0", "fetch", "origin").worked


def test_git_clones_are_shallow_where_asked_for(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", writers=[alice.person])
    work = alice.clone(repository)
    for number in range(5):
        work.commit(f"file{number}.txt")
    assert work.push().worked

    shallow = alice.clone(repository, "--depth", "2")

    assert shallow.runs("rev-list", "--count", "HEAD").strip() == "2"
    assert shallow.tries("fetch", "--unshallow").worked
    assert shallow.runs("rev-list", "--count", "HEAD").strip() == "5"


def test_git_clones_are_partial_where_asked_for(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", writers=[alice.person])
    assert alice.clone(repository).commit("hello.txt").push().worked

    partial = alice.clone(repository, "--filter=blob:none", "--no-checkout")

    assert "?" in partial.runs("rev-list", "--objects", "--missing=print", "HEAD")
    assert partial.tries("checkout", "HEAD", "--", "hello.txt").worked


def test_a_git_push_that_only_deletes_comes_to_its_end(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push("origin", "HEAD:refs/heads/main", "HEAD:refs/heads/short-lived").worked

    assert work.push("origin", ":refs/heads/short-lived").worked

    (update,) = host.server.pushes(repository)[-1].updates
    assert (update.name, update.new) == ("short-lived", None)


def test_a_refused_ref_of_git_is_explained_by_the_server(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="git", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")

    outcome = work.push("origin", f"HEAD:refs/heads/{'a' * 40}", "HEAD:refs/heads/main")

    assert not outcome.worked
    assert outcome.says("the name looks like a commit id")
    assert host.server.pushes(repository) == []


def test_hg_bookmarks_and_phases_are_pushed(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    work.runs("bookmark", "feature")

    assert work.push("--bookmark", "feature").worked

    (push,) = host.server.pushes(repository)
    assert {(update.kind, update.name) for update in push.updates} == {
        (RefKind.BRANCH.value, "default"),
        (RefKind.BOOKMARK.value, "feature"),
    }
    assert work.runs("log", "--rev", ".", "--template", "{phase}") == "public"


def test_hg_bookmarks_are_deleted(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    work.runs("bookmark", "feature")
    assert work.push("--bookmark", "feature").worked
    work.runs("bookmark", "--delete", "feature")

    work.push("--bookmark", "feature")

    (update,) = host.server.pushes(repository)[-1].updates
    assert (update.name, update.new) == ("feature", None)


def test_hg_clones_as_a_stream_too(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", writers=[alice.person])
    work = alice.clone(repository).commit("hello.txt")
    assert work.push().worked

    streamed = alice.clone(repository, "--stream")

    assert streamed.tip() == work.tip()
    assert streamed.verify().worked


def test_hg_says_what_was_added(host: SshHost, alice: Holder) -> None:
    repository = host.server.repository(kind="hg", writers=[alice.person])

    outcome = alice.clone(repository).commit("hello.txt").push()

    assert outcome.says("remote: added 1 changesets with 1 changes to 1 files")


def test_a_key_is_tried_with_plain_ssh(alice: Holder) -> None:
    outcome = alice.asks()

    assert outcome.worked
    assert outcome.says(f"Hello {alice.name}, your key works.")
