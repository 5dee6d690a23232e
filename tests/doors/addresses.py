"""Every door of the web, with an address that leads to it: found by walking the rooms, so that a new door is tried too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kallithea.controllers.admin.groups import GroupsRoom, SaveGroupRoom
from kallithea.controllers.admin.repositories import RepositoriesRoom
from kallithea.controllers.admin.user import UserRoom
from kallithea.controllers.admin.user_group import UserGroupRoom
from kallithea.controllers.admin.user_groups import UserGroupsRoom
from kallithea.controllers.admin.users import UsersRoom
from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Door, doors_of
from kallithea.controllers.group import GroupRoom
from kallithea.controllers.home import HomeRoom
from kallithea.controllers.repository import RepositoryRoom
from kallithea.controllers.repository.settings import SaveRoom
from kallithea.controllers.root import RootController

PLACE = "{place}"

# What stands behind the name of a door whose method takes parts of the path and shows nothing without them.
PARTS = {
    "annotate":           "tip/README.md",
    "archive":            "tip.zip",
    "authors":            "tip/README.md",
    "back_from":          "oidc",
    "changelog_details":  "tip",
    "changeset":          "tip",
    "changeset_diff":     "tip",
    "changeset_download": "tip",
    "changeset_patch":    "tip",
    "diff_lines":         "tip/README.md",
    "done":               "registered",
    "feed_atom_of_file":  "README.md",
    "feed_rss_of_file":   "README.md",
    "follow_group":       "ldap",
    "history":            "tip/README.md",
    "leave_for":          "oidc",
    "leave_group":        "ldap",
    "leave_there":        "oidc",
    "link_person":        "ldap",
    "of_file":            "tip/README.md",
    "picture":            "1/0123456789abcdef0123456789abcdef",
    "raw":                "tip/README.md",
    "rawfile":            "tip/README.md",
    "save_source":        "ldap",
    "signed_out":         "oidc",
    "source_settings":    "ldap",
    "unlink_person":      "ldap",
}  # fmt: skip


# What makes a form that would do something without any field do nothing; all others miss a field.
HARMLESS = {
    "save":            {"repo_name": "-no-name"},
    "save_group":      {"group_name": "-no-name"},
    "save_group_here": {"group_name": "-no-name"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """A door and the path to it; `about` is "repository", "group" or "user group" where the path has
    the place of one."""

    door: Door
    pattern: str
    about: str | None

    def at(self, place: str) -> str:
        return self.pattern.replace(PLACE, place)

    def around(self, repository: str, group: str) -> str:
        """The address that is about this repository, this group, or the first group of users of the world."""
        return self.at({"group": group, "user group": "1"}.get(self.about or "", repository))

    @property
    def label(self) -> str:
        return f"{self.door.method} {self.pattern}" + (" of a group" if self.about == "group" else "")

    @property
    def harmless_form(self) -> dict[str, str]:
        """Fields with which the door refuses to do anything, once it has let somebody in."""
        return HARMLESS.get(self.door.function.__name__, {})


def addresses() -> list[Address]:
    """All doors that an address leads to."""
    found = [*_below(HomeRoom, "", None)]
    for name, room in RootController.reserved.items():
        found += _below(room, f"/{name}", None)
    found += _below(RepositoryRoom, f"/{PLACE}", "repository")
    found += _below(GroupRoom, f"/{PLACE}", "group")
    return found


def _below(room: type[Room], path: str, about: str | None) -> Iterator[Address]:
    for doors in doors_of(room).values():
        for door in doors:
            pieces = [path, door.path, PARTS.get(door.function.__name__, "")]
            yield Address(door, "/".join(piece for piece in pieces if piece) or "/", about)
    for name, inner in room.rooms.items():
        yield from _below(inner, f"{path}/{name}", about)
    if room is UsersRoom:
        yield from _below(UserRoom, f"{path}/1", about)
    if room is UserGroupsRoom:
        yield from _below(UserGroupRoom, f"{path}/{PLACE}", "user group")
    if room is RepositoriesRoom:
        yield from _below(SaveRoom, f"{path}/{PLACE}", "repository")
    if room is GroupsRoom:
        yield from _below(SaveGroupRoom, f"{path}/{PLACE}", "group")
