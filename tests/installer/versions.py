"""Another version of the same code: a wheel whose number is another one, and a bundle with it."""

from __future__ import annotations

import hashlib
import re
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from bundling import pack
from bundling.own_wheel import write
from bundling.targets import PLATFORMS
from bundling.wheels import Downloaded
from kallithea.installer.bundle import Bundle


def renumbered(wheel: Path, version: str, folder: Path) -> Path:
    """The wheel as it would be if the code stated this version."""
    was = pack.version_of(wheel)
    path = folder / wheel.name.replace(f"-{was}-", f"-{version}-")
    with zipfile.ZipFile(wheel) as archive:
        content = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".dist-info/RECORD")}
    for name, pattern, text in (
        ("kallithea/__init__.py", rb'__version__ = "[^"]+"', f'__version__ = "{version}"'),
        (f"kallithea-{was}.dist-info/METADATA", rb"(?m)^Version: .+$", f"Version: {version}"),
    ):
        content[name], count = re.subn(pattern, text.encode(), content[name])
        assert count == 1, name
    files = {name.replace(f"kallithea-{was}.dist-info/", f"kallithea-{version}.dist-info/"): it for name, it in content.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, each in {**files, f"kallithea-{version}.dist-info/RECORD": _record(files, version)}.items():
            write(archive, name, each)
    return path


def repacked(bundle: Path, own: Path, folder: Path) -> Path:
    """A bundle with the packages of another one, and this wheel of Kallithea."""
    opened, wheels = Bundle(bundle), folder / "wheels"
    wheels.mkdir(parents=True)
    names = sorted({name for python in opened.pythons for name in opened.wheels(python)} | {opened.installing_wheel})
    opened.extract(names, wheels)
    downloaded = {
        python: Downloaded([wheels / name for name in _others(opened, python)], known["missing"])
        for python, known in opened.pythons.items()
    }
    return pack.pack(folder, PLATFORMS[opened.platform], own, downloaded)


def own_wheel(bundle: Path, folder: Path) -> Path:
    """The wheel of Kallithea in a bundle."""
    opened = Bundle(bundle)
    (name,) = (name for name in opened.wheels(next(iter(opened.pythons))) if name.startswith("kallithea-"))
    opened.extract([name], folder)
    return folder / name


def _others(bundle: Bundle, python: str) -> list[str]:
    return [*(name for name in bundle.wheels(python) if not name.startswith("kallithea-")), bundle.installing_wheel]


def _record(files: Mapping[str, bytes], version: str) -> bytes:
    lines = [f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in files.items()]
    return "".join([*lines, f"kallithea-{version}.dist-info/RECORD,,\n"]).encode()


def _digest(content: bytes) -> str:
    return urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
