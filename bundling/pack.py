"""Packs a bundle: the same bytes from the same wheels and sources."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bundling import sources
from bundling.own_wheel import TOP, build, write
from bundling.sbom import sbom
from bundling.targets import SOURCES, WINDOWS, Platform
from bundling.wheels import Downloaded, download
from kallithea.installer.bundle import FORMAT, HEADER

END_OF_ZIP = b"PK\x05\x06"


def make(platform: Platform, pythons: Sequence[str], work: Path, target: Path) -> Path:
    """Build, download and pack; the path of the bundle."""
    work.mkdir(parents=True, exist_ok=True)
    own = build(work)
    downloaded = {python: _download(platform, python, work) for python in pythons}
    target.mkdir(parents=True, exist_ok=True)
    path = pack(target, platform, own, downloaded)
    if platform is WINDOWS:
        path.with_suffix(".cmd").write_bytes(windows_start(path.name, list(downloaded)).encode())
    return path


def _download(platform: Platform, python: str, work: Path) -> Downloaded:
    return sources.download(python, work) if platform is SOURCES else download(platform, python, work)


def windows_start(bundle: str, pythons: Sequence[str]) -> str:
    """A command file that starts the bundle beside it with a Python that it has wheels for, or says which one to install."""
    found = [f'py -{python} -c "" >nul 2>nul && (py -{python} "%~dp0{bundle}" %* & exit /b)' for python in reversed(pythons)]
    lines = ["@echo off", *found, f"echo error: Kallithea needs Python {pythons[0]} to {pythons[-1]}, which is not here. 1>&2"]
    hint = "echo hint: Install Python 3.13 for all users, 64-bit, with the launcher (py), and start this again. 1>&2"
    return "\r\n".join([*lines, hint, "exit /b 3", ""])


def pack(folder: Path, platform: Platform, own: Path, downloaded: Mapping[str, Downloaded]) -> Path:
    """Write the file: the installer, then the wheels, and in its header what all of it is compared with."""
    path = folder / f"kallithea-{version_of(own)}-{platform.name}.pyz"
    files = {file.name: file for each in downloaded.values() for file in each.files}
    files[own.name] = own
    draft = path.with_name(f".{path.name}.part")
    with draft.open("wb") as raw:
        raw.write(HEADER + b"0" * 64 + b"\n")
        with zipfile.ZipFile(raw, "w") as archive:
            write(archive, "__main__.py", (Path(__file__).parent / "main_template.py").read_bytes(), compressed=False)
            for source in installer_sources():
                write(archive, source.relative_to(TOP).as_posix(), source.read_bytes())
            manifest = _manifest(platform, own, downloaded, files)
            write(archive, "manifest.json", (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
            bill = sbom(files.values(), platform=platform.name, version=version_of(own))
            write(archive, "sbom.cdx.json", (json.dumps(bill, indent=1, sort_keys=True) + "\n").encode())
            for name in sorted(files):
                # Compressed once more, which hides the end that a wheel has as a zip of its own: Python would take half of a
                # bundle for a wheel, and say that it has no program.
                write(archive, f"wheels/{name}", files[name].read_bytes())
    assert draft.read_bytes().count(END_OF_ZIP) == 1, "what is in the file shows how it ends"
    _seal(draft)
    draft.chmod(0o755)
    draft.replace(path)
    return path


def version_of(wheel: Path) -> str:
    """The version that the name of a wheel says."""
    return wheel.name.split("-")[1]


def installer_sources() -> list[Path]:
    """The modules that run before anything is installed."""
    package = TOP / "kallithea"
    return [package / "__init__.py", *sorted((package / "installer").rglob("*.py"))]


def _manifest(
    platform: Platform, own: Path, downloaded: Mapping[str, Downloaded], files: Mapping[str, Path]
) -> dict[str, object]:
    (pip,) = (name for name in files if name.startswith("pip-"))
    wheels = {
        python: {
            "wheels": sorted([own.name, *(wheel.name for wheel in each.wheels if wheel.name != pip)]),
            "missing": sorted(each.missing),
            "sdists": sorted(sdist.name for sdist in each.sdists),
            "tools": sorted(tool.name for tool in each.tools),
        }
        for python, each in downloaded.items()
    }
    return {
        "format": FORMAT,
        "name": "kallithea",
        "version": version_of(own),
        "platform": platform.name,
        "oldest_libc": platform.oldest_libc,
        "pip": pip,
        "takes": sources.programs({python: each.sdists for python, each in downloaded.items()}),
        "pythons": wheels,
        "files": {
            f"wheels/{name}": {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "size": path.stat().st_size}
            for name, path in files.items()
        },
    }


def _seal(path: Path) -> None:
    """Put the SHA-256 of what comes behind the header into the header."""
    with path.open("r+b") as file:
        file.seek(len(HEADER) + 65)
        digest = hashlib.sha256(file.read()).hexdigest()
        file.seek(len(HEADER))
        file.write(digest.encode())
