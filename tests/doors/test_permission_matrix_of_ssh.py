"""Every key × every repository × clone and push over SSH, for hg and git: each is let in just where `decide` says so."""

from __future__ import annotations

import base64
import os
import tempfile
from dataclasses import dataclass
from typing import IO

import pytest

from kallithea.lib.access import Access
from kallithea.lib.vcs import Line
from kallithea.model import UserGroup
from kallithea.services.access.decision import decide
from kallithea.services.actors import Actor, Deployment, Member
from kallithea.wire.ssh.door import Asked, SshDoor
from tests.worlds import Hosted, Person, World, both_kinds

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.1"
LEVELS = {"reader": Access.READ, "writer": Access.WRITE, "administrator": Access.ADMIN}
PLACES = ("public", "private", "cut", "private and cut", "missing")
OPERATIONS = ("clone", "push")
FULL = os.environ.get("KALLITHEA_FULL_SIZE", "") not in {"", "0"}
# An hg session is a process that takes its time; what is decided does not depend on the kind.
TRIED = {"git": PLACES, "hg": PLACES if FULL else ("private and cut", "missing")}

NOTHING_HERE = "There is no repository or group of this name, or you may not see it."
NOT_ENOUGH = "You may not do that: it needs write access"
UNKNOWN_KEY = "This SSH key is not known here."
_WORDS = {NOTHING_HERE: "not found", NOT_ENOUGH: "refused", UNKNOWN_KEY: "unknown"}


@dataclass
class Keys:
    """Everybody with a key, around repositories of one kind in one group; and one key that nobody has."""

    world: World
    kind: str
    group: str
    repositories: dict[str, Hosted]
    commits: dict[str, str]
    people: dict[str, Person]
    fingerprints: dict[str, str]
    door: SshDoor
    elsewhere: Hosted

    def place(self, state: str) -> str:
        return self.repositories[state].path if state in self.repositories else f"{self.group}/missing"

    def actor(self, role: str, state: str) -> Actor | None:
        """Who the key of this role is, put together without the door; None for nobody."""
        with self.world.app.system_scope() as scope:
            if role in self.people:
                return None if role == "forbidden" else scope.accounts.member(self.people[role].id)
            if not role.startswith("deploy"):
                return None
            access = Access.READ if "read" in role else Access.WRITE
            path = self.elsewhere.path if "elsewhere" in role else self.place(state)
            located = scope.access.at(path)
            namespace = located.facts.namespace_id if located else -1
            return Deployment(1, role, namespace, access, HOME)

    def fingerprint(self, role: str, state: str) -> str:
        """The key of a role; each repository has deploy keys of its own, and what is missing none."""
        return self.fingerprints.get(f"{role} {state}") or self.fingerprints.get(role) or self.fingerprints["nobody"]

    @property
    def roles(self) -> list[str]:
        return [*self.people, "deploy read", "deploy write", "deploy elsewhere", "nobody"]


def _key() -> str:
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0 " + os.urandom(32)
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} a key"


def _keys(world: World, kind: str) -> Keys:
    group = f"ssh{world.number}"
    owner = world.person()
    repositories, commits = {}, {}
    for state in PLACES[:-1]:
        path = f"{group}/{state.replace(' ', '-')}"
        repositories[state] = world.repository(kind, path, owner=owner, private="private" in state)
        (commits[state],) = world.filled(repositories[state], {"a.txt": b"a\n"})
    people = {name: world.person() for name in (*LEVELS, "stranger", "disabled", "forbidden")}
    people |= {f"{name} of the group above": world.person() for name in LEVELS}
    people |= {f"{name} through users": world.person() for name in LEVELS}
    people |= {"owner": owner, "site administrator": world.person(administrator=True), "of inactive users": world.person()}
    keys = Keys(world, kind, group, repositories, commits, people, {}, SshDoor(world.app), world.repository(kind))
    _grant(keys)
    _hand_out(keys)
    return keys


def _grant(keys: Keys) -> None:
    world, people = keys.world, keys.people
    users = {name: f"{name}-users{world.number}" for name in (*LEVELS, "inactive")}
    for name, group in users.items():
        member = people["of inactive users"] if name == "inactive" else people[f"{name} through users"]
        world.user_group(world.administrator, member, name=group)
    own = {"disabled": Access.ADMIN, "forbidden": Access.ADMIN, **LEVELS}
    with world.app.system_scope() as scope:
        above = scope.access.administer_group(scope.access.at(keys.group))
        for name, access in LEVELS.items():
            scope.granting.give(above, f"user:{people[f'{name} of the group above'].name}", access)
        for state, repository in keys.repositories.items():
            grant = scope.access.administer_repository(scope.access.at(repository.path))
            for name, access in own.items():
                scope.granting.give(grant, f"user:{people[name].name}", access)
            for name, access in {**LEVELS, "inactive": Access.ADMIN}.items():
                scope.granting.give(grant, f"group:{users[name]}", access)
            if "cut" in state:
                scope.granting.set_inherits(grant, False)
        forbidden = scope.accounts.get(people["forbidden"].id)
        scope.address_lists.set(forbidden, f"{ELSEWHERE}/32", by=scope.actor, origin=scope.credentials.origin)
    with world.app.session() as session, session.begin():
        session.query(UserGroup).filter_by(name=users["inactive"]).update({"active": False})
    world.disable(people["disabled"])


def _hand_out(keys: Keys) -> None:
    found = keys.fingerprints
    with keys.world.app.system_scope() as scope:
        for role, person in keys.people.items():
            found[role] = scope.ssh_keys.add(scope.accounts.get(person.id), _key()).fingerprint
        for state, repository in keys.repositories.items():
            grant = scope.access.administer_repository(scope.access.at(repository.path))
            for role, access in (("deploy read", Access.READ), ("deploy write", Access.WRITE)):
                found[f"{role} {state}"] = scope.ssh_keys.add_to_repository(grant, _key(), access=access).fingerprint
        other = scope.access.administer_repository(scope.access.at(keys.elsewhere.path))
        found["deploy elsewhere"] = scope.ssh_keys.add_to_repository(other, _key(), access=Access.WRITE).fingerprint
    found["nobody"] = f"SHA256:{'A' * 43}"


@pytest.fixture(name="crowds", scope="module")
def _crowds(world: World) -> dict[str, Keys]:
    return {kind: _keys(world, kind) for kind in ("hg", "git")}


def _outcomes(keys: Keys, role: str, state: str, *, address: str = HOME) -> dict[str, str]:
    """What a client is told that clones and then pushes: yes, or why not."""
    path, fingerprint = keys.place(state), keys.fingerprint(role, state)
    if keys.kind == "git":
        # It asks for nothing and changes nothing, which is served where it may ask and change.
        services = {"clone": "git-upload-pack", "push": "git-receive-pack"}
        return {name: _said(*_served(keys, fingerprint, f"{s} '{path}'", b"0000", address)) for name, s in services.items()}
    values = {"namespace": "bookmarks", "key": f"b{keys.world.number}", "old": "", "new": keys.commits.get(state, "")}
    pushed = "".join(f"{name} {len(value)}\n{value}" for name, value in values.items())
    sent = f"heads\npushkey\n{pushed}".encode()
    status, answered, told = _served(keys, fingerprint, f"hg -R {path} serve --stdio", sent, address)
    heads, _, rest = answered.partition(b"\n")[2].partition(b"\n")
    if not heads:
        return dict.fromkeys(OPERATIONS, _said(status, answered, told))
    assert heads.decode() == keys.commits[state]
    assert (values["key"] in _bookmarks(keys, state)) == (rest == b"2\n1\n")
    return {"clone": "yes", "push": _said(status, rest, told)}


def _served(keys: Keys, fingerprint: str, command: str, sent: bytes, address: str) -> tuple[int, bytes, str]:
    """How a client ended, what it got, and what its user was told."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as sink, tempfile.TemporaryFile() as words:
        source.write(sent)
        source.seek(0)
        asked = Asked(fingerprint, command, f"{address} 50000 192.0.2.99 22")
        status = keys.door.serve(asked, Line(source.fileno(), sink.fileno(), words.fileno()))
        return status, _read(sink), _read(words).decode()


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _said(status: int, answered: bytes, told: str) -> str:
    said = next((word for sentence, word in _WORDS.items() if sentence in told), None)
    if said is None:
        assert (status, told) == (0, ""), (status, told)
        assert answered, "an answer without anything in it"
        return "yes"
    return said


def _bookmarks(keys: Keys, state: str) -> set[str]:
    return {ref.name for ref in keys.world.backend(keys.repositories[state]).reader.refs().bookmarks}


def _expected(access: Access | None) -> dict[str, str]:
    if access is None:
        return dict.fromkeys(OPERATIONS, "unknown")
    if access < Access.READ:
        return dict.fromkeys(OPERATIONS, "not found")
    return {"clone": "yes", "push": "yes" if access >= Access.WRITE else "refused"}


def _decided(keys: Keys, role: str, state: str) -> Access | None:
    """What `decide` says; None for whom nobody knows."""
    if role.startswith("deploy") and role != "deploy elsewhere" and state == "missing":
        return None  # what is not there has no keys
    actor = keys.actor(role, state)
    if actor is None:
        return None
    with keys.world.app.system_scope() as scope:
        located = scope.access.at(keys.place(state))
        return Access.NONE if located is None else decide(actor, scope.access.rules_of(located.facts.path)).access


@pytest.mark.parametrize(("kind", "state"), [(kind, state) for kind, states in TRIED.items() for state in states])
def test_each_key_opens_what_is_decided_and_nothing_else(crowds: dict[str, Keys], kind: str, state: str) -> None:
    keys = crowds[kind]

    found = {role: _outcomes(keys, role, state) for role in keys.roles}

    assert found == {role: _expected(_decided(keys, role, state)) for role in keys.roles}


def test_the_table_says_what_people_expect(crowds: dict[str, Keys]) -> None:
    """The decision itself, once by hand: what the whole table is compared with cannot be wrong as a whole."""
    yes, reads = {"clone": "yes", "push": "yes"}, {"clone": "yes", "push": "refused"}
    no, unknown = dict.fromkeys(OPERATIONS, "not found"), dict.fromkeys(OPERATIONS, "unknown")
    by_hand = {
        ("stranger", "public"): reads,
        ("stranger", "private"): no,
        ("reader", "private"): reads,
        ("writer", "private"): yes,
        ("writer of the group above", "private"): yes,
        ("writer of the group above", "private and cut"): no,
        ("writer through users", "private and cut"): yes,
        ("of inactive users", "private"): no,
        ("owner", "private and cut"): yes,
        ("site administrator", "private and cut"): yes,
        ("site administrator", "missing"): no,
        ("disabled", "public"): unknown,
        ("forbidden", "public"): unknown,
        ("nobody", "public"): unknown,
        ("deploy read", "private and cut"): reads,
        ("deploy write", "private and cut"): yes,
        ("deploy elsewhere", "public"): no,
    }

    assert {(role, state): _outcomes(crowds["git"], role, state) for role, state in by_hand} == by_hand


@both_kinds
def test_from_an_address_that_is_forbidden_to_all_no_key_opens_anything(crowds: dict[str, Keys], kind: str) -> None:
    keys = crowds[kind]
    with keys.world.app.system_scope() as scope:
        scope.address_lists.set(None, f"{HOME}/32", by=scope.actor, origin=scope.credentials.origin)
    try:
        # The one that has a list of its own is let in from there.
        others = {*keys.roles} - {"forbidden"}
        found = {told for role in others for told in _outcomes(keys, role, "public", address=ELSEWHERE).values()}
        at_home = _outcomes(keys, "writer", "public")["push"]
    finally:
        with keys.world.app.system_scope() as scope:
            scope.address_lists.set(None, "", by=scope.actor, origin=scope.credentials.origin)

    assert (found, at_home) == ({"unknown"}, "yes")


@both_kinds
def test_private_and_missing_cannot_be_told_apart(crowds: dict[str, Keys], kind: str) -> None:
    keys = crowds[kind]

    assert [_outcomes(keys, "stranger", state) for state in ("private", "missing")] == [
        dict.fromkeys(OPERATIONS, "not found") for _ in range(2)
    ]


def test_members_are_made_without_the_door(crowds: dict[str, Keys]) -> None:
    """Else both sides of the comparison would be made by what is tried."""
    keys = crowds["git"]

    assert isinstance(keys.actor("reader through users", "private"), Member)
    assert keys.actor("disabled", "private") is None
