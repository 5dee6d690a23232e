"""A machine without git: repositories of hg are served, and everything that tells how the server is says what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from webtest import TestApp

from kallithea.config.app import App
from kallithea.config.system_report import system_report
from kallithea.config.web import wsgi_chain
from kallithea.lib.clock import utc_now
from kallithea.lib.errors import Unavailable
from kallithea.lib.vcs import Kind
from kallithea.selfcheck.checks import Status
from kallithea.services.repositories import NewRepository
from tests.selfcheck.conftest import House, of


@pytest.fixture(name="app")
def _app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """Built where the PATH has no programs."""
    house = House(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "cache"))
    app = house.app()
    yield app
    app.close()


def make(app: App, kind: str) -> None:
    with app.system_scope() as scope:
        scope.repositories.create(NewRepository(f"web/{kind}", kind), owner=scope.accounts.by_name("admin"))


def health(app: App) -> tuple[int, dict[str, str]]:
    client = TestApp(wsgi_chain(app), extra_environ={"REMOTE_ADDR": "127.0.0.1"})
    answer = client.get("/_health?format=json", status="*")
    return answer.status_int, json.loads(answer.text)["checks"]["git"]


def test_it_starts_and_serves_hg(app: App) -> None:
    make(app, "hg")
    client = TestApp(wsgi_chain(app))
    assert client.get("/").status_int == 200
    assert client.get("/web/hg").status_int == 200


def test_a_git_repository_is_refused_with_a_sentence_and_leaves_nothing(app: App) -> None:
    with pytest.raises(Unavailable, match="there is no git program"):
        make(app, "git")
    with app.system_scope() as scope:
        assert scope.access.at("web/git") is None


def test_health_and_the_system_page_say_so(app: App) -> None:
    said = "There is no program git: git repositories cannot be served, and there are none."
    assert health(app) == (200, {"status": "ok", "note": said})
    report = system_report(app.settings, app.engine, app.vault, utc_now())
    assert said in report.warnings
    assert {fact.name: fact.value for fact in report.versions}["git"].startswith("Git repositories cannot be served")


def test_who_has_git_repositories_is_not_well_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    before = house.app()
    make(before, "git")
    before.close()
    monkeypatch.setenv("PATH", str(tmp_path / "cache"))
    app = house.app()
    try:
        said = "There is no program git: the git repositories cannot be served."
        assert health(app) == (503, {"status": "not ok", "wrong": said})
        assert said in system_report(app.settings, app.engine, app.vault, utc_now()).warnings
        assert TestApp(wsgi_chain(app)).get("/web/git/info/refs?service=git-upload-pack", status="*").status_int == 503
        with app.system_scope() as scope:
            backend = app.vault.open(Kind.GIT, scope.repositories.places()[0].location)
        with pytest.raises(Unavailable, match="there is no git program"):
            backend.keeper.verify()
    finally:
        app.close()
    results = house.checks("environment.git")
    assert of(results, Status.FAILED)["environment.git"].said == said


def test_the_self_check_leaves_out_what_needs_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "cache"))
    results = house.checks("clients.git-create", "clients.hg-clone")
    assert of(results, Status.FAILED) == {}
    assert "clients.hg-clone" in of(results, Status.OK)
    left_out = of(results, Status.NOT_CHECKED)
    assert left_out["environment.git"].said.startswith("There is no program git")
    assert left_out["clients.git-create"].said == "it needs environment.git"
