"""Requests of hg clients, read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mercurial import wireprotov1server

from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, TooLarge
from kallithea.lib.vcs import HgRequest, Kind
from kallithea.lib.vcs.hg.protocol import SMALL
from kallithea.wire import hg
from kallithea.wire.errors import MethodNotAllowed

WORDS = {b"pull": Access.READ, b"push": Access.WRITE}


def needs(name: str, *, query: str = "", headers: dict[str, str] | None = None, posted: bytes = b"") -> Access:
    return hg.parse(method="GET", path="/p", query=query, name=name, headers=headers, posted=posted).needs


def test_the_table_says_of_each_command_what_mercurial_says() -> None:
    theirs = {name.decode(): WORDS[entry.permission] for name, entry in wireprotov1server.commands.items()}

    assert theirs == hg.REQUIRED


def test_a_request_is_read() -> None:
    headers = {"X-HgProto-1": "0.1 0.2"}

    knock = hg.parse(method="GET", path="/group/project/", query="cmd=heads", name="heads", headers=headers)

    assert knock.path == "group/project"
    assert knock.kind is Kind.HG
    assert knock.request == HgRequest("heads", ("heads",), "cmd=heads", (("X-HgProto-1", "0.1 0.2"),))
    assert not knock.is_transfer


@pytest.mark.parametrize("name", ["getbundle", "unbundle", "stream_out", "changegroup", "nonsense"])
def test_what_may_take_long_is_a_transfer(name: str) -> None:
    assert hg.parse(method="POST", path="/p", query="", name=name).is_transfer


def test_quick_is_what_needs_no_helper_process() -> None:
    assert SMALL | {"batch"} == hg.QUICK


@pytest.mark.parametrize("name", ["", "nonsense", "HEADS", "heads ", "pushkey", "unbundle"])
def test_unknown_means_write(name: str) -> None:
    assert needs(name) is Access.WRITE


@pytest.mark.parametrize("inside", ["heads ", "heads ;known nodes="])
def test_a_batch_of_reads_reads(inside: str) -> None:
    assert needs("batch", headers={"X-HgArg-1": f"cmds={inside}"}) is Access.READ


def test_the_pieces_of_a_batch_are_put_together_first() -> None:
    assert needs("batch", headers={"X-HgArg-1": "cmds=heads+%3Bpush", "X-HgArg-2": "key+"}) is Access.WRITE


def test_pieces_behind_a_gap_do_not_count() -> None:
    knock = hg.parse(method="GET", path="/p", query="", name="batch", headers={"X-HgArg-1": "cmds=heads+", "X-HgArg-3": "x"})

    assert isinstance(knock.request, HgRequest)
    assert knock.request.commands == ("heads",)


@given(st.lists(st.sampled_from(sorted(hg.REQUIRED)), min_size=1, max_size=4), st.booleans(), st.booleans())
def test_a_batch_needs_the_most_that_any_of_its_commands_needs(names: list[str], in_query: bool, in_body: bool) -> None:
    arguments = "cmds=" + "%3B".join(f"{name}+" for name in names)
    query, posted, headers = (arguments, b"", {}) if in_query else ("", arguments.encode(), {})
    if not (in_query or in_body):
        posted, headers = b"", {"X-HgArg-1": arguments}

    found = needs("batch", query=query, headers=headers, posted=posted)

    writes = any(hg.REQUIRED[name] is Access.WRITE or name == "batch" for name in names)
    assert found is (Access.WRITE if writes else Access.READ)


@pytest.mark.parametrize(
    ("query", "accept", "name"),
    [
        ("cmd=heads", "", "heads"),
        ("cmd=nonsense", hg.MEDIA_TYPE, "nonsense"),
        ("cmd=", hg.MEDIA_TYPE, ""),
        ("a=b&cmd=%75nbundle", "", "unbundle"),
        ("cmd=changelog", "text/html", None),
        ("xcmd=heads", hg.MEDIA_TYPE, None),
        ("", hg.MEDIA_TYPE, None),
    ],
)
def test_commands_are_told_from_pages(query: str, accept: str, name: str | None) -> None:
    assert hg.command(query=query, accept=accept) == name


def test_a_command_named_twice_is_refused() -> None:
    with pytest.raises(Invalid):
        hg.command(query="cmd=heads&cmd=unbundle", accept="")


@pytest.mark.parametrize("text", ["-1", "1e3", " 5", "٣"])
def test_a_size_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        hg.posted_size({"X-HgArgs-Post": text})


def test_too_many_arguments_are_refused() -> None:
    with pytest.raises(TooLarge):
        hg.posted_size({"X-HgArgs-Post": str(hg.LARGEST_POSTED_ARGUMENTS + 1)})


def test_other_methods_are_refused() -> None:
    with pytest.raises(MethodNotAllowed):
        hg.parse(method="PUT", path="/p", query="", name="heads")


def test_headers_are_spelled_as_mercurial_spells_them() -> None:
    environ = {
        "HTTP_X_HGARG_1": "a",
        "HTTP_X_HGARGS_POST": "1",
        "HTTP_X_HGPROTO_1": "b",
        "CONTENT_LENGTH": "7",
        "HTTP_ACCEPT": "c",
    }

    assert hg.wire_headers(environ) == {"X-HgArg-1": "a", "X-HgArgs-Post": "1", "X-HgProto-1": "b", "Content-Length": "7"}
