"""Checks as a user: the real clients clone, push and pull, by token and by key."""

from __future__ import annotations

import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from kallithea.config.ssh import client_program
from kallithea.selfcheck.checks import Registry
from kallithea.selfcheck.outcomes import Failed, NotChecked
from kallithea.selfcheck.web import Answer
from kallithea.selfcheck.world import KINDS, World, bearer

REGISTRY = Registry()
check = REGISTRY.check

PAGE, MORE = "page.html", "more.txt"
SCRIPT = "<script>alert(1)</script>"
SUBJECT = "A first change"
PUSHES = tuple(f"clients.{kind}-push" for kind in KINDS)
LOG = "The log of the server says what it answered."


def content(world: World) -> str:
    """What is in the files that are pushed."""
    return f"{SCRIPT} {world.props.name}\n"


@check("clients.group", "a throw-away group, with a user and a stranger", quick=True, needs=["environment.store"])
def group(world: World) -> str:
    world.people[:] = world.props.make_group()
    return world.props.name


def _repository(kind: str) -> Callable[[World], str]:
    def make(world: World) -> str:
        world.paths[kind] = world.props.make_repository(kind)
        return "private and empty"

    return make


def _push(kind: str) -> Callable[[World], str]:
    """Commit in a new working copy and push it, with a token."""

    def push(world: World) -> str:
        work, programs = world.work(f"{kind}-first"), world.programs
        if kind == "git":
            programs.must(kind, "init", "-q", "-b", "main", str(work), cwd=world.folder)
            programs.must(kind, "remote", "add", "origin", world.url(kind), cwd=work)
        else:
            programs.must(kind, "init", str(work), cwd=world.folder)
        commit = _commit(world, kind, work, PAGE, SUBJECT)
        programs.must(kind, *_push_words(world, kind), cwd=work, more=_token(world, kind))
        world.commits[kind] = commit
        return commit[:12]

    return push


def _clone(kind: str) -> Callable[[World], str]:
    def clone(world: World) -> str:
        work = world.work(f"{kind}-clone")
        world.programs.must(kind, "clone", "-q", world.url(kind), str(work), cwd=world.folder, more=_token(world, kind))
        _compare(world, work / PAGE)
        return "the same as was pushed"

    return clone


def _read_only(kind: str) -> Callable[[World], str]:
    """What a token for reading must not do."""

    def push(world: World) -> str:
        work = _with_more(world, kind)
        ended = world.programs.run(kind, *_push_words(world, kind), cwd=work, more=_token(world, kind, reading=True))
        if ended.worked:
            raise Failed("a token for reading pushed", hint="Report this: it is a hole.")
        if "403" not in ended.text:
            raise Failed(f"refused in another way than with 403: {ended.last_words}", hint=LOG)
        return "a token for reading is refused with 403"

    return push


def _pull(kind: str) -> Callable[[World], str]:
    """A second push, which the clone gets by pulling."""

    def pull(world: World) -> str:
        work, clone = _with_more(world, kind), world.work(f"{kind}-clone")
        world.programs.must(kind, *_push_words(world, kind), cwd=work, more=_token(world, kind))
        words = ("pull", "-q", "--ff-only") if kind == "git" else ("pull", "--update", "-q")
        world.programs.must(kind, *words, cwd=clone, more=_token(world, kind))
        _compare(world, clone / MORE)
        return "the second push arrived"

    return pull


def _over_ssh(kind: str) -> Callable[[World], str]:
    """Clone as sshd would have it, and be refused with a key that nobody has."""

    def clone(world: World) -> str:
        if world.ssh_place is None:
            raise NotChecked("ssh_enabled is false")
        path = world.paths[kind]
        asked = f"git-upload-pack '/{path}'" if kind == "git" else f"hg -R {path} serve --stdio"
        unknown = _as_sshd(world, world.ssh_place, "SHA256:" + "A" * 43, "unknown")
        if world.programs.run_program(str(unknown), asked, cwd=world.folder).worked:
            raise Failed("a key that nobody has is served", hint="Stop ssh-serve and report this: it is a hole.")
        key = world.key = world.key or world.props.make_key()
        known = _as_sshd(world, world.ssh_place, key.fingerprint, "known")
        more = {"GIT_SSH_COMMAND": str(known), "GIT_SSH_VARIANT": "simple", "HGRCPATH": str(known.with_suffix(".hgrc"))}
        words = ("clone", "-q", f"ssh://self-check/{path}", str(world.work(f"{kind}-ssh")))
        ended = world.programs.run(kind, *words, cwd=world.folder, more=more)
        if not ended.worked:
            raise Failed(ended.last_words, hint=f"Does kallithea-cli ssh-serve run, and listen at {world.ssh_place}?")
        return "by key, as sshd runs it; sshd itself was not asked"

    return clone


for _kind in KINDS:
    _made, _pushed, _cloned, _refused = (f"clients.{_kind}-{word}" for word in ("create", "push", "clone", "read-only"))
    check(_made, f"{_kind}: a new repository", quick=True, needs=["clients.group", f"environment.{_kind}"])(_repository(_kind))
    check(_pushed, f"{_kind}: push with a token", quick=True, needs=[_made])(_push(_kind))
    check(_cloned, f"{_kind}: clone", quick=True, needs=[_pushed])(_clone(_kind))
    check(_refused, f"{_kind}: push with a token for reading", needs=[_pushed])(_read_only(_kind))
    check(f"clients.{_kind}-pull", f"{_kind}: push again, and pull", needs=[_cloned], after=[_refused])(_pull(_kind))
    check(f"clients.{_kind}-ssh", f"{_kind}: over SSH", needs=[_pushed])(_over_ssh(_kind))


@check("clients.git-protocol-2", "git: protocol version 2", quick=True, needs=["clients.git-push"])
def protocol(world: World) -> str:
    answer = _refs(world, {"Git-Protocol": "version=2", **bearer(world.owner.token)})
    if answer.status != 200 or b"version 2" not in answer.body:
        hint = "A proxy may take the header Git-Protocol away: clones of large repositories are slow without."
        raise Failed(f"the server answers with {answer.status} and an older protocol", hint=hint)
    return "spoken"


@check("clients.git-partial", "git: a clone without contents", needs=["clients.git-push"])
def partial(world: World) -> str:
    work, programs = world.work("git-partial"), world.programs
    words = ("clone", "-q", "--filter=blob:none", "--no-checkout", world.url("git"), str(work))
    programs.must("git", *words, cwd=world.folder, more=_token(world, "git"))
    missing = programs.must("git", "rev-list", "--objects", "--all", "--missing=print", cwd=work)
    if not any(line.startswith("?") for line in missing.splitlines()):
        raise Failed("the clone has all contents", hint="The git of the server has to be 2.36 or newer.")
    return "contents come when they are asked for"


@check("clients.token-revoked", "a token that was revoked", needs=["clients.git-push"])
def revoked(world: World) -> str:
    header = bearer(world.props.make_spare_token())
    if (before := _refs(world, header)).status != 200:
        raise Failed(f"a new token is answered with {before.status}", hint=LOG)
    world.props.revoke_spare_token()
    if (after := _refs(world, header)).status != 401:
        raise Failed(f"a revoked token is answered with {after.status}", hint="Report this: it is a hole.")
    return "opens nothing any more"


def _refs(world: World, headers: dict[str, str]) -> Answer:
    return world.web.get(f"/{world.paths['git']}/info/refs?service=git-upload-pack", headers)


def _token(world: World, kind: str, *, reading: bool = False) -> dict[str, str]:
    token = world.owner.reading_token if reading else world.owner.token
    return world.programs.with_token(kind, world.web.site, token)


def _commit(world: World, kind: str, work: Path, name: str, subject: str) -> str:
    """A new commit with one file, whose content is that of this run alone; its id. As few commands as can be."""
    (work / name).write_text(content(world), encoding="utf-8")
    if kind == "git":
        world.programs.must(kind, "add", name, cwd=work)
        world.programs.must(kind, "commit", "-q", "-m", subject, cwd=work)
        return world.programs.must(kind, "rev-parse", "HEAD", cwd=work).strip()
    said = world.programs.must(kind, "commit", "--addremove", "--debug", "-m", subject, cwd=work)
    committed = re.search(r"^committed changeset [0-9]+:([0-9a-f]{40})", said, re.MULTILINE)
    return committed[1] if committed else ""


def _compare(world: World, file: Path) -> None:
    """Raises where a file did not arrive as it was pushed."""
    if not file.is_file() or file.read_text(encoding="utf-8") != content(world):
        raise Failed(f"{file.name} did not arrive as it was pushed", hint="Verify the store: kallithea-cli repo-verify")


def _push_words(world: World, kind: str) -> tuple[str, ...]:
    return ("push", "-q", "-u", "origin", "main") if kind == "git" else ("push", "-q", world.url(kind))


def _with_more(world: World, kind: str) -> Path:
    """The working copy that was pushed from, one commit ahead of the server."""
    work = world.work(f"{kind}-first")
    if not (work / MORE).exists():
        _commit(world, kind, work, MORE, "More")
    return work


def _as_sshd(world: World, place: Path, fingerprint: str, name: str) -> Path:
    """A script that takes the place of ssh: it runs what sshd runs for a key, for the last of its arguments."""
    script = world.work(f"ssh-{name}")
    if script.exists():
        return script
    script.write_text(
        f"#!{sys.executable}\n"
        "import os, sys\n"
        "os.environ.update(SSH_ORIGINAL_COMMAND=sys.argv[-1], SSH_CONNECTION='127.0.0.1 1 127.0.0.1 22')\n"
        f"program = [{sys.executable!r}, '-I', '-S', {str(client_program())!r}, 'serve', {str(place)!r}, {fingerprint!r}]\n"
        "os.execv(program[0], program)\n",
        encoding="utf-8",
    )
    script.chmod(stat.S_IRWXU)
    script.with_suffix(".hgrc").write_text(f"[ui]\nssh = {script}\n", encoding="utf-8")
    return script
