"""install: from a file to a home with an instance that works."""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from kallithea.installer import environment, service_files, start_check
from kallithea.installer.bundle import Bundle
from kallithea.installer.errors import Refused, of_the_machine
from kallithea.installer.files import remove_tree, replace_text
from kallithea.installer.layout import Home
from kallithea.installer.locking import locked
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Journal, Observer, Runner, Step, ignore, tell_steps
from kallithea.installer.unpacking import Unpacking, check_bundle

UNPACKED = 5
"""An environment takes at most so many times the size of its wheels, byte-code and the wheels themselves included."""
_FOR_DATA = 16 << 20
UNFIT = re.compile(
    "%" if os.name == "nt" else r"""[\x00-\x20\x7f-\xa0"'`\\$%{}()<>\[\];#&|*?!^~,=:\u2028\u2029\ud800-\udfff]"""
)
"""What a path of a home must not have: units of systemd, `#!` lines, addresses of databases and ini files lack some of it."""


@dataclass(frozen=True)
class Answers:
    """What an administrator decides about a new instance; what is not said here is the instance's own default."""

    options: Mapping[str, str] = field(default_factory=dict)
    """Of `kallithea-cli instance-create`: user, email, host, port."""
    password: str | None = None
    database: str | None = None
    """A database URL, which may hold a password."""

    def secrets(self) -> dict[str, str]:
        """What is handed over in the environment, where nobody else sees it."""
        given = {"KALLITHEA_PASSWORD": self.password, "KALLITHEA_DATABASE": self.database}
        return {name: value for name, value in given.items() if value}


class Installation:
    """One run of `install`."""

    def __init__(
        self,
        bundle: Bundle,
        home: Home,
        answers: Answers,
        progress: Progress,
        *,
        build: bool = False,
        observer: Observer = ignore,
    ) -> None:
        self._bundle = bundle
        self._home = home
        self._answers = answers
        self._progress = progress
        self._build = build
        self._observer = observer
        self._release = home.release(bundle.version)
        self._log_file: TextIO = io.StringIO()  # until there is a home with a log

    def run(self) -> None:
        """Install, or go on with an installation that was killed; what fails leaves nothing behind."""
        self.check()
        is_new = not self._home.path.exists()
        self._claim()
        try:
            with locked(self._home.lock):
                self._journal = Journal(self._home.journal)
                if self._is_done():
                    return
                self._journal.open(f"install {self._bundle.version}", self._facts())
                with self._log() as self._log_file:
                    Runner(self._journal, self._progress, observer=self._observer).run(self.steps())
        except BaseException:
            self._disclaim(is_new=is_new)
            raise

    def check(self) -> None:
        """Raise Refused where this file, machine or folder will not do; nothing is changed."""
        check_bundle(self._bundle, build=self._build)
        check_home(self._home)
        self._check_space()

    def tell_steps(self) -> None:
        """Check, say what would be done, and do nothing."""
        self.check()
        self._journal = Journal(self._home.journal)
        tell_steps(() if self._is_done() else self.steps(), self._progress)

    def steps(self) -> Sequence[Step]:
        """What is done, in this order."""
        return (
            *Unpacking(self._bundle, self._home, self._progress, self._log_file).steps(),
            Step("instance", "Making the database and its administrator", self._create_instance, self._remove_instance),
            Step("service", "Writing files for the services of this system", self._write_service, self._remove_service),
            Step("check", "Checking that it works", self._check_start),
            Step("switch", "Switching to it", self._switch, lambda: self._home.switch(None)),
            Step("tell", "Finished", self._tell),
        )

    def _create_instance(self) -> None:
        """An instance that is there already only says where its site is."""
        command = [str(self._release.program("kallithea-cli")), "instance-create", "--data", str(self._home.data)]
        secret: dict[str, str] = {}
        if not self._journal.facts["data_were_there"]:
            command += [word for name, value in self._answers.options.items() for word in (f"--{name}", value)]
            secret = {"KALLITHEA_PASSWORD": self._journal.facts["password"], **self._answers.secrets()}
        said = environment.run(command, self._log_file, environment=secret)
        self._journal.facts["site"] = said.partition("  user: ")[0].strip()

    def _remove_instance(self) -> None:
        if not self._journal.facts["data_were_there"]:
            remove_tree(self._home.data)

    def _write_service(self) -> None:
        service_files.write_all(self._home, self._release, self._log_file)

    def _remove_service(self) -> None:
        if not self._journal.facts["service_was_there"]:
            remove_tree(self._home.service)

    def _check_start(self) -> None:
        start_check.check(self._release, self._home.ini, self._log_file)

    def _switch(self) -> None:
        self._home.switch(self._release)

    def _tell(self) -> None:
        """Last, as the password is told only once; who is killed before tells it again."""
        site, user = self._journal.facts["site"], self._answers.options.get("user", "admin")
        if not self._journal.facts["data_were_there"]:
            password = "as given" if self._answers.password else self._journal.facts["password"]
            site = f"{site}  user: {user}  password: {password}"
        self._progress.say(f"{site}\nStart it with: {service_files.start_command(self._home)}")

    def _facts(self) -> dict[str, object]:
        return {
            "data_were_there": self._home.ini.exists(),
            "service_was_there": self._home.service.exists(),
            # Only for as long as the command runs: it must be the same one when it was killed and runs again.
            "password": "-".join(secrets.token_hex(3) for _ in range(4)),
        }

    def _is_done(self) -> bool:
        current = None if self._journal.is_open else self._home.current()
        if current is None:
            return False
        if current.version != self._bundle.version:
            raise Refused(
                f"Kallithea {current.version} is installed in {self._home.path}.",
                hint=f"Change it with: python3 {self._bundle.path.name} upgrade {self._home.path}",
            )
        self._progress.say(f"Kallithea {current.version} is installed in {self._home.path} already.")
        return True

    def _check_space(self) -> None:
        folder = next(path for path in (self._home.path, *self._home.path.parents) if path.is_dir())
        free, needed = shutil.disk_usage(folder).free, self._bundle.size(environment.PYTHON) * UNPACKED + _FOR_DATA
        if free < needed and not self._home.is_home:
            raise Refused(f"{needed >> 20} MB are needed in {folder}, and {free >> 20} MB are free.")

    def _claim(self) -> None:
        """Make the folder a home."""
        self._home.path.mkdir(parents=True, exist_ok=True)
        if not self._home.is_home:
            replace_text(self._home.mark, "This folder belongs to an installation of Kallithea.\n")

    def _disclaim(self, *, is_new: bool) -> None:
        """Leave a folder in which nothing was installed as it was."""
        home = self._home
        if Journal(home.journal).is_open or home.current_link.exists() or home.whole_releases():
            return
        for path in (home.log, home.lock, home.releases, *(() if home.data.exists() else (home.mark,))):
            with contextlib.suppress(OSError):
                remove_tree(path)
        if is_new:
            with contextlib.suppress(OSError):
                home.path.rmdir()

    @contextlib.contextmanager
    def _log(self) -> Iterator[TextIO]:
        with self._home.log.open("a", encoding="utf-8") as file:
            yield file


def check_home(home: Home) -> None:
    """Raise Refused unless the folder is a home, empty, or not there and can be made."""
    if home.is_home:
        return
    if found := UNFIT.search(str(home.path)):
        raise Refused(
            f"{str(home.path)!r} has {found[0]!r} in it, which not all of ini files, shells and services can express.",
            hint="Name a folder of letters, digits, dots, dashes, underscores and slashes.",
        )
    try:
        # A draft of the mark: it was killed at the very beginning.
        content = sorted(path.name for path in home.path.iterdir() if path.name != f"{home.mark.name}.part")
    except FileNotFoundError:
        return
    except NotADirectoryError:
        raise Refused(f"{home.path} is not a folder.", hint="Name another one.") from None
    except OSError as error:
        raise of_the_machine(error) from error
    if content:
        raise Refused(f"{home.path} holds something else ({content[0]}).", hint="Name a folder that is empty or not there yet.")


def password_from(path: Path) -> str:
    """The password in a file: its first line."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"The password cannot be read from {path}.") from error
    if os.name != "nt" and mode & (stat.S_IRGRP | stat.S_IROTH) and stat.S_ISREG(mode):
        raise Refused(f"Others may read the password in {path}.", hint=f"chmod 600 {path}")
    return text.splitlines()[0] if text else ""
