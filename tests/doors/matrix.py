"""The permission matrix: what the administrators' documentation promises, and the crowd that tries the doors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.access import Access
from tests.worlds import Browser, Person, World

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

ROLES = ("visitor", "stranger", "reader", "writer", "administrator", "site administrator")
STATES = ("public", "private", "missing", "public, public access off")
USER_GROUP_STATES = ("private", "missing")
NOWHERE = "about nothing"

_OUTCOMES = {401: "sign in", 403: "refused", 404: "not found"}

Table = dict[tuple[str, str], dict[str, str]]


def documented(name: str, roles: tuple[str, ...] = ROLES) -> Table:
    """The table of that name in docs/permissions.md: (requirement, state) → role → outcome."""
    text = DOCUMENT.read_text(encoding="utf-8")
    _, begin, rest = text.partition(f"<!-- the matrix of {name}: begin -->\n")
    table, end, _ = rest.partition(f"<!-- the matrix of {name}: end -->")
    assert begin, f"docs/permissions.md has no matrix of {name}"
    assert end, f"the matrix of {name} has no end"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]
    assert tuple(rows[0][2:]) == roles
    return {(row[0], row[1]): dict(zip(roles, row[2:], strict=True)) for row in rows[2:]}


def outcome(status: int) -> str:
    """The word of the table for a status. What is let in may still be told that its form is incomplete."""
    assert status < 500, f"a defect: {status}"
    assert status != 405, "the address is not that of the door"
    return _OUTCOMES.get(status, "yes")


@dataclass
class Crowd:
    """One of everybody, and one repository and one group of every state."""

    world: World
    people: dict[str, Person | None]
    repositories: dict[str, str]
    groups: dict[str, str]
    user_groups: dict[str, str]

    def browser(self, role: str) -> Browser:
        return self.world.browser(self.people[role])

    def place(self, about: str | None, state: str) -> str:
        if about is None:
            return ""
        places = {"group": self.groups, "user group": self.user_groups}.get(about, self.repositories)
        return places[state.partition(",")[0]]


def crowd(world: World, kind: str) -> Crowd:
    """A new crowd around repositories of a kind that have a commit."""
    reader, writer, administrator, stranger = (world.person() for _ in range(4))
    people = {
        "visitor": None,
        "stranger": stranger,
        "reader": reader,
        "writer": writer,
        "administrator": administrator,
        "site administrator": world.administrator,
    }
    number = world.number
    repositories = {"missing": f"missing{number}"}
    for state in ("public", "private"):
        repository = world.repository(
            kind,
            f"{state}{number}",
            readers=[reader],
            writers=[writer],
            administrators=[administrator],
            private=state == "private",
        )
        world.filled(repository, {"README.md": b"# Read me\n"})
        repositories[state] = repository.path
    groups = {"missing": f"missing-group{number}"}
    for state in ("public", "private"):
        groups[state] = world.group(f"{state}-group{number}", anyone=state == "public")
        with world.app.system_scope() as scope:
            grant = scope.access.administer_group(scope.access.at(groups[state]))
            for person, access in ((reader, Access.READ), (writer, Access.WRITE), (administrator, Access.ADMIN)):
                scope.granting.give(grant, f"user:{person.name}", access)
    user_groups = {"private": str(world.user_group(administrator)), "missing": "999999999"}
    return Crowd(world, people, repositories, groups, user_groups)
