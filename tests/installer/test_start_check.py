"""What a person is told where a release that was checked is not well."""

from __future__ import annotations

from kallithea.installer.start_check import found
from kallithea.selfcheck.checks import Check, Result, Status
from kallithea.selfcheck.report import as_line


def line(title: str, status: Status, said: str, hint: str = "") -> str:
    check = Check(f"environment.{title}", title, lambda _world: "", quick=True, needs=())
    return as_line(Result(check, status, said, hint, 0.25))


def test_the_first_check_that_failed_is_told_with_its_hint() -> None:
    said = [
        line("git", Status.OK, "2.39"),
        line("the disk", Status.FAILED, "1 MB is free", "Free some."),
        line("clones", Status.FAILED, "nothing came", "Look at the log."),
        line("pushes", Status.NOT_CHECKED, "it needs clones"),
        "1 good, 2 failed, 1 not checked, in 1.0 s",
    ]
    refusal = found("\n".join(said))
    assert (refusal.message, refusal.hint) == ("The self-check failed: the disk: 1 MB is free (1 more failed)", "Free some.")


def test_one_without_a_hint() -> None:
    refusal = found(line("the disk", Status.FAILED, "1 MB is free") + "\n" + line("clones", Status.OK, "fine", "unasked"))
    assert (refusal.message, refusal.hint) == ("The self-check failed: the disk: 1 MB is free", None)


def test_what_kept_it_from_being_checked_is_told() -> None:
    refusal = found("error: The database was made by a newer release.\nhint: Install that one.\n")
    assert (refusal.message, refusal.hint) == ("The database was made by a newer release.", "Install that one.")
    assert found("Killed").message == "The self-check failed: Killed"
