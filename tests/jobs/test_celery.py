"""Celery does the jobs where it is configured: a real celery-run, a real broker between."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from kallithea.cli import cli
from kallithea.config.app import App
from kallithea.config.inifile import load, set_value
from kallithea.jobs.table import BY_THEMSELVES
from kallithea.lib.errors import ConfigError
from kallithea.services.jobs import JobFacts
from tests.rabbitmq_server import RabbitMQServer, running_rabbitmq
from tests.redis_server import RedisServer, running_redis

PATIENCE = 180.0
CLI = str(Path(sys.executable).with_name("kallithea-cli"))
FIRST = ("--user", "admin", "--password", "correct horse", "--email", "admin@example.com", "--force-yes")


@pytest.fixture(name="broker", params=[running_redis, running_rabbitmq], ids=["redis", "rabbitmq"])
def _broker(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RedisServer | RabbitMQServer]:
    with request.param(tmp_path / "broker") as server:
        yield server


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Path:
    path = tmp_path / "my.ini"
    for arguments in (("config-create", str(path)), ("db-create", "-c", str(path), *FIRST)):
        assert CliRunner().invoke(cli, arguments, catch_exceptions=False).exit_code == 0
    return path


def jobs(ini: Path) -> dict[str, JobFacts]:
    app = App.build(load(ini).settings())
    try:
        with app.system_scope() as scope:
            return {job.key: job for job in scope.jobs.all()}
    finally:
        app.close()


def until_all_ended(ini: Path, worker: subprocess.Popen[bytes], log: Path) -> dict[str, JobFacts]:
    """The jobs, when each that comes by itself was done once."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and worker.poll() is None:
        found = jobs(ini)
        if all(key in found and found[key].ended_at for key in BY_THEMSELVES):
            return found
        time.sleep(0.3)
    raise AssertionError(log.read_text(errors="replace"))


def test_celery_does_the_jobs_and_outlives_its_broker(ini: Path, broker: RedisServer | RabbitMQServer, tmp_path: Path) -> None:
    set_value(ini, "use_celery", "true")
    set_value(ini, "celery.broker_url", broker.url)
    log = tmp_path / "celery.log"
    with log.open("wb") as output:
        worker = subprocess.Popen([CLI, "celery-run", "-c", str(ini)], stdout=output, stderr=output)
    try:
        done = until_all_ended(ini, worker, log)
        assert {key: job.error for key, job in done.items()} == dict.fromkeys(BY_THEMSELVES)

        broker.stop()
        retried = CliRunner().invoke(cli, ["job-retry", "clean-files", "-c", str(ini)], catch_exceptions=False)
        broker.start()
        assert retried.exit_code == 0

        end = time.monotonic() + PATIENCE
        while jobs(ini)["clean-files"].ended_at == done["clean-files"].ended_at:
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.3)
    finally:
        worker.terminate()
        worker.wait(60)


def test_without_the_setting_celery_is_not_run(ini: Path) -> None:
    with pytest.raises(ConfigError, match="use_celery"):
        CliRunner().invoke(cli, ["celery-run", "-c", str(ini)], catch_exceptions=False)


def test_a_server_never_imports_celery(ini: Path) -> None:
    code = (
        "import sys; from kallithea.config.inifile import load; from kallithea.config.application import make_app\n"
        "found = load(sys.argv[1]); make_app(dict(found.global_conf), **found.app_conf); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code, str(ini)], capture_output=True, text=True, check=True).stdout.split()

    assert "kallithea.jobs.worker" in loaded
    assert "celery" not in loaded
