"""How the command line says what went wrong."""

import click
import pytest

from kallithea import cli
from kallithea.lib import errors


def run(monkeypatch: pytest.MonkeyPatch, raised: BaseException) -> int:
    """The exit code of the command line whose only command ends with the error."""

    @click.command()
    def fail() -> None:
        raise raised

    monkeypatch.setattr(cli, "cli", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_an_error_is_one_line_and_its_hint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, errors.NotFound("There is no x.", hint="Look for y."))
    assert capsys.readouterr().err == "error: There is no x.\nhint: Look for y.\n"


def test_the_fields_of_invalid_input_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, errors.Invalid("This cannot be used.", fields={"email": "has no @"}))
    assert capsys.readouterr().err == "error: This cannot be used.\n  email: has no @\n"


def test_the_exit_code_is_that_of_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, errors.Conflict("x")) == cli.EXIT_CODES[errors.Conflict]


def test_a_class_without_a_code_has_that_of_its_parent() -> None:
    class Taken(errors.Conflict):
        pass

    assert cli.exit_code(Taken("x")) == cli.EXIT_CODES[errors.Conflict]


def test_no_two_classes_share_an_exit_code() -> None:
    codes = [0, 1, 2, cli.EXIT_DEFECT, *cli.EXIT_CODES.values()]
    assert len(codes) == len(set(codes))


def test_a_defect_ends_with_its_own_code(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, ZeroDivisionError()) == cli.EXIT_DEFECT


def test_a_defect_is_logged_under_the_incident_that_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    run(monkeypatch, ZeroDivisionError())
    incident = capsys.readouterr().err.partition("incident ")[2].partition(")")[0]
    assert f"incident {incident}:" in caplog.text


def test_an_interrupted_command_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, KeyboardInterrupt())
    assert "Aborted!" in capsys.readouterr().err
