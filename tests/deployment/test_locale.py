"""Letters of all scripts work in every environment that a server or a command may find itself in, or it says what to set."""

from __future__ import annotations

import html
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.clients.server import Hosted, Person, Server
from tests.deployment.servers import COMMANDS, PATIENCE, Instance, instance, program, running
from tests.deployment.story import FULL
from tests.ports import free_port

GROUP = "größe/репозиторий"
NAME = "日本語-ıİş"
FILE = "naïve/файл ığ.txt"
CONTENT = "zażółć gęślą jaźń 漢字\n"
BRANCH = "ветка-ß"
MESSAGE = "Überarbeitung: 変更 ığüş"
AUTHOR = "Zoë Ğül <zoe@example.com>"
PASSWORD = "pässwörd 密码 ı"

ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "none at all":            {},
    "LANG=C":                 {"LANG": "C"},
    "LC_ALL=POSIX":           {"LC_ALL": "POSIX"},
    "C.UTF-8":                {"LC_ALL": "C.UTF-8"},
    "en_US.UTF-8":            {"LANG": "en_US.UTF-8"},
    "Turkish":                {"LC_ALL": "tr_TR.UTF-8"},
    "not installed":          {"LC_ALL": "xx_XX"},
    "C, output as ASCII":     {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
    "C, output as Latin-1":   {"LANG": "C", "PYTHONIOENCODING": "latin-1:strict"},
    "C, no UTF-8 mode asked": {"LANG": "C", "PYTHONUTF8": "0"},
}  # fmt: skip
"""Whatever else is set about language in the environment of the tests is taken away."""

every_environment = pytest.mark.parametrize("said", ENVIRONMENTS.values(), ids=ENVIRONMENTS)


def without_language(said: Mapping[str, str]) -> dict[str, str]:
    """The environment of the tests with nothing about language but this."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "PYTHONIO", "PYTHONUTF8", "HG")) and name not in ("LANG", "LANGUAGE")
    }
    return {**kept, **said}


@pytest.fixture(name="made", scope="module")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with instance(tmp_path_factory.mktemp("größe ı 漢"), "http_server=waitress") as made:
        yield made


@pytest.fixture(name="latin", scope="module")
def _latin(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment in an encoding of the past."""
    folder = tmp_path_factory.mktemp("locales")
    name = "tr_TR.ISO-8859-9"
    command = [program("localedef"), "-i", "tr_TR", "-f", "ISO-8859-9", str(folder / name)]
    if subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode > 1 or not (folder / name).exists():
        pytest.skip("the sources of locales are not installed (Debian package locales)")
    return {"LOCPATH": str(folder), "LC_ALL": name}


def cli(made: Instance, said: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run kallithea-cli in an environment, with its output in a pipe."""
    return subprocess.run(
        [program("kallithea-cli"), *arguments, "-c", str(made.ini)],
        env=without_language(said),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )


def printed(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a command printed, the letters that its output did not allow read as they were escaped."""
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    text = done.stdout
    return text.decode("unicode_escape") if text.isascii() else text.decode("utf-8")


def number(said: Mapping[str, str]) -> int:
    return [*ENVIRONMENTS.values()].index(said)


@every_environment
def test_a_command_stores_and_prints_a_name_letter_by_letter(made: Instance, said: Mapping[str, str]) -> None:
    path = f"cli{number(said)}/{GROUP}/{NAME}"

    done = cli(made, said, "repo-create", path, "--type", "git")

    with made.app.system_scope() as scope:
        assert scope.access.at(path) is not None
    if said.get("PYTHONIOENCODING") == "latin-1:strict":
        assert done.returncode == 0
        assert "größe".encode("latin-1") in done.stdout
    else:
        assert path in printed(done)


def test_an_error_about_a_name_is_a_sentence(made: Instance) -> None:
    said = ENVIRONMENTS["C, output as ASCII"]

    done = cli(made, said, "user-create", "Zoë-Ğül", "--email", "zoe@example.com", "--password", PASSWORD)

    assert done.returncode == 4
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("said", [{}, ENVIRONMENTS["C, no UTF-8 mode asked"]], ids=["none at all", "no UTF-8 mode asked"])
def test_a_repository_with_such_a_name_is_adopted(made: Instance, said: Mapping[str, str]) -> None:
    path = f"adopted{len(said)}-größe-漢字"
    folder = made.app.settings.repos_path / path
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True, capture_output=True, timeout=PATIENCE)

    cli(made, said, "repo-scan")

    with made.app.system_scope() as scope:
        assert scope.access.at(path) is not None


SERVERS = ["none at all", "LC_ALL=POSIX", "Turkish", "C, no UTF-8 mode asked"]
if FULL:
    SERVERS += ["LANG=C", "C.UTF-8", "en_US.UTF-8"]


@pytest.fixture(name="server", scope="module", params=[ENVIRONMENTS[name] for name in SERVERS], ids=SERVERS)
def _server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in each environment, of an instance of its own in a folder with such a name."""
    port = free_port()
    gearbox, *arguments = COMMANDS["waitress"]
    environment = [f"{name}={value}" for name, value in without_language(request.param).items()]
    command = ["env", "-i", *environment, program(gearbox), *arguments]
    with (
        instance(tmp_path_factory.mktemp("größe ı 漢"), "http_server=waitress", f"port={port}") as made,
        running(made, command, f"127.0.0.1:{port}") as server,
    ):
        yield server


@pytest.fixture(name="filled", scope="module", params=["hg", "git"])
def _filled(request: pytest.FixtureRequest, server: Server) -> Hosted:
    """A repository that a real client has pushed to, with such letters wherever there can be some."""
    kind: str = request.param
    pusher = server.user(f"pusher-{kind}")
    repository = server.repository(kind=kind, path=f"{GROUP}/{kind}/{NAME}", writers=[pusher], public=True)
    address = quote(repository.path)
    language = {"LC_ALL": "C.UTF-8", "GIT_AUTHOR_NAME": AUTHOR.partition(" <")[0], "HGUSER": AUTHOR}
    work = Person(server, pusher.name, pusher.password, language).clone(repository, path=address)
    if kind == "git":
        work.runs("checkout", "--quiet", "-b", BRANCH)
    else:
        work.runs("branch", BRANCH)
    outcome = work.commit(FILE, CONTENT, MESSAGE).push()
    assert outcome.worked, outcome.text
    return repository


def shown(server: Server, repository: Hosted, page: str) -> str:
    """A page as a person reads it."""
    answer = server.request("GET", quote(f"/{repository.path}{page}"))
    assert answer.status == 200, answer.body
    return html.unescape(answer.body.decode())


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/changelog", (GROUP.partition("/")[2], NAME, BRANCH, MESSAGE, AUTHOR.partition(" <")[0])),
        (f"/files/{BRANCH}/{FILE}", (CONTENT.strip(), "файл ığ.txt")),
        ("/branches", (BRANCH,)),
    ],
    ids=["history", "file", "branches"],
)
def test_pages_show_what_was_pushed(server: Server, filled: Hosted, page: str, words: tuple[str, ...]) -> None:
    text = shown(server, filled, page)

    assert [word for word in words if word not in text] == []


def test_a_clone_has_the_same_names(server: Server, filled: Hosted) -> None:
    work = Person(server, more={"LC_ALL": "C.UTF-8"}).clone(filled, "--branch", BRANCH, path=quote(filled.path))

    assert (work.folder / FILE).read_text(encoding="utf-8") == CONTENT


def test_the_raw_file_has_its_bytes(server: Server, filled: Hosted) -> None:
    answer = server.request("GET", quote(f"/{filled.path}/raw/{BRANCH}/{FILE}"))

    assert answer.body == CONTENT.encode()


def test_nothing_of_it_is_a_failure_in_the_log(server: Server, filled: Hosted) -> None:
    shown(server, filled, "/changelog")

    text = (server.folder / "server.log").read_bytes().decode("utf-8", "replace")
    assert [line for line in text.splitlines() if "Error" in line] == []


def test_a_server_in_an_encoding_of_the_past_says_what_to_set(made: Instance, latin: Mapping[str, str]) -> None:
    done = subprocess.run(
        [program("gearbox"), "serve", "-c", str(made.ini)],
        cwd=made.folder,
        env=without_language(latin),
        capture_output=True,
        timeout=PATIENCE,
    )

    assert done.returncode == 1
    assert b"has to be UTF-8" in done.stderr
    assert b"LC_ALL=C.UTF-8" in done.stderr


def test_uwsgi_in_an_encoding_of_the_past_says_what_to_set_there(latin: Mapping[str, str], tmp_path: Path) -> None:
    with instance(tmp_path, "http_server=uwsgi", f"port={free_port()}") as made:
        done = subprocess.run(
            [program("uwsgi"), "--ini-paste-logged", str(made.ini)],
            cwd=made.folder,
            env=without_language(latin),
            capture_output=True,
            timeout=PATIENCE,
        )

    assert b"env = LC_ALL=C.UTF-8" in done.stdout + done.stderr


def test_a_command_in_an_encoding_of_the_past_works_in_utf8_all_the_same(made: Instance, latin: Mapping[str, str]) -> None:
    path = f"past/{GROUP}/{NAME}"

    assert path in printed(cli(made, latin, "repo-create", path, "--type", "git"))
    with made.app.system_scope() as scope:
        assert scope.access.at(path) is not None
