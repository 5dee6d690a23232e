"""Builds the style sheets and scripts with Node.js when they are missing or older than their sources.

The packaging (`setup.py`) runs this file before anything is installed, so it uses the standard library alone.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
TOP = PACKAGE.parent
SOURCES = PACKAGE / "front-end"
PUBLIC = PACKAGE / "public"
_STAMP = PUBLIC / ".built-from"
_INSTALLED_STAMP = TOP / "node_modules" / ".installed-from"
_OLDEST_NODE = 18


class FrontEndError(Exception):
    """The front end cannot be built; the second argument is what to do about it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def is_current() -> bool:
    """Whether the built files come from the sources as they are now; true without sources, as in an installed wheel."""
    if not _has_sources():
        return True
    return _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == _digest(_source_files())


def install_dependencies() -> None:
    """Install exactly what package-lock.json names, unless that is installed already."""
    _require_sources()
    wanted = _digest(iter([TOP / "package-lock.json"]))
    if _INSTALLED_STAMP.is_file() and _INSTALLED_STAMP.read_text(encoding="utf-8") == wanted:
        return
    _require_node()
    _run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
    _INSTALLED_STAMP.parent.mkdir(exist_ok=True)
    _INSTALLED_STAMP.write_text(wanted, encoding="utf-8")


def generate() -> None:
    """Build `kallithea/public` from the sources."""
    _require_sources()
    _require_node()
    digest = _digest(_source_files())
    _run("npm", "run", "--silent", "build")
    PUBLIC.mkdir(exist_ok=True)
    _STAMP.write_text(digest, encoding="utf-8")


def _has_sources() -> bool:
    return (TOP / "package.json").is_file() and (SOURCES / "build.mjs").is_file()


def _source_files() -> Iterator[Path]:
    yield TOP / "package.json"
    yield TOP / "package-lock.json"
    yield from sorted(path for path in SOURCES.rglob("*") if path.is_file())


def _digest(files: Iterator[Path]) -> str:
    total = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(TOP).as_posix()} {content}\n".encode())
    return total.hexdigest()


def _require_sources() -> None:
    if not _has_sources():
        raise FrontEndError(
            "There are no sources of the front end here.",
            "An installed package holds the built files; sources are in a checkout.",
        )


def _require_node() -> None:
    hint = f"Install Node.js {_OLDEST_NODE} or newer with npm, or install a wheel of Kallithea: it holds the built files."
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        raise FrontEndError("Node.js is missing, which builds the front end.", hint)
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = said.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < _OLDEST_NODE:
        raise FrontEndError(f"Node.js {said or 'here'} is too old to build the front end.", hint)


def _run(*command: str) -> None:
    program = shutil.which(command[0]) or command[0]
    ended = subprocess.run([program, *command[1:]], cwd=TOP, stdin=subprocess.DEVNULL, check=False)
    if ended.returncode != 0:
        raise FrontEndError(f"`{' '.join(command)}` failed with exit code {ended.returncode}.", "Its own message stands above.")
