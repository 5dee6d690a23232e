"""What very many names cost: `python -m benchmarks.many_refs [--git 100000] [--hg 10000] [git] [hg]`.

Every kind of page that shows names, and the look that each request takes at whether anything changed, of a repository with few
names and of one with many. What is printed is milliseconds of a processor: of the first time, and of the next ones.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.long_histories import milliseconds
from kallithea.lib.vcs import RefKind, Store
from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.hg.store import HgStore
from kallithea.services.commits import every_head
from kallithea.services.ref_lists import REFS_SHOWN, list_refs
from tests.clients.histories import empty_working_copy, write_history
from tests.clients.working_copies import HG

FEW = 10
COMMITS = 500
ROUNDS = 9

# Runs inside the real hg: so many bookmarks on so many branches, all of them children of the tip.
HG_EXTENSION = """\
from mercurial import metadata, registrar
cmdtable = {}
command = registrar.command(cmdtable)

@command(b'manynames', [], b'NUMBER BRANCHES')
def manynames(ui, repo, number, branches):
    log = repo.changelog
    with repo.lock(), repo.transaction(b'many') as transaction:
        parent = log.tip()
        manifest, nodes = log.changelogrevision(parent).manifest, []
        for n in range(int(branches)):
            node = log.add(manifest, metadata.ChangingFiles(), b'Begin %d' % n, transaction, parent, repo.nullid,
                           b'Ann Author <ann@example.com>', date=b'%d 0' % (1577836800 + n),
                           extra={b'branch': b'topic%05d' % n})
            nodes.append(node)
        marks = [(b'mark%05d' % n, nodes[n % len(nodes)]) for n in range(int(number))]
        repo._bookmarks.applychanges(repo, transaction, marks)
"""


def write_git_names(repository: Path, number: int) -> None:
    """Give a bare repository so many names more, half of them branches and half tags, as `git pack-refs` leaves them."""
    listed = subprocess.run(["git", "-C", str(repository), "rev-list", "--all"], check=True, capture_output=True, text=True)
    ids = listed.stdout.split()
    shown = subprocess.run(
        ["git", "-C", str(repository), "for-each-ref", "--format=%(objectname) %(refname)"],
        check=True,
        capture_output=True,
        text=True,
    )
    names = {name: object_id for object_id, _, name in (line.partition(" ") for line in shown.stdout.splitlines())}
    for n in range(number):
        names[f"refs/{'tags/v' if n % 2 else 'heads/topic/'}{n:06}"] = ids[n % len(ids)]
    lines = [f"{object_id} {name}\n" for name, object_id in sorted(names.items())]
    (repository / "packed-refs").write_text("".join(["# pack-refs with: peeled fully-peeled sorted \n", *lines]))


def write_hg_names(repository: Path, number: int, beside: Path, *, branches: int = 0) -> None:
    """Give an hg repository so many bookmarks more, on so many new branches (0: each on its own); `beside` is a folder for
    what hg has to know."""
    extension = beside / "manynames.py"
    extension.write_text(HG_EXTENSION)
    words = [HG, "--config", f"extensions.manynames={extension}", "manynames", str(number), str(branches or number)]
    subprocess.run(words, cwd=repository, check=True)


def written(kind: str, folder: Path, number: int) -> Path:
    work = empty_working_copy(kind, folder / f"{kind}-{number}")
    write_history(work, COMMITS)
    if kind == "hg":
        write_hg_names(work.folder, number, folder)
        return work.folder
    write_git_names(work.folder / ".git", number)
    return work.folder / ".git"


def pages(store: Store, path: Path) -> dict[str, Callable[[], object]]:
    """What is read for each kind of page, and for a request of which nothing has to be made."""

    def listed(kind: RefKind, page: int, text: str = "") -> Callable[[], object]:
        return lambda: list_refs(store.open(path).reader, kind, text=text, page=page)

    def changelog() -> object:
        heads = every_head(store.open(path).reader.refs())
        return store.open(path).reader.stretch(heads, size=50, seconds=60)

    read = store.open(path).reader
    tip = read.resolve("").id
    last = max(1, len(read.refs().branches) // REFS_SHOWN)
    return {
        "nothing changed": lambda: store.open(path).reader.fingerprint(),
        "all names": lambda: store.open(path).reader.refs(),
        "branches": listed(RefKind.BRANCH, 1),
        "branches, last page": listed(RefKind.BRANCH, last),
        "branches, filtered": listed(RefKind.BRANCH, 1, "9"),
        "tags": listed(RefKind.TAG, 1),
        "bookmarks": listed(RefKind.BOOKMARK, 1),
        "changelog": changelog,
        "signatures": lambda: store.open(path).reader.signatures(tip),
    }


def compare(kind: str, folder: Path, number: int) -> None:
    def store(name: str) -> Store:
        cache = folder / f"cache-{kind}-{name}"
        return GitStore(cache) if kind == "git" else HgStore(cache, helpers=1)

    stores = [store(str(many)) for many in (FEW, number)]
    found = [pages(one, written(kind, folder, many)) for one, many in zip(stores, (FEW, number), strict=True)]
    for name in found[0]:
        first = [milliseconds(acts[name]) for acts in found]
        next_ones = [statistics.median(milliseconds(acts[name]) for _ in range(ROUNDS)) for acts in found]
        told = "   ".join(
            f"{many:>7,} names {one:8.2f} ms, then {later:7.2f} ms"
            for many, one, later in zip((FEW, number), first, next_ones, strict=True)
        )
        print(f"{kind:<4} {name:<20} {told}", flush=True)
    for one in stores:
        one.close()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["git", "hg"])
    parser.add_argument("--git", type=int, default=100_000)
    parser.add_argument("--hg", type=int, default=10_000)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        for kind in options.kinds:
            compare(kind, Path(name), options.git if kind == "git" else options.hg)


if __name__ == "__main__":
    main()
