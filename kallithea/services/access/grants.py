"""Proof of access, as values: a function that takes a `WriteGrant` cannot be called by who has less.

Only `AccessControl` makes them; a test of the architecture holds that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from kallithea.lib.vcs import Kind
from kallithea.model import READY
from kallithea.services.access.decision import Decision
from kallithea.services.actors import Actor


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """A repository as the ledger has it."""

    id: int
    namespace_id: int
    path: str
    kind: Kind
    description: str
    is_private: bool
    owner_id: int
    location: str
    publishing: bool
    landing: str | None
    created_at: datetime
    issue_links: str = ""
    """How messages name issues and where those are, a line each."""
    pictures: str = ""
    """Changes with the pictures of people, which pages about it show."""
    state: str = READY
    relations: int = 0
    forked_from: str | None = None
    """The path of the parent, which not everybody who reads the fork may know: see `AccessControl.readable_parent`."""

    @property
    def is_ready(self) -> bool:
        """Whether it lies on disk; a copy does when it is complete."""
        return self.state == READY


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A repository group as the ledger has it. The root, which is no group, has the id 0 and the path ""."""

    id: int
    namespace_id: int
    path: str
    description: str
    owner_id: int | None


T = TypeVar("T", RepositoryFacts, GroupFacts)


@dataclass(frozen=True, slots=True)
class ReadGrant(Generic[T]):
    """The actor may read the target."""

    actor: Actor
    target: T
    decision: Decision


@dataclass(frozen=True, slots=True)
class WriteGrant(ReadGrant[T]):
    """The actor may read and write the target."""


@dataclass(frozen=True, slots=True)
class AdminGrant(WriteGrant[T]):
    """The actor may do everything with the target."""


@dataclass(frozen=True, slots=True)
class CreateGrant:
    """The actor may make repositories and groups directly below a group, or at the top."""

    actor: Actor
    target: GroupFacts
    decision: Decision


@dataclass(frozen=True, slots=True)
class UserGroupFacts:
    """A group of users as the ledger has it."""

    id: int
    name: str
    description: str
    is_active: bool
    owner_id: int


@dataclass(frozen=True, slots=True)
class MembersGrant:
    """The actor may see, add and remove the members of a group of users."""

    actor: Actor
    target: UserGroupFacts


@dataclass(frozen=True, slots=True)
class UserGroupGrant(MembersGrant):
    """The actor may do everything with a group of users."""
