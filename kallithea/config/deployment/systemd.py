"""Kallithea's own server as a service of systemd."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kallithea.config.deployment.rendering import rendered
from kallithea.config.deployment.site import Deployment, File, Instance


@dataclass(frozen=True, slots=True)
class Kind:
    """What a server can do with systemd."""

    takes_sockets: bool = True
    """And tells when it is ready."""
    has_watchdog: bool = False
    reloads: bool = False
    """At SIGHUP, without turning anybody away."""


_OURS = Kind(has_watchdog=True)
_MASTER = Kind(reloads=True)  # the master itself replaces workers that hang
KINDS = {
    "egg:kallithea#waitress": _OURS,
    "egg:kallithea#gevent":   _OURS,
    "egg:gunicorn#main":      _MASTER,
    "egg:gunicorn":           _MASTER,
    "uwsgi":                  Kind(takes_sockets=False, reloads=True),  # takes them for its own protocol, not HTTP
}  # fmt: skip
"""By `use` in [server:main], or the section [uwsgi]. Any other server is started, and that is all."""
OTHER = Kind(takes_sockets=False)


def deployment(instance: Instance, *, user: str, group: str, python_home: Path) -> Deployment:
    """The units of Kallithea's own server; with a socket, where the server takes one that is open already."""
    kind = KINDS.get(instance.server.use, OTHER)
    names = ("kallithea.service", *(("kallithea.socket",) if kind.takes_sockets else ()))
    steps = (
        f"save {'these' if len(names) > 1 else 'this'} as /etc/systemd/system/{' and '.join(names)}",
        "systemctl daemon-reload",
        f"systemctl enable --now {' '.join(reversed(names))}",
    )
    service = rendered(
        "kallithea.service",
        instance=instance,
        steps=steps,
        command=_command(instance, python_home),
        user=user,
        group=group,
        is_activated=kind.takes_sockets,
        has_watchdog=kind.has_watchdog,
        reloads=kind.reloads,
        grace=instance.server.grace,
        **sandbox(instance, python_home),
    )
    files = [File(Path("kallithea.service"), service)]
    if kind.takes_sockets:
        files.append(File(Path("kallithea.socket"), rendered("kallithea.socket", addresses=[instance.server.bound])))
    return Deployment(tuple(files), steps)


def sandbox(instance: Instance, python_home: Path, *, also_written: Set[Path] = frozenset()) -> dict[str, Any]:
    """What the template of a service says about the folders that it needs."""
    writable = {
        instance.ini.parent,
        instance.repositories,
        instance.cache,
        *((instance.database.parent,) if instance.database else ()),
        *also_written,
    }
    return {
        "writable": _outermost(writable),
        "is_in_home": _any_below(writable | {python_home}, ("/home", "/root", "/run/user")),
        "is_in_tmp": _any_below(writable | {python_home}, ("/tmp", "/var/tmp")),  # noqa: S108 - only compared with
    }


def _command(instance: Instance, python_home: Path) -> str:
    if instance.server.use == "uwsgi":
        return f"{python_home}/bin/uwsgi --ini-paste-logged {instance.ini}"
    return f"{python_home}/bin/gearbox serve -c {instance.ini}"


def _outermost(folders: set[Path]) -> list[Path]:
    """The folders without those inside of others."""
    return sorted(folder for folder in folders if not any(parent in folders for parent in folder.parents))


def _any_below(paths: set[Path], tops: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(top) for path in paths for top in tops)
