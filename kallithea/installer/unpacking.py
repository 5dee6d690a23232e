"""The steps that put a release beside those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from kallithea.installer import building, environment
from kallithea.installer.bundle import Bundle
from kallithea.installer.files import remove_tree
from kallithea.installer.layout import Home
from kallithea.installer.platforms import Machine
from kallithea.installer.progress import Progress
from kallithea.installer.steps import Step


class Unpacking:
    """From a bundle to a release that nothing uses yet."""

    def __init__(self, bundle: Bundle, home: Home, progress: Progress, log: TextIO) -> None:
        self._bundle = bundle
        self._progress = progress
        self._log = log
        self.release = home.release(bundle.version)
        self._wheels = home.releases / f".wheels-{bundle.version}"

    def steps(self) -> Sequence[Step]:
        """What is done, in this order."""
        sdists = len(self._bundle.sdists(environment.PYTHON))
        count = len(self._bundle.wheels(environment.PYTHON)) + sdists
        build = (Step("build", f"Compiling {sdists} of them", self._build),) if sdists else ()
        return (
            Step("environment", "Making a virtual environment", self._make, lambda: remove_tree(self.release.path)),
            Step("wheels", f"Unpacking {count} packages", self._extract, lambda: remove_tree(self._wheels)),
            *build,
            Step("packages", f"Installing {count} packages", self._fill),
            Step("compile", "Preparing them", self._compile),
        )

    def _make(self) -> None:
        environment.make(self.release, self._log)

    def _extract(self) -> None:
        remove_tree(self._wheels)
        self._wheels.mkdir(parents=True)
        self._bundle.extract(self._bundle.needed(environment.PYTHON), self._wheels, self._progress.part)

    def _build(self) -> None:
        building.build(self.release, self._bundle, environment.PYTHON, self._wheels, self._log, self._progress.part)

    def _fill(self) -> None:
        environment.fill(self.release, self._bundle, self._wheels, building.digests(self._wheels), self._log)

    def _compile(self) -> None:
        environment.compile_all(self.release, self._log)
        remove_tree(self._wheels)
        environment.write_facts(self.release, self._bundle)


def check_bundle(bundle: Bundle, *, build: bool) -> None:
    """Raise Refused where a bundle is not for this machine, or what compiles it is not here; `build`: compiling is wanted."""
    bundle.check_machine(Machine.this(), build=build)
    if build:
        building.check_tools(bundle, environment.PYTHON)
