"""Odd times of commits become dates that pages can show."""

from __future__ import annotations

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.objects import CommitId
from kallithea.pages.parts import moment
from tests.contracts.git_history import GitHistory
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History
from tests.contracts.kinds import about_git, about_hg

# Seconds since 1970, and the zone as each program takes it: git as +hhmm, hg as seconds west of UTC.
GIT_TIMES = {
    "4294967295 +0000": "2106-02-07T06:28:15+00:00",
    "0 +5940": "1970-01-01T00:00:00+00:00",
    "1600000000 -1130": "2020-09-13T00:56:40-11:30",
    "1600000000 +0000": "2020-09-13T12:26:40+00:00",
    "253402300799 +1400": "9999-12-29",
}
HG_TIMES = {
    "2147483647 0": "2038-01-19T03:14:07+00:00",
    "-1 -3600": "1970-01-01T00:59:59+01:00",
    "-86400 0": "1969-12-31T00:00:00+00:00",
    "0 -3601": "1970-01-01T00:00:00+00:00",
    "1600000000 41400": "2020-09-13T00:56:40-11:30",
}


@pytest.mark.parametrize("given", GIT_TIMES)
@about_git
def test_time_of_git(backend: Backend, history: History, given: str) -> None:
    assert isinstance(history, GitHistory)
    history.commit({"a": b"1"})
    tree = history.git("rev-parse", "HEAD^{tree}").strip()
    raw = f"tree {tree}\nauthor A <a@b> {given}\ncommitter A <a@b> {given}\n\nOdd\n"
    (history.work / "raw").write_text(raw, encoding="ascii")
    commit = history.git("hash-object", "-t", "commit", "-w", "--literally", "raw").strip()
    history.git("branch", "--force", "odd", commit)
    history.publish()

    assert moment(backend.reader.commit(CommitId(commit)).author.when).iso.startswith(GIT_TIMES[given])


@pytest.mark.parametrize("given", HG_TIMES)
@about_hg
def test_time_of_hg(backend: Backend, history: History, given: str) -> None:
    assert isinstance(history, HgHistory)
    (history.work / "a").write_bytes(b"1")
    history.hg("commit", "--addremove", "--message", "Odd", "--date", given, "--user", "A <a@b>")
    commit = history.hg("log", "--rev", "tip", "--template", "{node}").strip()
    history.publish()

    assert moment(backend.reader.commit(CommitId(commit)).author.when).iso == HG_TIMES[given]
