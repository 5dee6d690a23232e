"""Long histories, written in one go by `git fast-import` and by a small extension of hg."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from tests.clients.working_copies import GitWork, HgWork, Work

FILES = 60
LINES = 40

# Runs inside the real hg; the same shape as the git history: a main line, a side branch every tenth commit, and merges.
_EXTENSION = """\
from mercurial import context, registrar
cmdtable = {}
command = registrar.command(cmdtable)

def text(number):
    return b''.join(b'line %d of change %d\\n' % (line, number * (line % 7 + 1)) for line in range(LINES))

@command(b'manycommits', [], b'NUMBER')
def manycommits(ui, repo, number):
    with repo.lock(), repo.transaction(b'many') as transaction:
        main, side = repo.nullid, None
        for n in range(int(number)):
            parents, branch = (main, None), b'default'
            if side and n % 10 == 9:
                parents, side = (main, side), None
            elif n and n % 10 == 5:
                branch = b'side'
            name = b'folder%d/file%d.txt' % (n % 7, n % FILES)
            if branch == b'side':
                name = b'side' + name
            def content(repo, ctx, path, n=n):
                return context.memfilectx(repo, ctx, path, text(n))
            made = context.memctx(repo, parents, b'Change number %d' % n, [name], content,
                                  user=b'Ann Author <ann@example.com>', date=b'%d 0' % (1577836800 + 60 * n),
                                  extra={b'branch': branch})
            node = repo.commitctx(made)
            if branch == b'side':
                side = node
            else:
                main = node
"""


def write_history(work: Work, commits: int) -> None:
    """Give an empty working copy a history of so many commits; nothing is checked out."""
    if isinstance(work, GitWork):
        work.runs("fast-import", "--quiet", stdin=b"".join(_git_history(commits)))
    elif isinstance(work, HgWork):
        extension = work.folder.parent / f"{work.folder.name}_many.py"
        extension.write_text(_EXTENSION.replace("LINES", str(LINES)).replace("FILES", str(FILES)))
        work.runs("--config", f"extensions.many={extension}", "manycommits", str(commits))


def _text(number: int) -> bytes:
    return b"".join(b"line %d of change %d\n" % (line, number * (line % 7 + 1)) for line in range(LINES))


def _git_history(commits: int) -> Iterator[bytes]:
    main, side = 0, 0
    for number in range(commits):
        mark, name = number + 1, b"folder%d/file%d.txt" % (number % 7, number % FILES)
        parents = b"from :%d\n" % main if main else b""
        branch = b"main"
        if side and number % 10 == 9:
            parents, side = parents + b"merge :%d\n" % side, 0
        elif number and number % 10 == 5:
            branch, name = b"side", b"side" + name
        yield b"commit refs/heads/%s\nmark :%d\n" % (branch, mark)
        yield b"committer Ann Author <ann@example.com> %d +0000\n" % (1577836800 + 60 * number)
        message, content = b"Change number %d" % number, _text(number)
        yield b"data %d\n%s\n%s" % (len(message), message, parents)
        yield b"M 100644 inline %s\ndata %d\n%s\n" % (name, len(content), content)
        if branch == b"side":
            side = mark
        else:
            main = mark


def empty_working_copy(kind: str, folder: Path) -> Work:
    """A new local repository without a server."""
    folder.mkdir(parents=True)
    work: Work = {"git": GitWork, "hg": HgWork}[kind](folder, "")
    work.runs("init", "--quiet", *(["--initial-branch=main"] if kind == "git" else []))
    return work


def main(kind: str, folder: str, commits: str) -> None:
    """`python -m tests.clients.histories git FOLDER 10000`: a repository to measure with."""
    write_history(empty_working_copy(kind, Path(folder)), int(commits))


if __name__ == "__main__":
    main(*sys.argv[1:])
