"""The throw-away group, people, repositories, tokens and key of one run: made, and taken away again whatever happened."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import struct
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from kallithea.config.app import App
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound
from kallithea.model import Namespace, User
from kallithea.selfcheck.names import PREFIX, made_at, run_of
from kallithea.services.accounts import NewAccount
from kallithea.services.actors import Member, Origin
from kallithea.services.repositories import NewRepository
from kallithea.services.scope import Scope
from kallithea.services.tokens import NewToken

CLIENT = "kallithea-cli self-check"
SPARE = "to be revoked"
LIFETIME = timedelta(minutes=15)
"""After which tokens open nothing, should they be left behind."""
LEFT_BEHIND = timedelta(hours=1)
"""A run that began so long ago has ended, however it did."""


@dataclass(frozen=True, slots=True)
class Person:
    """A throw-away account, and what opens its doors."""

    name: str
    token: str = field(repr=False)
    reading_token: str = field(repr=False)
    session: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Key:
    """A public SSH key to which nobody has the private one: what sshd would check is not checked, and cannot be used."""

    line: str
    fingerprint: str


class Props:
    """The things of one run, by its name."""

    def __init__(self, app: App, name: str) -> None:
        self._app = app
        self.name = name

    def make_group(self) -> tuple[Person, Person]:
        """A private group, whose owner it gives, and a stranger who may do nothing with it."""
        with self._app.system_scope(CLIENT) as scope:
            owner, stranger = (self._new_user(scope, f"{self.name}{ending}") for ending in ("", "-stranger"))
            scope.groups.create(self.name, owner=owner, description="Kallithea checks itself; this goes away in a moment.")
            grant = scope.access.administer_group(scope.access.locate_path(self.name))
            # In the same transaction: nobody ever sees it but administrators.
            for everybody in ("anyone", "members"):
                scope.granting.take(grant, everybody)
            scope.granting.set_inherits(grant, False)
            places = (self.name,)
            return self._person(scope, owner, places), self._person(scope, stranger, ())

    def make_repository(self, kind: str) -> str:
        """A private repository in the group; its path."""
        path = f"{self.name}/{kind}"
        with self._app.system_scope(CLIENT) as scope:
            scope.repositories.create(NewRepository(path, kind, is_private=True), owner=scope.accounts.by_name(self.name))
        return path

    def make_key(self) -> Key:
        """A key of the owner."""
        blob = b"".join(struct.pack(">I", len(part)) + part for part in (b"ssh-ed25519", secrets.token_bytes(32)))
        line = f"ssh-ed25519 {base64.b64encode(blob).decode()}"
        with self._app.system_scope(CLIENT) as scope:
            facts = scope.ssh_keys.add(scope.accounts.by_name(self.name), line, name="self-check")
        return Key(line, facts.fingerprint)

    def add_key(self, line: str) -> None:
        """Let the owner in with this key."""
        with self._app.system_scope(CLIENT) as scope:
            scope.ssh_keys.add(scope.accounts.by_name(self.name), line, name="self-check")

    def make_spare_token(self) -> str:
        """One more token for reading, to be revoked."""
        with self._app.system_scope(CLIENT) as scope:
            new = NewToken(SPARE, Access.READ, lifetime=LIFETIME, places=(self.name,))
            return scope.tokens.create(self._owner(scope), new)[1]

    def revoke_spare_token(self) -> None:
        """End it."""
        with self._app.system_scope(CLIENT) as scope:
            owner = self._owner(scope)
            for token in scope.tokens.of(owner):
                if token.name == SPARE:
                    scope.tokens.revoke(owner, token.id)

    def remove(self) -> None:
        """Take everything away that is there; each thing for itself, so that one that resists does not keep the others."""
        problems = []
        for step in (self._remove_repositories, self._remove_group, self._remove_people, self._purge):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - told at the end, when all was tried
                problems.append(error)
        if problems:
            raise problems[0]

    def _remove_repositories(self) -> None:
        with self._app.session() as session:
            below = Namespace.path.startswith(f"{self.name}/", autoescape=True)
            paths = list(session.scalars(select(Namespace.path).where(below)))
        for path in paths:
            with self._app.system_scope(CLIENT) as scope:
                scope.repositories.delete(scope.access.administer_repository(scope.access.locate_path(path)))

    def _remove_group(self) -> None:
        with self._app.system_scope(CLIENT) as scope:
            located = scope.access.at(self.name)
            if located is not None:
                scope.groups.delete(scope.access.administer_group(located))

    def _remove_people(self) -> None:
        for name in (self.name, f"{self.name}-stranger"):
            with self._app.system_scope(CLIENT) as scope:
                try:
                    user = scope.accounts.by_name(name)
                except NotFound:
                    continue
                for key in scope.ssh_keys.of(user.id):
                    scope.ssh_keys.remove(user, key.fingerprint)
                scope.people.delete(user)

    def _purge(self) -> None:
        vault = self._app.vault
        for found in vault.discarded():
            if found.path.startswith(f"{self.name}/"):
                vault.purge(found)

    def _owner(self, scope: Scope) -> Member:
        member = scope.accounts.member(scope.accounts.by_name(self.name).id)
        assert member is not None
        return member

    def _new_user(self, scope: Scope, name: str) -> User:
        return scope.accounts.create(NewAccount(name, f"{name}@self-check.invalid", secrets.token_urlsafe(32)))

    def _person(self, scope: Scope, user: User, places: tuple[str, ...]) -> Person:
        member = scope.accounts.member(user.id)
        assert member is not None
        _, token = scope.tokens.create(member, NewToken("write", Access.WRITE, lifetime=LIFETIME, places=places))
        _, reading = scope.tokens.create(member, NewToken("read", Access.READ, lifetime=LIFETIME, places=places))
        session, _ = scope.accounts.start_session(member, Origin(client=CLIENT), remember=False)
        return Person(user.name, token, reading, session)


def leftovers(app: App, secret: str, now: datetime) -> set[str]:
    """The names of runs that ended without cleaning up."""
    with app.session() as session:
        names = set(session.scalars(select(User.name).where(User.name_key.startswith(PREFIX, autoescape=True))))
        names |= set(session.scalars(select(Namespace.path).where(Namespace.path_key.startswith(PREFIX, autoescape=True))))
    names |= {found.path for found in app.vault.discarded()}
    return {run_of(name) for name in names if (began := made_at(secret, name)) and now - began > LEFT_BEHIND}


def new_folder(name: str) -> Path:
    """A folder for the clients, which nobody else can look into."""
    return Path(tempfile.mkdtemp(prefix=f"kallithea-{name}-"))


def remove_left_folders(secret: str, now: datetime) -> int:
    """Remove the folders of runs that ended without doing so; how many."""
    count = 0
    for path in Path(tempfile.gettempdir()).glob(f"kallithea-{PREFIX}*"):
        began = made_at(secret, path.name.removeprefix("kallithea-"))
        # Everybody may put things there: only a folder of ours, and no link to another one.
        is_ours = path.is_dir() and not path.is_symlink() and path.lstat().st_uid == os.geteuid()
        if began and now - began > LEFT_BEHIND and is_ours:
            shutil.rmtree(path, ignore_errors=True)
            count += 1
    return count
