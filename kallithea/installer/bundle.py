"""The one file: a zip that Python starts, with the wheels of a platform, their checksums, and this installer.

Its third line is the SHA-256 of everything behind it, so that no byte of the file can be another one.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kallithea.installer.errors import Refused, of_the_machine
from kallithea.installer.platforms import Machine

FORMAT = 1
SOURCES = "sources"
"""The platform of a bundle from which packages are compiled, for machines that no wheels are made for."""
HEADER = b"#!/usr/bin/env python3\n# coding: this-file-is-damaged-or-not-complete.copy-or-download-it-again\n# sha256 "
"""How a bundle begins, before the digest. Where the rest is no zip, Python reads this, and says what the second line says."""
_PIECE = 1 << 20


def ignore(done: int, of: int) -> None:
    """For who does not want to know how far it is."""


class Bundle:
    """An opened bundle. Raises Refused for a file that is none, or not whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sha256 = self._verified()
        """Of what is in the file."""
        try:
            with zipfile.ZipFile(path) as archive:
                self.manifest = _manifest(archive)
        except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
            raise _damaged(path) from error

    @property
    def version(self) -> str:
        """The version of Kallithea in it."""
        return str(self.manifest["version"])

    @property
    def platform(self) -> str:
        return str(self.manifest["platform"])

    @property
    def pythons(self) -> Mapping[str, Any]:
        """For each Python such as "3.11": its `wheels`, and what is `missing`."""
        pythons = self.manifest["pythons"]
        assert isinstance(pythons, dict)
        return pythons

    def check_machine(self, machine: Machine, *, build: bool = False) -> None:
        """Raise Refused unless what is in this file is for this machine and its Python; `build`: compiling is wanted."""
        other = f"kallithea-{self.version}-{SOURCES}.pyz with --build"
        if build != (self.platform == SOURCES):
            if build:
                raise Refused("This file holds wheels, and nothing that could be compiled.", hint=f"Take {other}.")
            raise Refused(
                "This file holds sources, which are compiled here.",
                hint=f"Say --build, or take kallithea-{self.version}-{machine.platform}.pyz if there is one.",
            )
        if not build and machine.platform != self.platform:
            raise Refused(
                f"This file is for {self.platform}, and this is {machine.platform}.",
                hint=f"Take kallithea-{self.version}-{machine.platform}.pyz, or {other}.",
            )
        known = self.pythons.get(machine.python)
        if known is None:
            raise Refused(
                f"This file has no wheels for Python {machine.python}, which it was started with.",
                hint=f"Start it with Python {_listed(self._whole())}.",
            )
        if known["missing"]:
            raise Refused(
                f"For Python {machine.python} on {self.platform} there are no wheels of {_listed(known['missing'])}.",
                hint=f"Start it with Python {_listed(self._whole())}.",
            )
        oldest = self.manifest["oldest_libc"]
        if oldest and machine.libc is not None and machine.libc < tuple(oldest):
            have, need = (".".join(map(str, version)) for version in (machine.libc, oldest))
            raise Refused(
                f"This system is too old for this file: it has glibc {have}, and {need} is needed.", hint=f"Take {other}."
            )

    def wheels(self, python: str) -> Sequence[str]:
        """The file names of the wheels for a Python such as "3.11", Kallithea's own among them."""
        names = self.pythons[python]["wheels"]
        assert isinstance(names, list)
        return names

    def sdists(self, python: str) -> Sequence[str]:
        """The file names of what is compiled for a Python."""
        names = self.pythons[python].get("sdists", [])
        assert isinstance(names, list)
        return names

    def needed(self, python: str) -> Sequence[str]:
        """The file names of what is installed for a Python, and of what builds and installs it."""
        tools = self.pythons[python].get("tools", [])
        return list(dict.fromkeys([*self.wheels(python), *self.sdists(python), *tools, self.installing_wheel]))

    def compiled_with(self, program: str, python: str) -> Sequence[str]:
        """The file names of what takes such a program to be compiled for a Python."""
        names = self.manifest.get("takes", {}).get(program, [])
        return [name for name in self.sdists(python) if name in names]

    def digest(self, name: str) -> str:
        """The SHA-256 of the file of that name."""
        return str(self.manifest["files"][f"wheels/{name}"]["sha256"])

    def size(self, python: str) -> int:
        """Bytes of all that is installed for a Python."""
        names = [*self.wheels(python), *self.sdists(python)]
        return sum(int(self.manifest["files"][f"wheels/{name}"]["size"]) for name in names)

    @property
    def installing_wheel(self) -> str:
        """The file name of pip."""
        return str(self.manifest["pip"])

    def extract(self, names: Sequence[str], folder: Path, tell: Callable[[int, int], None] = ignore) -> None:
        """Write these files into a folder, each compared with its checksum."""
        with zipfile.ZipFile(self.path) as archive:
            for number, name in enumerate(names):
                tell(number, len(names))
                try:
                    content = archive.read(f"wheels/{name}")
                except (KeyError, zipfile.BadZipFile) as error:
                    raise _damaged(self.path) from error
                if hashlib.sha256(content).hexdigest() != self.digest(name):
                    raise _damaged(self.path)
                (folder / name).write_bytes(content)

    def _verified(self) -> str:
        """The SHA-256 of the content. Raises Refused where it is not the one that the file itself says."""
        total = hashlib.sha256()
        try:
            with self.path.open("rb") as file:
                header, said = file.read(len(HEADER)), file.readline(65)
                while piece := file.read(_PIECE):
                    total.update(piece)
        except OSError as error:
            raise of_the_machine(error) from error
        if (header, said) != (HEADER, f"{total.hexdigest()}\n".encode()):
            raise _damaged(self.path)
        return total.hexdigest()

    def _whole(self) -> list[str]:
        return [python for python, known in self.pythons.items() if not known["missing"]]


def running() -> Bundle:
    """The bundle that this installer was started from."""
    path = Path(sys.argv[0])
    if not zipfile.is_zipfile(path):
        raise Refused("This command belongs to a file kallithea-VERSION-PLATFORM.pyz.", hint="Start it with python3 FILE.pyz.")
    return Bundle(path.absolute())


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest = json.loads(archive.read("manifest.json"))
    if manifest["format"] != FORMAT:
        raise ValueError("another format")
    assert isinstance(manifest, dict)
    return manifest


def _damaged(path: Path) -> Refused:
    return Refused(f"{path.name} is damaged or not complete.", hint="Copy or download it again, and compare its SHA-256.")


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1] if len(words) > 1 else "".join(words)
