"""The file that sshd reads: whole at any time, ours in the middle of what others wrote."""

from __future__ import annotations

import shlex
import threading
from pathlib import Path

import pytest

from kallithea.lib.authorized_keys import BEGIN, END, ForcedCommand, KeyFile
from kallithea.lib.errors import ConfigError, Unavailable

COMMAND = ForcedCommand(Path("/usr/bin/python3"), Path("/opt/a folder/client.py"), Path('/srv/o"dd\\one/s'))
KEYS = [("SHA256:abc", "ssh-ed25519 AAAA")]


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / ".ssh" / "authorized_keys", COMMAND)


def written(file: KeyFile, keys: list[tuple[str, str]]) -> str:
    file.write(lambda: keys)
    return file.path.read_text()


def test_a_line_forbids_everything_but_its_command() -> None:
    line = COMMAND.line(*KEYS[0])

    assert line.startswith('restrict,command="exec ')
    assert line.endswith('" ssh-ed25519 AAAA')


def test_odd_folders_come_through_both_quotings() -> None:
    quoted = COMMAND.line(*KEYS[0]).removeprefix('restrict,command="').removesuffix('" ssh-ed25519 AAAA')

    # sshd takes the backslashes before quotes and backslashes away (sshd(8)), then a shell reads the rest.
    words = shlex.split(quoted.replace('\\"', '"').replace("\\\\", "\\"))

    assert words == ["exec", *COMMAND.words("serve"), "SHA256:abc"]


def test_the_file_is_made_with_its_folder_for_the_owner_alone(file: KeyFile) -> None:
    assert written(file, KEYS) == f"{BEGIN}{COMMAND.line(*KEYS[0])}\n{END}"
    assert (file.path.stat().st_mode & 0o777, file.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_lines_of_others_stay(file: KeyFile) -> None:
    written(file, KEYS)
    file.path.write_text(f"# before\nssh-rsa BBBB me\n{file.path.read_text()}# behind")

    text = written(file, [])

    assert text == f"# before\nssh-rsa BBBB me\n{BEGIN}{END}# behind"


def test_a_file_without_our_lines_gets_them_at_its_end(file: KeyFile) -> None:
    file.path.parent.mkdir()
    file.path.write_bytes(b"ssh-rsa BBBB m\xffe")

    file.write(list)

    assert file.path.read_bytes() == f"ssh-rsa BBBB m?e\n{BEGIN}{END}".encode().replace(b"?", b"\xff")


def test_a_damaged_file_is_left_alone(file: KeyFile) -> None:
    written(file, KEYS)
    damaged = file.path.read_text().removesuffix(END)
    file.path.write_text(damaged)

    with pytest.raises(ConfigError):
        file.write(list)

    assert file.path.read_text() == damaged


def test_of_two_writers_the_last_one_knows_what_both_did(file: KeyFile) -> None:
    """Each adds a key and then writes: whoever comes last reads the keys after both."""
    known: list[tuple[str, str]] = []

    def add(number: int) -> None:
        known.append((f"SHA256:{number}", f"ssh-ed25519 {number}"))
        file.write(lambda: list(known))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert file.path.read_text().count("restrict,") == 20


def test_nothing_is_left_behind(file: KeyFile) -> None:
    written(file, KEYS)

    with pytest.raises(ZeroDivisionError):
        file.write(lambda: [("SHA256:abc", str(1 // 0))])

    assert sorted(path.name for path in file.path.parent.iterdir()) == [".authorized_keys.lock", "authorized_keys"]
    assert file.path.read_text().count("restrict,") == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()

    with pytest.raises(Unavailable):
        KeyFile(tmp_path / "a-file" / "authorized_keys", COMMAND).write(list)
