"""What the length of a history costs: `python -m benchmarks.long_histories [--long 100000] [--files 50000] [git] [hg]`.

The same pages of a short and of a long history take turns, each made anew in a warm process, as no rendered page is remembered.
What is printed is the median of each in milliseconds of a processor, and their ratio; the goal is 1.5. No server is between:
what a page costs is what is read for it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.vcs import ROOT, Backend, FilePath, Store
from kallithea.lib.vcs.git.store import GitStore
from kallithea.lib.vcs.hg.store import HgStore
from kallithea.services.histories import of_path
from tests.clients.histories import empty_working_copy, write_history
from tests.clients.working_copies import HG, Work

GOAL = 1.5
SHORT = 1000
PAGE = 50
ROUNDS = 15
FILE = FilePath(b"folder1/file1.txt")
FOLDER_OF_MANY = 250


@dataclass(frozen=True, slots=True)
class Measured:
    """A repository and its kinds of pages, each as what has to be read for it."""

    backend: Backend
    pages: dict[str, Callable[[], object]]


# Runs inside the real hg; the same shape as tests/clients/histories.py, but without what a commit costs beside its data.
HG_EXTENSION = """\
from mercurial import metadata, registrar
cmdtable = {}
command = registrar.command(cmdtable)

@command(b'manycommits', [], b'NUMBER FILES')
def manycommits(ui, repo, number, files):
    log, manifests = repo.changelog, repo.manifestlog
    with repo.lock(), repo.transaction(b'many') as transaction:
        main, side = repo.nullid, None
        for n in range(int(number)):
            first, second, branch = main, repo.nullid, b'default'
            if side and n % 10 == 9:
                second, side = side, None
            elif n and n % 10 == 5:
                branch = b'side'
            name = (b'side' if branch == b'side' else b'') + b'folder%d/file%d.txt' % (n % 7, n % 60)
            link = len(log)
            nodes = [log.changelogrevision(one).manifest if one != repo.nullid else repo.nullid for one in (first, second)]
            context = manifests[nodes[0]]
            filelog = repo.file(name, writable=True)
            before = context.read().get(name, repo.nullid)
            text = b''.join(b'line %d of change %d\\n' % (line, n * (line % 7 + 1)) for line in range(40))
            changed = context.copy()
            changed.read()[name] = filelog.add(text, {}, transaction, link, before, repo.nullid)
            manifest = changed.write(transaction, link, nodes[0], nodes[1], [name], [])
            touched = metadata.ChangingFiles()
            touched.mark_touched(name)
            node = log.add(manifest, touched, b'Change number %d' % n, transaction, first, second,
                           b'Ann Author <ann@example.com>', date=b'%d 0' % (1577836800 + 60 * n), extra={b'branch': branch})
            if branch == b'side':
                side = node
            else:
                main = node
        if int(files):
            add_many(repo, log, manifests, transaction, main, int(files), 1577836800 + 60 * int(number))

def add_many(repo, log, manifests, transaction, parent, count, time):
    # On top of the others, so that not each of them takes the whole list.
    link = len(log)
    below = log.changelogrevision(parent).manifest
    changed = manifests[below].copy()
    listed, touched, names = changed.read(), metadata.ChangingFiles(), []
    for n in range(count):
        name = b'more/many/%d/%d.txt' % (n // FOLDER_OF_MANY, n)
        added = repo.file(name, writable=True).add(b'%d\\n' % n, {}, transaction, link, repo.nullid, repo.nullid)
        listed[name] = added
        touched.mark_added(name)
        names.append(name)
    manifest = changed.write(transaction, link, below, repo.nullid, names, [])
    log.add(manifest, touched, b'Many', transaction, parent, repo.nullid, b'Ann Author <ann@example.com>',
            date=b'%d 0' % time, extra={b'branch': b'default'})
"""


def write_hg_history(work: Work, commits: int, files: int) -> None:
    """The history in one transaction, and with it a last commit with many files."""
    extension = work.folder.parent / f"{work.folder.name}_many.py"
    extension.write_text(HG_EXTENSION.replace("FOLDER_OF_MANY", str(FOLDER_OF_MANY)))
    command = [HG, "--config", f"extensions.many={extension}", "manycommits", str(commits), str(files)]
    subprocess.run(command, cwd=work.folder, check=True)


def write_git_history(work: Work, commits: int, files: int) -> None:
    """The history of tests/clients/histories.py, below a first commit with many files."""
    write_history(work, commits)
    if not files:
        return
    latest = 1577836800 + 60 * commits
    lines = [f"commit refs/heads/many\nmark :1\ncommitter Ann Author <ann@example.com> {latest} +0000\ndata 4\nMany\n"]
    for number in range(files):
        name = f"many/{number // FOLDER_OF_MANY}/{number}.txt"
        lines.append(f"M 100644 inline {name}\ndata {len(str(number))}\n{number}\n")
    work.runs("fast-import", "--quiet", stdin="".join(lines).encode())
    # On top of both, so that every folder of the tree is there at the head.
    work.runs("checkout", "--quiet", "--orphan", "joined", "many")
    head = work.runs("commit-tree", "-p", "main", "-p", "many", "-m", "Join", _joined(work)).strip()
    work.runs("update-ref", "refs/heads/main", head)
    work.runs("branch", "--quiet", "-D", "many")
    work.runs("symbolic-ref", "HEAD", "refs/heads/main")


def _joined(work: Work) -> str:
    """A tree with the files of both branches."""
    work.runs("read-tree", "main")
    work.runs("read-tree", "--prefix=more/", "many")
    return work.runs("write-tree").strip()


def write(kind: str, folder: Path, commits: int, files: int) -> Path:
    """A published repository."""
    work = empty_working_copy(kind, folder)
    if kind == "git":
        write_git_history(work, commits, files)
        run = ("git", "-C", str(work.folder))
        subprocess.run([*run, "commit-graph", "write", "--reachable", "--changed-paths", "--no-progress"], check=True)
        return work.folder / ".git"
    write_hg_history(work, commits, files)
    return work.folder


def measured(store: Store, path: Path, commits: int) -> Measured:
    """The pages of a repository."""
    backend = store.open(path)
    reader = backend.reader
    refs = reader.refs()
    heads = list(dict.fromkeys(ref.target for ref in refs.branches))
    head = reader.resolve("")
    far = min(999 * PAGE, commits - 2 * PAGE)
    place = reader.stretch(heads, skip=far, size=PAGE, seconds=60).at or ""
    turns: Iterator[int] = iter(range(1_000_000))

    def changelog(at: str, skip: int = 0) -> None:
        reader.refs()
        reader.count(heads, limit=1001)
        reader.stretch(heads, at=at, skip=skip, size=PAGE, seconds=60)

    def summary() -> None:
        reader.refs()
        reader.stretch([head.id], size=10, seconds=60)
        reader.count([head.id], limit=1001)
        reader.last_changes(head.id, ROOT, reader.tree(head.id), seconds=60)

    def changeset() -> None:
        # Another one each time, so that nothing of it is known.
        commit = reader.stretch([head.id], skip=3 + next(turns) % 100, size=1, seconds=60).commits[0]
        reader.diff(commit.parents[0], commit.id)
        reader.children(commit.id, seconds=60)

    def files() -> None:
        reader.tree(head.id, ROOT)
        reader.last_changes(head.id, FILE.parent, reader.tree(head.id, FILE.parent), seconds=60)

    return Measured(
        backend,
        {
            "changelog, page 1": lambda: changelog(""),
            "changelog, page 1,000": lambda: changelog(place),
            "changelog, by number": lambda: changelog("", far),
            "summary": summary,
            "files": files,
            "changeset": changeset,
            "file history": lambda: of_path(reader, head, FILE, page=1, size=10, after=""),
        },
    )


def milliseconds(act: Callable[[], object]) -> float:
    """What it cost this process and the git it started: time of a processor, which others on the machine do not make longer."""
    begin = _used()
    act()
    return (_used() - begin) * 1000


def _used() -> float:
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in found)


def compare(kind: str, short: Measured, long: Measured) -> bool:
    """Print what each page costs; whether all ratios reach the goal."""
    is_fine = True
    for name, act in short.pages.items():
        pairs = [(milliseconds(act), milliseconds(long.pages[name])) for _ in range(ROUNDS)]
        few, many = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
        ratio = statistics.median(b / a for a, b in pairs[1:])
        is_fine = is_fine and ratio <= GOAL
        verdict = "ok" if ratio <= GOAL else "GROWS"
        print(f"{kind:<4} {name:<22} {few:8.2f} ms {many:8.2f} ms   ratio {ratio:5.2f}   {verdict}", flush=True)
    return is_fine


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["git", "hg"])
    parser.add_argument("--long", type=int, default=100_000)
    parser.add_argument("--files", type=int, default=50_000)
    parser.add_argument("--keep", type=Path, help="a folder in which the histories stay for the next time")
    options = parser.parse_args(arguments)
    print(f"{SHORT} and {options.long} commits, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    folder = options.keep or Path(tempfile.mkdtemp())
    try:
        for kind in options.kinds:
            cache = folder / f"cache-{time.time_ns()}"
            store: Store = GitStore(cache) if kind == "git" else HgStore(cache, helpers=1)
            found = []
            for commits in (SHORT, options.long):
                path = folder / f"{kind}-{commits}"
                published = path / ".git" if kind == "git" else path
                if not path.exists():
                    write(kind, path, commits, options.files)
                found.append(measured(store, published, commits))
            compare(kind, *found)
            store.close()
            shutil.rmtree(cache, ignore_errors=True)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
