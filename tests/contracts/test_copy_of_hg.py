"""Copies of hg repositories: what is not for readers stays behind, and what the parent drops is kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend, Store
from kallithea.lib.vcs.hg import recovery
from tests.contracts.copies import client_verifies, everything, filled
from tests.contracts.hg_history import HgHistory, run_hg
from tests.contracts.histories import History

pytestmark = pytest.mark.parametrize("repository_kind", ["hg"], indirect=True)


@pytest.fixture(name="copy")
def _copy(store: Store, tmp_path: Path) -> Backend:
    return store.open(tmp_path / "copy")


@pytest.fixture(name="hg")
def _hg(history: History) -> HgHistory:
    assert isinstance(history, HgHistory)
    return history


@pytest.mark.parametrize("publishing", [True, False])
def test_secret_commits_do_not_come_along(
    backend: Backend, store: Store, copy: Backend, hg: HgHistory, publishing: bool
) -> None:
    ids = filled(hg)
    run_hg("phase", "--force", "--secret", "--rev", ids[-1], cwd=hg.store)

    store.open(hg.store, publishing=publishing).keeper.copy_to(copy.path, publishing=publishing)

    assert run_hg("log", "--hidden", "-T", "{node}\n", cwd=copy.path).split()
    assert ids[-1] not in run_hg("log", "--hidden", "-T", "{node}\n", cwd=copy.path)
    assert b"side.txt" not in b"".join(path.read_bytes() for path in copy.path.rglob("fncache"))
    client_verifies(copy.path)


@pytest.mark.parametrize("publishing", [True, False])
def test_hidden_commits_and_their_markers_do_not_come_along(
    store: Store, copy: Backend, hg: HgHistory, publishing: bool
) -> None:
    ids = filled(hg)
    markers = "--config", "experimental.evolution=all"
    run_hg("phase", "--force", "--draft", "--rev", ids[-1], cwd=hg.store)
    run_hg("debugobsolete", ids[-1], *markers, cwd=hg.store)

    store.open(hg.store, publishing=publishing).keeper.copy_to(copy.path, publishing=publishing)

    assert ids[-1] not in run_hg("log", "--hidden", "-T", "{node}\n", cwd=copy.path)
    assert run_hg("debugobsolete", *markers, cwd=copy.path) == ""
    client_verifies(copy.path)


def test_drafts_stay_drafts_where_nothing_is_published(store: Store, copy: Backend, hg: HgHistory) -> None:
    ids = filled(hg)
    run_hg("phase", "--force", "--draft", "--rev", ids[2], cwd=hg.store)

    store.open(hg.store, publishing=False).keeper.copy_to(copy.path, publishing=False)

    assert run_hg("log", "-r", ids[3], "-T", "{phase}", cwd=copy.path) == "draft"
    assert run_hg("log", "-r", ids[1], "-T", "{phase}", cwd=copy.path) == "public"


def test_bookmarks_come_along(backend: Backend, copy: Backend, hg: HgHistory) -> None:
    ids = filled(hg)
    run_hg("bookmark", "--rev", ids[1], "nice", cwd=hg.store)

    backend.keeper.copy_to(copy.path, publishing=True)

    assert copy.reader.resolve("nice").id.hex == ids[1]


@pytest.mark.parametrize("strips", ["the parent", "the copy"])
def test_strip_of_one_takes_nothing_from_the_other(backend: Backend, copy: Backend, hg: HgHistory, strips: str) -> None:
    ids = filled(hg)
    backend.keeper.copy_to(copy.path, publishing=True)
    one, other = (backend, copy) if strips == "the parent" else (copy, backend)

    run_hg("debugstrip", "--no-backup", "--rev", ids[1], "--config", "extensions.strip=", cwd=one.path)

    assert other.reader.resolve(ids[5]).id.hex == ids[5]
    for each in (one, other):
        client_verifies(each.path)


def test_a_push_that_is_rolled_back_truncates_nothing_of_the_other(backend: Backend, copy: Backend, hg: HgHistory) -> None:
    """As after a killed server: the journal is there, and whoever comes next truncates what was written."""
    ids = filled(hg)
    backend.keeper.copy_to(copy.path, publishing=True)
    before = everything(copy.path)
    sizes = {name: (copy.path / name).stat().st_size for name in before}
    new = hg.commit({"folder/1.txt": os.urandom(3000), "more.txt": b"more\n"})
    bundle = hg.work.parent / "push.hg"
    hg.hg("bundle", "--quiet", "--base", ids[5], "--rev", new, str(bundle))
    program = (
        "import os,sys\n"
        "from pathlib import Path\n"
        "from kallithea.lib.vcs.hg import opened\n"
        "from mercurial import exchange\n"
        "repo = opened.unfiltered(Path(sys.argv[1]), publishing=True)\n"
        "repo.ui.setconfig(b'hooks', b'pretxnclose.die', lambda *a, **k: os._exit(9), b'test')\n"
        "with open(sys.argv[2], 'rb') as f, repo.lock():\n"
        "    bundle = exchange.readbundle(repo.ui, f, b'push')\n"
        "    with repo.transaction(b'push') as tr:\n"
        "        from mercurial import bundle2\n"
        "        bundle2.applybundle(repo, bundle, tr, source=b'push', url=b'')\n"
    )
    died = subprocess.run([sys.executable, "-c", program, str(backend.path), str(bundle)], check=False)
    assert died.returncode == 9
    assert (backend.path / recovery.JOURNAL).exists()

    assert backend.reader.resolve("").id.hex != new

    assert not (backend.path / recovery.JOURNAL).exists()
    assert {name: (copy.path / name).stat().st_size for name in before} == sizes
    for one in (backend, copy):
        client_verifies(one.path)
