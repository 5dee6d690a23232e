"""Where everything is below the one folder of an installation."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kallithea.installer.errors import Refused
from kallithea.installer.files import replace_text

WINDOWS = sys.platform == "win32"


@dataclass(frozen=True)
class Release:
    """One installed version: a virtual environment of its own, which is never changed again."""

    path: Path

    @property
    def version(self) -> str:
        return self.path.name

    @property
    def facts_file(self) -> Path:
        """Written last: a release without it is not whole."""
        return self.path / "release.json"

    @property
    def is_whole(self) -> bool:
        return self.facts_file.is_file()

    def facts(self) -> Mapping[str, Any]:
        """What was installed: version, platform, Python, when, from which file."""
        facts = json.loads(self.facts_file.read_text(encoding="utf-8"))
        assert isinstance(facts, dict)
        return facts

    @property
    def python(self) -> Path:
        return self.program("python")

    def program(self, name: str) -> Path:
        """A program of this release, such as kallithea-cli."""
        return self.path / "Scripts" / f"{name}.exe" if WINDOWS else self.path / "bin" / name


@dataclass(frozen=True)
class Home:
    """The folder of an installation. The data are what `kallithea-cli instance-create` makes."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> Home:
        """The home at a path that a person gave."""
        return cls(Path(os.path.abspath(path.expanduser())))  # noqa: PTH100 - links stay as they are, unlike with resolve()

    @property
    def mark(self) -> Path:
        """Says that the folder is a home, and is never in one of somebody else."""
        return self.path / ".kallithea-home"

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    @property
    def journal(self) -> Path:
        return self.path / ".journal.json"

    @property
    def log(self) -> Path:
        return self.path / "install.log"

    @property
    def releases(self) -> Path:
        return self.path / "releases"

    @property
    def current_link(self) -> Path:
        """Leads to the release in use; on Windows, where links need rights, a text file that names it."""
        return self.path / ("current.txt" if WINDOWS else "current")

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def ini(self) -> Path:
        return self.data / "kallithea.ini"

    @property
    def service(self) -> Path:
        return self.path / "service"

    @property
    def is_home(self) -> bool:
        return self.mark.is_file()

    def release(self, version: str) -> Release:
        return Release(self.releases / version)

    def current(self) -> Release | None:
        """The release in use; None before the first one is."""
        try:
            if WINDOWS:
                name = self.current_link.read_text(encoding="utf-8").strip()
            else:
                name = Path(os.readlink(self.current_link)).name  # noqa: PTH115 - the text of the link is meant
        except FileNotFoundError:
            return None
        release = self.release(name)
        if not release.is_whole:
            raise Refused(f"{self.current_link} leads to {release.path}, where no whole release is.")
        return release

    def switch(self, release: Release | None) -> None:
        """Make this release the one in use, at once: whoever looks sees the old one or the new one. None: no release."""
        if release is None:
            self.current_link.unlink(missing_ok=True)
        elif WINDOWS:
            replace_text(self.current_link, f"{release.version}\n")
        else:
            draft = self.current_link.with_name(".current.new")
            draft.unlink(missing_ok=True)
            draft.symlink_to(Path("releases") / release.version)
            draft.replace(self.current_link)

    def whole_releases(self) -> list[Release]:
        """Every installed release, by the name of its folder."""
        if not self.releases.is_dir():
            return []
        releases = (Release(path) for path in sorted(self.releases.iterdir()))
        return [release for release in releases if release.is_whole]
