"""Made-up histories, written in one go by `git fast-import` and by a small extension of hg."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.clients.working_copies import HG, run

TRUNK = {"git": "main", "hg": "default"}
ANN = "Ann Author <ann@example.com>"


Changes = Mapping[str, str | bytes | None] | Mapping[bytes, str | bytes | None]
"""Contents of files by their names; None deletes."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `changes` are against the first parent, None deletes."""

    branch: str
    message: str
    author: str
    when: int
    parents: tuple[int, ...]
    changes: Mapping[bytes, bytes | None]
    copied: Mapping[bytes, bytes]
    """New name of a file to the one that it had."""


@dataclass
class Story:
    """A history in the making; it is told once and written as hg or as git. The branch "" is the trunk."""

    commits: list[Commit] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    bookmarks: dict[str, int] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)
    _trees: list[dict[bytes, bytes]] = field(default_factory=list)

    def commit(
        self,
        message: str,
        changes: Changes,
        *,
        branch: str = "",
        author: str = ANN,
        later: int = 3600,
        copied: Mapping[bytes, bytes] | None = None,
    ) -> int:
        """Add a commit some seconds after the one before; a new branch begins at the head of the trunk. Its number."""
        parent = self.heads.get(branch, self.heads.get(""))
        raw = {_bytes(name): None if content is None else _bytes(content) for name, content in changes.items()}
        return self._add(branch, message, author, later, () if parent is None else (parent,), raw, copied or {})

    def rename(self, old: str, new: str, message: str, *, author: str = ANN) -> int:
        content = self._trees[self.heads[""]][old.encode()]
        return self.commit(message, {old: None, new: content}, author=author, copied={new.encode(): old.encode()})

    def merge(self, branch: str, message: str, *, author: str = ANN) -> int:
        """Merge a branch into the trunk; where both changed a file, the branch wins."""
        mine, theirs = self.heads[""], self.heads[branch]
        begun = self._trees[self._beginning(branch)]
        changed = {name: content for name, content in self._trees[theirs].items() if begun.get(name) != content}
        return self._add("", message, author, 3600, (mine, theirs), dict(changed), {})

    def content(self, name: str) -> str:
        """A file as it is at the head of the trunk."""
        return self._trees[self.heads[""]][name.encode()].decode()

    def let_end_at(self, when: int) -> None:
        """Move all of it in time, so that the last commit happens then."""
        shift = when - self.commits[-1].when
        self.commits = [replace(commit, when=commit.when + shift) for commit in self.commits]

    def _beginning(self, branch: str) -> int:
        """The commit of the trunk at which a branch began."""
        number = self.heads[branch]
        while self.commits[number].branch == branch:
            number = self.commits[number].parents[0]
        return number

    def _add(
        self,
        branch: str,
        message: str,
        author: str,
        later: int,
        parents: tuple[int, ...],
        changes: Mapping[bytes, bytes | None],
        copied: Mapping[bytes, bytes],
    ) -> int:
        tree = dict(self._trees[parents[0]]) if parents else {}
        for name, content in changes.items():
            if content is None:
                del tree[name]
            else:
                tree[name] = content
        when = self.commits[-1].when + later if self.commits else 0
        self.commits.append(Commit(branch, message, author, when, parents, changes, copied))
        self._trees.append(tree)
        self.heads[branch] = len(self.commits) - 1
        return self.heads[branch]


def write(kind: str, story: Story, folder: Path) -> None:
    """Write the story into a new repository in `folder`; nothing is checked out."""
    {"git": _write_git, "hg": _write_hg}[kind](story, folder)


def push(kind: str, folder: Path, url: str) -> None:
    """Push all of it with the real client."""
    if kind == "git":
        _run("git", "push", "--quiet", url, "refs/heads/*:refs/heads/*", "refs/tags/*:refs/tags/*", cwd=folder)
        return
    _run(HG, "push", "--quiet", "--new-branch", url, cwd=folder)
    # With a bookmark named, hg pushes nothing else; without, no bookmarks. 1: there are no commits left to push.
    assert run(HG, "push", "--quiet", "--bookmark", "release", url, cwd=folder).status in (0, 1)


def _write_git(story: Story, folder: Path) -> None:
    folder.mkdir(parents=True)
    _run("git", "init", "--quiet", "--bare", f"--initial-branch={TRUNK['git']}", cwd=folder)
    _run("git", "fast-import", "--quiet", cwd=folder, stdin=b"".join(_git_stream(story)))


def _git_stream(story: Story) -> Iterator[bytes]:
    for number, commit in enumerate(story.commits):
        branch = (commit.branch or TRUNK["git"]).encode()
        message = commit.message.encode()
        yield b"commit refs/heads/%s\nmark :%d\n" % (branch, number + 1)
        yield b"committer %s %d +0100\ndata %d\n%s\n" % (commit.author.encode(), commit.when, len(message), message)
        for word, parent in zip((b"from", b"merge"), commit.parents, strict=False):
            yield b"%s :%d\n" % (word, parent + 1)
        for path, content in commit.changes.items():
            if content is None:
                yield b"D %s\n" % _git_name(path)
            else:
                yield b"M 100644 inline %s\ndata %d\n%s\n" % (_git_name(path), len(content), content)
    for name, number in story.tags.items():
        yield b"reset refs/tags/%s\nfrom :%d\n\n" % (name.encode(), number + 1)


def _git_name(name: bytes) -> bytes:
    return b'"%s"' % name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


# Runs inside the real hg, which takes a fifth of a second to start.
_EXTENSION = """\
import json
from mercurial import context, registrar
cmdtable = {}
command = registrar.command(cmdtable)

@command(b'tell', [], b'FILE')
def tell(ui, repo, path):
    with open(path) as opened:
        story = json.load(opened)
    nodes = []
    with repo.lock(), repo.transaction(b'tell') as transaction:
        def write(parents, message, author, when, branch, changes, copied):
            def content(repo, ctx, path):
                data = changes[path.hex()]
                if data is None:
                    return None
                source = copied.get(path.hex())
                return context.memfilectx(repo, ctx, path, bytes.fromhex(data),
                                          copysource=bytes.fromhex(source) if source else None)
            made = context.memctx(repo, (parents + [repo.nullid] * 2)[:2], message.encode(),
                                  [bytes.fromhex(name) for name in changes], content, user=author.encode(),
                                  date=b'%d -3600' % when, extra={b'branch': branch.encode()})
            return repo.commitctx(made)
        for commit in story['commits']:
            commit['parents'] = [nodes[number] for number in commit['parents']]
            nodes.append(write(**commit))
        lines = ''.join(f"{nodes[number].hex()} {name}\\n" for name, number in story['tags'].items())
        if lines:
            head = nodes[story['head']]
            nodes.append(write([head], 'Name the releases', story['author'], story['end'], 'default',
                               {b'.hgtags'.hex(): lines.encode().hex()}, {}))
        marks = [(name.encode(), nodes[number]) for name, number in story['bookmarks'].items()]
        repo._bookmarks.applychanges(repo, transaction, marks)
"""


def _write_hg(story: Story, folder: Path) -> None:
    folder.mkdir(parents=True)
    _run(HG, "init", ".", cwd=folder)
    extension, told = folder / ".hg" / "telling.py", folder / ".hg" / "story.json"
    extension.write_text(_EXTENSION)
    commits = [
        {
            "parents": commit.parents,
            "message": commit.message,
            "author": commit.author,
            "when": commit.when,
            "branch": commit.branch or TRUNK["hg"],
            "changes": {name.hex(): None if content is None else content.hex() for name, content in commit.changes.items()},
            "copied": {new.hex(): old.hex() for new, old in commit.copied.items()},
        }
        for commit in story.commits
    ]
    whole = {"commits": commits, "tags": story.tags, "bookmarks": story.bookmarks, "author": ANN}
    told.write_text(json.dumps({**whole, "head": story.heads[""], "end": story.commits[-1].when + 60}))
    _run(HG, "--config", f"extensions.telling={extension}", "tell", str(told), cwd=folder)


def _run(*command: str, cwd: Path, stdin: bytes = b"") -> None:
    outcome = run(*command, cwd=cwd, stdin=stdin)
    assert outcome.worked, outcome.text


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
