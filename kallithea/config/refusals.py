"""Why a database cannot be used, and the command that helps."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from kallithea.config.outages import Trouble, first_line, trouble
from kallithea.lib.errors import ConfigError

MOUNTS = Path("/proc/self/mountinfo")
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "gpfs", "ocfs2", "gfs2", "beegfs", "davfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.ceph-fuse", "fuse.s3fs", "fuse.rclone", "fuse.davfs"}
)
"""Types of file systems that several machines may mount at once."""


def cannot_be_used(url: URL, error: SQLAlchemyError) -> ConfigError:
    """What is wrong with a database that cannot be opened, and what to do about it."""
    found = trouble(error)
    said = first_line(error)
    if url.get_backend_name() == "sqlite":
        hint = _hint_of_disk(Path(url.database or ".").parent) or "Check sqlalchemy.url in the ini file."
        return ConfigError(f"The database cannot be opened: {said}", hint=hint)
    place = f"{url.host or 'this machine'}{f':{url.port}' if url.port else ''}"
    if found is Trouble.MISSING:
        # Where the user has no right to the database, MariaDB does not say whether it is there.
        missing = f"There is no database {url.database} for {url.username} at {place}."
        return ConfigError(missing, hint=f"Make it with: {creation(url)}")
    if found is Trouble.REFUSED:
        hint = f"Check user and password in sqlalchemy.url. A user is made with: {account(url)} ; a database of it with: "
        return ConfigError(f"The database server at {place} refuses the user {url.username}: {said}", hint=hint + creation(url))
    if found is Trouble.GONE:
        hint = "Start it, or check host and port in sqlalchemy.url."
        return ConfigError(f"The database server at {place} does not answer: {said}", hint=hint)
    return ConfigError(f"The database cannot be opened: {said}", hint="Check sqlalchemy.url in the ini file.")


def _hint_of_disk(folder: Path) -> str | None:
    """What to do where SQLite cannot put its files beside the database, which it needs also to read."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    if disk.f_flag & os.ST_RDONLY:
        return f"The disk of {folder} can only be read. Make it writable, and start again."
    if not disk.f_bavail or (disk.f_files and not disk.f_favail):
        return f"The disk of {folder} is full. Make room, and start again."
    if not os.access(folder, os.W_OK):
        return f"The folder {folder} has to be writable for the user who runs Kallithea."
    return None


def check_new(engine: Engine) -> None:
    """Stop unless tables can be made that keep every text as it is. Raises ConfigError."""
    url = engine.url
    question, wanted = {
        "sqlite": ("PRAGMA encoding", "UTF-8"),
        "postgresql": ("SHOW server_encoding", "UTF8"),
    }.get(url.get_backend_name(), ("SELECT @@character_set_database", "utf8mb4"))
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql(question).scalar_one()
    except SQLAlchemyError as error:
        raise cannot_be_used(url, error) from error
    if found != wanted:
        raise ConfigError(
            f"The database {url.database} keeps text as {found}, which has no room for every character; it must be {wanted}.",
            hint=f"Drop it, and make it again with: {creation(url)}",
        )


def check_local(file: Path, mounts: Path = MOUNTS) -> None:
    """Stop if a file of SQLite lies where other machines can open it too: its locks and its shared memory end at the machine.

    Raises ConfigError. Says nothing where the system does not tell what is mounted.
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    place = file.parent.resolve()
    kinds: dict[Path, str] = {}
    for line in lines:
        # proc(5): fields, then optional ones up to a dash, then the type. What is mounted later covers what was there.
        before, _, after = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), before.split()[4])
        kinds[Path(point)] = after.split()[0]
    kind = next((kinds[folder] for folder in (place, *place.parents) if folder in kinds), "")
    if kind in NETWORK:
        raise ConfigError(
            f"The database {file} is on a network file system ({kind}), where SQLite is not safe.",
            hint="Move the file to a disk of this machine; for several machines use PostgreSQL or MariaDB (docs/databases.md).",
        )


def creation(url: URL) -> str:
    """The command that makes the empty database."""
    name, user = url.database or "kallithea", url.username or "kallithea"
    if url.get_backend_name() == "postgresql":
        return f"sudo -u postgres createdb --owner={user} --encoding=UTF8 --template=template0 {name}"
    made = f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    return f"sudo mariadb -e \"{made}; GRANT ALL PRIVILEGES ON {name}.* TO '{user}'@'localhost'\""


def account(url: URL) -> str:
    """The command that makes the account on the database server."""
    user = url.username or "kallithea"
    if url.get_backend_name() == "postgresql":
        return f"sudo -u postgres createuser --pwprompt {user}"
    return f"sudo mariadb -e \"CREATE USER '{user}'@'localhost' IDENTIFIED BY 'the password'\""
