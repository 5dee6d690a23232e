"""Commands that change who may do what say first who gains and who loses: tried, and asked for at a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kallithea.cli import cli
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict
from tests.cli.test_administration import FIRST, PASSWORD, access_of, ran

SHOP = "open/web/shop"
GRANT = ("access-grant", SHOP, "user:bob", "write")
CLOSE = ("access-inherit", SHOP, "no")
MOVE = ("group-rename", "open/web", "hidden/web")
EACH = pytest.mark.parametrize("command", [GRANT, CLOSE, MOVE], ids=lambda command: str(command[0]))
SAID = {
    GRANT: "Who gains:\n  bob: read, then write\n",
    CLOSE: "Who loses:\n  visitors: read, then nothing\n  every member without a further right: read, then nothing\n",
    MOVE: "Who loses:\n  visitors: read, then nothing\n  every member without a further right: read, then nothing\n",
}


@pytest.fixture(name="ini")
def _ini(tmp_path: Path) -> Path:
    """An instance with a repository that anyone may read, a group that nobody may, and bob."""
    path = tmp_path / "my.ini"
    ran("config-create", str(path))
    ran("db-create", "-c", str(path), *FIRST, "--force-yes")
    ran("user-create", "bob", "--email", "bob@example.com", "--password", PASSWORD, "-c", str(path))
    ran("repo-create", SHOP, "--type", "git", "-c", str(path))
    ran("group-create", "hidden", "-c", str(path))
    ran("access-grant", "hidden", "anyone", "none", "-c", str(path))
    return path


@pytest.fixture(name="terminal")
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits before the command."""
    monkeypatch.setattr("kallithea.cli.consent.sits_there", lambda: True)


def begun(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, arguments, input=typed)


def state(ini: Path) -> tuple[Access, ...]:
    return tuple(access_of(ini, name, path) for name in ("", "bob") for path in (SHOP, "hidden/web/shop"))


@EACH
def test_a_dry_run_says_who_gains_and_who_loses_and_changes_nothing(ini: Path, command: tuple[str, ...]) -> None:
    before = state(ini)

    said = ran(*command, "--dry-run", "-c", str(ini)).output

    assert said.startswith(SAID[command])
    assert said.endswith("Nothing was changed.\n")
    assert state(ini) == before


@EACH
def test_at_a_terminal_it_is_asked_for_and_no_changes_nothing(ini: Path, terminal: None, command: tuple[str, ...]) -> None:
    before = state(ini)

    refused = begun(*command, "-c", str(ini), typed="n\n")

    assert (refused.exit_code, state(ini)) == (1, before)
    assert refused.output.startswith(SAID[command])
    agreed = begun(*command, "-c", str(ini), typed="y\n")
    assert (agreed.exit_code, state(ini) == before) == (0, False)


@EACH
def test_nobody_is_asked_without_a_terminal_or_with_no_ask(
    ini: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    before = state(ini)
    assert "Who" not in ran(*command, "-c", str(ini)).output
    changed = state(ini)
    assert changed != before
    back = {
        GRANT: ("access-grant", SHOP, "user:bob", "none"),
        CLOSE: (*CLOSE[:2], "yes"),
        MOVE: ("group-rename", MOVE[2], MOVE[1]),
    }
    ran(*back[command], "-c", str(ini))

    monkeypatch.setattr("kallithea.cli.consent.sits_there", lambda: True)
    ran(*command, "--no-ask", "-c", str(ini))

    assert state(ini) == changed


def test_what_concerns_nobody_is_done_without_a_question(ini: Path, terminal: None) -> None:
    said = ran("access-grant", SHOP, "user:bob", "read", "-c", str(ini)).output

    assert said.splitlines()[0] == "Nobody gains or loses anything."


def test_for_a_group_it_is_said_that_it_holds_for_what_is_in_it(ini: Path) -> None:
    said = ran("access-grant", "open", "user:bob", "write", "--dry-run", "-c", str(ini)).output
    assert "The same holds for what is in the group" in said


def test_for_the_top_it_is_said_who_may_create(ini: Path) -> None:
    said = ran("access-grant", "/", "members", "none", "--dry-run", "-c", str(ini)).output
    assert "  every member without a further right: create, then nothing\n" in said


def test_what_is_refused_is_refused_before_anybody_is_asked(ini: Path) -> None:
    refused = begun("group-rename", "open", "hidden", "--dry-run", "-c", str(ini))
    assert isinstance(refused.exception, Conflict)


def test_it_is_said_what_somebody_owns_when_an_account_is_deleted(ini: Path, terminal: None) -> None:
    ran("repo-create", "theirs/shop", "--type", "hg", "--owner", "bob", "-c", str(ini))
    command = ("user-delete", "bob", "--transfer-to", "admin", "-c", str(ini))
    told = "Who gains:\n  admin owns repository: theirs/shop\n  admin owns group: theirs\n"

    assert ran(*command, "--dry-run").output == f"{told}Nothing was changed.\n"
    refused = begun(*command, typed="n\n")

    assert (refused.exit_code, refused.output.startswith(told)) == (1, True)
    assert access_of(ini, "bob", "theirs/shop") is Access.ADMIN
    assert ran(*command, typed="y\n").output.endswith("Deleted bob. 2 things went to admin.\n")
