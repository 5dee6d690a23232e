"""What connects OpenSSH with an instance: the program that sshd runs, the file of keys, the address that pages show."""

from __future__ import annotations

import getpass
import stat
import sys
from pathlib import Path

import kallithea.wire.ssh
from kallithea.config.settings import Settings
from kallithea.lib.authorized_keys import ForcedCommand, KeyFile

USUAL_PYTHON = Path("/usr/bin/python3")


def forced_command(settings: Settings) -> ForcedCommand:
    """What sshd runs for each client of the instance."""
    return ForcedCommand(_python(), client_program(), settings.ssh_place)


def client_program() -> Path:
    """The file of the client program, which is run by its path."""
    return Path(kallithea.wire.ssh.__file__).resolve().with_name("client.py")


def key_file(settings: Settings) -> KeyFile | None:
    """The file of keys that the instance keeps, if it does."""
    if not settings.ssh_enabled or settings.ssh_authorized_keys is None:
        return None
    return KeyFile(settings.ssh_authorized_keys, forced_command(settings))


def address_template(settings: Settings) -> str:
    """How pages write the SSH addresses of repositories; empty where there are none."""
    return settings.clone_ssh_tmpl.replace("{system_user}", _system_user()) if settings.ssh_enabled else ""


def _python() -> Path:
    """The interpreter itself: the client program needs nothing of a virtual environment, and starts faster without."""
    found = Path(sys.executable).resolve()
    # Inside mod_wsgi or uWSGI `sys.executable` is the web server. sshd asks for keys with a program of root only.
    return found if found.name.startswith("python") and _belongs_to_root(found) else USUAL_PYTHON


def _belongs_to_root(path: Path) -> bool:
    """Whether nobody but root can change what is there (OpenSSH's safe_path)."""
    found = [place.stat() for place in (path, *path.parents)]
    return all(place.st_uid == 0 and not place.st_mode & (stat.S_IWGRP | stat.S_IWOTH) for place in found)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # nobody has the number that the server runs as
        return "kallithea"
