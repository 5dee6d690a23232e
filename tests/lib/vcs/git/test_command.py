"""A git that takes too long is killed, and whoever waited is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kallithea.lib.vcs.git.command import Git, GitFailed, TookTooLong


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    program, note = tmp_path / "git", tmp_path / "process"
    program.write_text(f'#!/bin/sh\necho $$ > "{note}"\nexec sleep 600\n')
    program.chmod(0o755)

    with pytest.raises(TookTooLong):
        Git(str(program)).run(tmp_path, "merge-base", seconds=1.0)

    assert subprocess.run(["kill", "-0", note.read_text().strip()], check=False, capture_output=True).returncode != 0


def test_a_command_that_works_meanwhile_ends_where_nobody_asks_for_what_it_says(tmp_path: Path) -> None:
    program, note = tmp_path / "git", tmp_path / "process"
    program.write_text(f'#!/bin/sh\necho $$ > "{note}"\nexec sleep 600\n')
    program.chmod(0o755)

    with Git(str(program)).meanwhile(tmp_path, "rev-list"):
        while not note.exists() or not note.read_text().endswith("\n"):
            pass

    assert subprocess.run(["kill", "-0", note.read_text().strip()], check=False, capture_output=True).returncode != 0


def test_a_command_that_works_meanwhile_tells_what_it_says_and_how_it_failed(tmp_path: Path) -> None:
    with Git().meanwhile(tmp_path, "version") as said:
        assert said().startswith(b"git version ")
    with pytest.raises(GitFailed, match="not a git repository"), Git().meanwhile(tmp_path, "rev-list", "HEAD") as said:
        said()
