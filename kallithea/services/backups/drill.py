"""Proves that the newest backup can be restored: does it, into a scratch folder, and compares every head."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from kallithea.lib.clock import Clock
from kallithea.lib.errors import KallitheaError
from kallithea.lib.vcs import Kind, Vault
from kallithea.services.backups.format import DATABASE, Summary
from kallithea.services.backups.generations import SCRATCH, Generation, Generations
from kallithea.services.backups.progress import SILENT, Progress
from kallithea.services.backups.restoring import Restoration, Target
from kallithea.services.backups.verifying import OpenVault, ledger, repository_problems

RESULT = "drill.json"
MakeTarget = Callable[[Path], AbstractContextManager[Target]]


@dataclass(frozen=True, slots=True)
class DrillResult:
    """How the last drill went."""

    backup: str
    at: datetime
    repositories: int
    problems: tuple[str, ...]


class Drill:
    """Restores the newest backup of a folder beside it, and removes what was restored again."""

    def __init__(
        self,
        generations: Generations,
        make_target: MakeTarget,
        open_vault: OpenVault,
        clock: Clock,
        progress: Progress = SILENT,
    ) -> None:
        """`make_target` gives an instance with nothing in it, in a folder."""
        self._generations = generations
        self._make_target = make_target
        self._open_vault = open_vault
        self._clock = clock
        self._progress = progress

    def run(self) -> DrillResult:
        """Do it, and note how it went. Raises NotFound where there is no backup, Conflict while one is being made."""
        with self._generations.held():
            generation = self._generations.find(None)
            scratch = self._generations.folder / f"{SCRATCH}drill"
            scratch.mkdir(mode=0o700)
            try:
                problems = tuple(self._problems(generation, scratch))
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
            assert generation.summary is not None
            result = DrillResult(generation.name, self._clock(), len(generation.summary.repositories), problems)
            _note(self._generations.folder / RESULT, result)
        return result

    def _problems(self, generation: Generation, scratch: Path) -> Iterator[str]:
        try:
            with self._make_target(scratch) as target:
                summary = Restoration(generation.folder, target, progress=self._progress).run()
                yield from self._differences(generation.folder, summary, target.repos_path)
        except KallitheaError as error:
            yield error.message

    def _differences(self, backup: Path, summary: Summary, repos: Path) -> Iterator[str]:
        expected = ledger(backup / DATABASE)
        vault: Vault = self._open_vault(repos)
        self._progress.begin("comparing heads", len(summary.repositories))
        try:
            for saved in summary.repositories:
                self._progress.next(saved.path)
                backend = vault.open(Kind(saved.kind), saved.location, publishing=saved.publishing)
                for problem in repository_problems(backend, saved, expected, thorough=False):
                    yield f"{saved.path}: {problem}"
        finally:
            vault.close()


def last_drill(generations: Generations) -> DrillResult | None:
    """How the last drill went; None if there was none."""
    try:
        said = json.loads((generations.folder / RESULT).read_text(encoding="utf-8"))
        at = datetime.fromisoformat(said["at"])
        return DrillResult(said["backup"], at, said["repositories"], tuple(said["problems"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _note(file: Path, result: DrillResult) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps({**asdict(result), "at": result.at.isoformat()}, indent=1) + "\n", encoding="utf-8")
    beside.replace(file)
