"""What the checks of one run look at, and what earlier ones made for later ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from kallithea.config.app import App
from kallithea.config.settings import Settings
from kallithea.lib.clock import Clock
from kallithea.selfcheck.outcomes import NotChecked
from kallithea.selfcheck.programs import Programs
from kallithea.selfcheck.props import Key, Person, Props
from kallithea.selfcheck.web import Web

_TOKEN = re.compile(r"\b(kald?_)[a-z2-7]{39}")
KINDS = ("git", "hg")


@dataclass
class World:
    """The instance, the server that is tried, and the throw-away things. `is_running` says that the server is the real one."""

    app: App
    settings: Settings
    web: Web
    programs: Programs
    folder: Path
    props: Props
    clock: Clock
    is_running: bool
    ssh_place: Path | None
    """Where the SSH service listens; None where SSH is switched off."""
    people: list[Person] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    """The repository of each kind."""
    commits: dict[str, str] = field(default_factory=dict)
    """The commit that was pushed first, of each kind of which the push worked."""
    key: Key | None = None

    @property
    def owner(self) -> Person:
        return self.people[0]

    @property
    def stranger(self) -> Person:
        return self.people[1]

    @property
    def pushed(self) -> tuple[str, ...]:
        """The kinds of which something was pushed. Raises NotChecked where there is none."""
        if not self.commits:
            raise NotChecked("nothing could be pushed that it could be tried with")
        return tuple(self.commits)

    def url(self, kind: str) -> str:
        """The address of the repository of this kind."""
        return f"{self.web.site}/{self.paths[kind]}"

    def work(self, name: str) -> Path:
        """A place for a working copy."""
        return self.folder / name

    def harmless(self, text: str) -> str:
        """The text without anything that opens a door."""
        secrets = [each for person in self.people for each in (person.token, person.reading_token, person.session)]
        for secret in (*secrets, self.settings.session_secret, self.settings.smtp_password):
            text = text.replace(secret, "***") if secret else text
        return _TOKEN.sub(r"\1***", text)


def bearer(token: str) -> dict[str, str]:
    """The header with which a program shows a token."""
    return {"Authorization": f"Bearer {token}"}
