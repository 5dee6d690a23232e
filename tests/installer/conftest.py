"""One bundle for all tests of a run; building it takes an index of packages."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from bundling import pack
from bundling.targets import PLATFORMS
from kallithea.installer.platforms import Machine
from tests.installer import standin
from tests.installer.machines import pythons

TOP = Path(__file__).parents[2]


@pytest.fixture(name="shared", scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of a run have in common."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "bundles"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(name="bundle", scope="session")
def _bundle(shared: Path) -> Path:
    """The bundle for this machine, with wheels for the Pythons that are tried."""
    with (shared / "real.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if made := list(shared.glob("real/*.pyz")):
            return made[0]
        work = TOP / "build" / "bundling"
        return pack.make(PLATFORMS[Machine.this().platform], sorted(pythons()), work, shared / "real")


@pytest.fixture(name="small_bundle", scope="session")
def _small_bundle(shared: Path) -> Path:
    """One in which a few lines stand in for Kallithea, for what is tried at dozens of moments."""
    with (shared / "small.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return standin.bundle(shared / "small")


@pytest.fixture(name="small_sources", scope="session")
def _small_sources(shared: Path) -> Path:
    """One with something that is compiled, too."""
    with (shared / "small-sources.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return standin.bundle(shared / "small-sources", of_sources=True)
