"""Settings that the environment gives: KALLITHEA__APP_MAIN__SESSION_SECRET stands for session.secret in [app:main].

With __FILE at its end a variable names the file that has the value, as Docker, Kubernetes and systemd hand over secrets. A
variable goes before the ini file. Values are taken as they are: a percent sign stands for itself.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kallithea.config.issue_patterns import ISSUE_KEY
from kallithea.lib.errors import ConfigError

APP = "KALLITHEA__APP_MAIN__"
SERVER = "KALLITHEA__SERVER_MAIN__"
FILE = "__FILE"
LARGEST_FILE = 1 << 16
"""Bytes; whatever is larger holds no setting."""

PLACES = frozenset({"repos_path", "cache_dir", "backup_path", "ssh_socket", "ssh_authorized_keys"})
"""Settings that are about one machine and mean nothing on another; so does the place of a database that is a file."""

SERVER_KEYS = (
    "host",
    "port",
    "threads",
    "connection_limit",
    "channel_timeout",
    "max_request_body_size",
    "graceful_timeout",
)
"""What of [server:main] the servers of egg:kallithea take from the environment too."""


@dataclass(frozen=True, slots=True)
class Given:
    """One setting as a variable gives it."""

    variable: str
    value: str

    @property
    def is_from_file(self) -> bool:
        return self.variable.endswith(FILE)


def variable(name: str, *, prefix: str = APP) -> str:
    """The variable that stands for a key of the ini file."""
    return prefix + re.sub(r"[.-]", "_", name).upper()


def app_settings(environ: Mapping[str, str], known: Iterable[str]) -> dict[str, Given]:
    """What variables say of the `known` keys of [app:main], by key. Raises ConfigError.

    A variable with our prefix that stands for nothing is an error: what it was meant to protect would not be protected.
    """
    names = {variable(name): name for name in known}
    servers = {variable(name, prefix=SERVER) for name in SERVER_KEYS}
    _refuse_unknown(environ, {*names, *servers})
    return _given(environ, {**names, **_issue_names(environ)})


def lasting(given: Mapping[str, Given]) -> dict[str, str]:
    """Of what variables say of settings: what another place would have to be told too, by the variable without `__FILE`."""
    kept = {name: said for name, said in given.items() if name not in PLACES and not said.value.startswith("sqlite:")}
    return {said.variable.removesuffix(FILE): said.value for said in kept.values()}


def server_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """What variables say of [server:main]. Raises ConfigError."""
    given = _given(environ, {variable(name, prefix=SERVER): name for name in SERVER_KEYS})
    for name, said in given.items():
        if name != "host" and not re.fullmatch(r"[0-9]{1,18}", said.value):
            raise ConfigError(f"{said.variable} cannot be used.", hint="Accepted is a whole number.")
        if name == "host" and not re.fullmatch(r"[A-Za-z0-9_.:*\[\]-]+", said.value):
            raise ConfigError(f"{said.variable} cannot be used.", hint="Accepted is the name or the IP address of a host.")
    return {name: said.value for name, said in given.items()}


def _given(environ: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Given]:
    found: dict[str, Given] = {}
    for stem, name in names.items():
        said = [each for each in (stem, stem + FILE) if each in environ]
        if len(said) > 1:
            raise ConfigError(f"{said[0]} and {said[1]} are both set.", hint="Leave one of the two away.")
        if said:
            value = environ[said[0]]
            found[name] = Given(said[0], _from_file(said[0], Path(value)) if said[0].endswith(FILE) else value)
    return found


def _issue_names(environ: Mapping[str, str]) -> dict[str, str]:
    """Patterns of issues have endings that their administrator chose."""
    stems = {name.removesuffix(FILE) for name in environ if name.startswith(APP)}
    return {stem: key for stem in stems if ISSUE_KEY.fullmatch(key := stem.removeprefix(APP).lower())}


def _refuse_unknown(environ: Mapping[str, str], known: set[str]) -> None:
    squeezed = {_squeezed(name): name for name in known}
    for name in environ:
        stem = name.removesuffix(FILE)
        if stem in known or (stem.startswith(APP) and ISSUE_KEY.fullmatch(stem.removeprefix(APP).lower())):
            continue
        # Also kallithea__app_main__title and KALLITHEA_APP_MAIN_TITLE, which nobody else can have meant.
        meant = squeezed.get(_squeezed(stem))
        if meant or name.upper().startswith("KALLITHEA__"):
            close = [meant] if meant else difflib.get_close_matches(stem.upper(), known, n=1, cutoff=0.6)
            suffix = FILE if name.endswith(FILE) else ""
            hint = f"Did you mean {close[0]}{suffix}?" if close else "docs/settings.md says which variables there are."
            raise ConfigError(f"The variable {name} stands for no setting of Kallithea.", hint=hint)


def _squeezed(name: str) -> str:
    return re.sub(r"_+", "_", name).upper()


def _from_file(name: str, path: Path) -> str:
    """The text of the file without the line end that editors put there; says what is wrong, but never what is in it."""
    if not path.is_absolute():
        raise ConfigError(f"{name} has to be the absolute path of a file.")
    try:
        # Opened before it is looked at, so that it is the same file; and a pipe that nobody writes to keeps no server waiting.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            _refuse_unsafe(name, os.fstat(descriptor))
            content = file.read(LARGEST_FILE + 1)
        text = re.sub(r"\r?\n\Z", "", content.decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"The file that {name} names cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The file that {name} names is not UTF-8 text.") from error
    if not text or len(content) > LARGEST_FILE or re.search(r"[\x00-\x08\n\r]", text):
        raise ConfigError(f"The file that {name} names has to hold one line of text.")
    return text


def _refuse_unsafe(name: str, status: os.stat_result) -> None:
    """Whoever may write to the file decides what the server trusts.

    That others may read it stops nothing: Docker and Kubernetes mount secrets so, into a container where nobody else is.
    """
    if not stat.S_ISREG(status.st_mode):
        raise ConfigError(f"What {name} names is not a file.")
    if os.name == "posix" and status.st_mode & stat.S_IWOTH:
        raise ConfigError(f"Everybody may write to the file that {name} names.", hint="Take that away: chmod o-w")
