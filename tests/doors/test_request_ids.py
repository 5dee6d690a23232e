"""Page, client, header and log speak of a request under one id, and a log line is one line without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from webtest import TestApp, TestResponse

from kallithea.config.logging import JsonFormatter, PlainFormatter
from kallithea.config.proxies import UNIX
from kallithea.config.watched import Watched
from kallithea.lib import trace
from kallithea.services.prepared import Prepared
from tests.worlds import Browser, Hosted, World, failing_commits

FORMAT = "%(levelname)s %(name)s %(request_id)s %(message)s"


class Lines(logging.Handler):
    """Keeps the lines that a formatter makes."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self.setFormatter(formatter)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))

    def of(self, logger: str) -> list[str]:
        return [line for line in self.found if f" {logger} " in line or f'"{logger}"' in line]


@pytest.fixture(name="lines")
def _lines() -> Iterator[Lines]:
    yield from _listening(Lines(PlainFormatter(FORMAT)))


@pytest.fixture(name="json_lines")
def _json_lines() -> Iterator[Lines]:
    yield from _listening(Lines(JsonFormatter()))


def _listening(handler: Lines) -> Iterator[Lines]:
    logger = logging.getLogger("kallithea")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.fixture(scope="module", name="repository", params=["hg", "git"])
def _repository(world: World, request: pytest.FixtureRequest) -> Hosted:
    repository = world.repository(request.param)
    world.filled(repository, {"README.md": b"# Read me\n"})
    return repository


@pytest.fixture(name="visitor")
def _visitor(world: World) -> Browser:
    return world.browser(None)


def _id(answer: TestResponse) -> str:
    return str(answer.headers["X-Request-Id"])


def test_every_answer_has_an_id_of_its_own(visitor: Browser) -> None:
    assert len({_id(visitor.get(url)) for url in ("/", "/", "/no-such-thing", "/robots.txt", "/_health")}) == 5


def test_the_log_has_one_line_for_a_request_with_its_id(visitor: Browser, lines: Lines) -> None:
    answer = visitor.get("/no-such-thing")

    (line,) = lines.of("kallithea.requests")
    assert line.startswith(
        f"INFO kallithea.requests {_id(answer)} method=GET path=/no-such-thing status=404 bytes={len(answer.body)} ms="
    )


def test_the_line_names_door_and_account_but_no_names(world: World, repository: Hosted, lines: Lines) -> None:
    person = world.person()

    world.browser(person).get(f"{repository.url}/files/tip/README.md")

    (line,) = lines.of("kallithea.requests")
    assert f"door=repository.files.files user={person.id} " in line


def test_json_has_a_member_for_each_value(visitor: Browser, json_lines: Lines) -> None:
    answer = visitor.get("/")

    found = json.loads(json_lines.of("kallithea.requests")[0])
    assert (found["request_id"], found["status"], found["door"], found["bytes"]) == (
        _id(answer),
        200,
        "home.index",
        len(answer.body),
    )


def test_requests_of_clients_are_logged_with_the_command_for_a_door(
    world: World, visitor: Browser, repository: Hosted, lines: Lines
) -> None:
    url, door = {
        "hg": (f"{repository.url}?cmd=capabilities", "hg.capabilities"),
        "git": (f"{repository.url}/info/refs?service=git-upload-pack", "git.refs"),
    }[repository.kind]

    answer = visitor.get(url)

    assert f"status=200 bytes={len(answer.body)} " in lines.of("kallithea.requests")[0]
    assert f"door={door} " in lines.of("kallithea.requests")[0]


def test_the_page_of_a_failure_has_the_id_of_its_request(world: World, visitor: Browser, lines: Lines) -> None:
    with failing_commits(world.app.engine):
        answer = visitor.get("/")

    assert answer.status_int == 500
    assert _id(answer) in answer.text
    assert [f" {_id(answer)} incident {_id(answer)}: " in line for line in lines.of("kallithea.controllers.scope_wrapper")] == [
        True
    ]


def test_what_a_client_is_told_of_a_failure_has_the_id_of_its_request(
    visitor: Browser, repository: Hosted, lines: Lines
) -> None:
    url = {"hg": "?cmd=capabilities", "git": "/info/refs?service=git-upload-pack"}[repository.kind]
    with patch.object(Prepared, "ask", side_effect=RuntimeError("a defect")):
        answer = visitor.get(repository.url + url)

    assert answer.status_int == 500
    assert f"incident {_id(answer)}" in answer.text
    assert [f" {_id(answer)} incident {_id(answer)}: " in line for line in lines.of("kallithea.wire.front_door")] == [True]


def test_after_a_request_the_thread_works_for_none(visitor: Browser) -> None:
    visitor.get("/")

    assert trace.current() is None


# --- ids from proxies


def _asked(given: str, *, address: str, proxies: Any) -> str:
    """The id of a request that brings one."""

    def inside(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    wsgi = Watched(inside, proxies=proxies, slow=0)
    return _id(TestApp(wsgi, extra_environ={"REMOTE_ADDR": address}).get("/", headers={"X-Request-ID": given}))


def test_an_id_that_a_trusted_proxy_gave_is_kept(world: World) -> None:
    assert _asked("0af76519-16cd43dd", address="", proxies=(UNIX,)) == "0af76519-16cd43dd"


def test_an_id_that_anybody_else_gave_is_not(world: World) -> None:
    assert _asked("0af76519-16cd43dd", address="203.0.113.7", proxies=(UNIX,)) != "0af76519-16cd43dd"


@pytest.mark.parametrize(
    "given", ["short", "with space in it", "a" * 129, "first-id-1, second-id-2", "<script>alert</script>", "ä" * 9]
)
def test_an_id_that_is_not_well_formed_is_not_kept(given: str) -> None:
    assert _asked(given.encode().decode("latin-1"), address="", proxies=(UNIX,)) != given


# --- lines


def _said(formatter: logging.Formatter, message: str, *arguments: object, exc_info: Any = None) -> str:
    return formatter.format(logging.LogRecord("kallithea", logging.INFO, __file__, 1, message, arguments, exc_info))


@pytest.mark.parametrize("evil", ["\n", "\r", "\x1b[2J", "\x00", "\u2028", "\u202e", "\x85", "\x7f"])
def test_no_message_makes_a_second_line_or_moves_a_terminal(evil: str) -> None:
    line = _said(PlainFormatter(FORMAT), "before%safter", evil)

    assert line.isprintable()


@pytest.mark.parametrize("evil", ["\n", "\r", "\x1b[2J", "\x00", "\u2028", "\u202e"])
def test_no_message_makes_a_second_line_of_json(evil: str) -> None:
    line = _said(JsonFormatter(), "before%safter", evil)

    assert line.isprintable()
    assert json.loads(line)["message"] == f"before{evil}after"


def test_lines_of_a_traceback_cannot_be_taken_for_records() -> None:
    try:
        raise ValueError("forged\n2026-01-01 INFO [kallithea] all is well\x1b[1m")
    except ValueError as error:
        text = _said(PlainFormatter(FORMAT), "failed", exc_info=(ValueError, error, error.__traceback__))

    assert all(line.startswith("    ") and line.isprintable() for line in text.splitlines()[1:])


@pytest.mark.parametrize("path", ["/a%0Ab", "/a%1Bb", "/%E2%80%AEb", "/%00", "/a%22%20status=200"])
def test_no_path_makes_a_second_line(visitor: Browser, lines: Lines, path: str) -> None:
    visitor.get(path)

    (line,) = lines.of("kallithea.requests")
    assert line.isprintable()
    assert line.count(" status=4") == 1


def test_no_name_of_a_client_makes_a_second_value(visitor: Browser, lines: Lines) -> None:
    visitor.get("/", headers={"User-Agent": 'evil" user=1 \x1b'})

    assert lines.of("kallithea.requests")[0].endswith('client="evil\\" user=1 \\x1b"')


@pytest.mark.parametrize(
    "text",
    [
        "cannot open https://alice:hunter2secret@example.com/x",
        "cannot open postgresql+psycopg://kallithea:hunter2secret@localhost/x",
        "GET /x?token=hunter2secret&page=2",
        "password = hunter2secret",
        "{'password': 'hunter2secret and more'}",
        '{"api_key": "hunter2secret"}',
        "_session_csrf_secret_token=hunter2secret",
        "Authorization: Basic aHVudGVyMnNlY3JldA==hunter2secret",
        "Authorization: Bearer hunter2secret",
        "Cookie: kallithea=hunter2secret",
        "(sqlite3.IntegrityError) failed\n[SQL: INSERT INTO users]\n[parameters: ('alice', 'hunter2secret')]",
    ],
)
@pytest.mark.parametrize("formatter", [PlainFormatter(FORMAT), JsonFormatter()], ids=["plain", "json"])
def test_a_secret_is_in_no_line(formatter: logging.Formatter, text: str) -> None:
    assert "hunter2" not in _said(formatter, "%s", text)


def test_a_secret_is_in_no_traceback() -> None:
    try:
        raise ValueError("cannot open https://alice:hunter2secret@example.com/x")
    except ValueError as error:
        text = _said(PlainFormatter(FORMAT), "failed", exc_info=(ValueError, error, error.__traceback__))

    assert "hunter2" not in text.partition("Traceback")[2].rpartition("ValueError")[2]


@pytest.mark.parametrize("url", ["/?token=hunter2secret", "/_admin/login?came_from=hunter2secret", "/x?password=hunter2secret"])
def test_what_a_query_says_is_not_logged(visitor: Browser, lines: Lines, url: str) -> None:
    visitor.get(url)

    assert "hunter2" not in "".join(lines.found)


def test_a_wrong_password_is_not_logged(world: World, lines: Lines) -> None:
    world.browser(None).sign_in(world.person(), password="hunter2secret")

    assert "hunter2" not in "".join(lines.found)


def test_what_is_no_secret_stays() -> None:
    text = "web/shop: 3 branches, see https://example.com/a@b, 12:30:59, key=value"

    assert _said(PlainFormatter("%(message)s"), "%s", text) == text


# --- where the time goes


def test_a_slow_request_is_logged_with_its_statements(world: World, repository: Hosted, lines: Lines) -> None:
    slow = Watched(world.wsgi.inside, proxies=(), slow=1e-9)

    TestApp(slow).get(f"{repository.url}/changelog")

    line = next(line for line in lines.of("kallithea.slow"))
    assert line.startswith("WARNING kallithea.slow ")
    assert " sql_count=" in line
    assert "SELECT" in line


def test_the_time_of_a_page_is_told_in_parts(world: World, repository: Hosted) -> None:
    found: list[Any] = []
    watched = Watched(world.wsgi.inside, proxies=(), slow=0, observers=[found.append])

    TestApp(watched, extra_environ={"REMOTE_ADDR": "203.0.113.9"}).get(f"{repository.url}/changelog?size=7")

    done = found[0].trace
    assert 0 < done.sql < found[0].answered
    assert 0 < done.vcs < found[0].answered
    assert 0 < done.render < found[0].answered


def test_administrators_are_told_where_the_time_went(world: World) -> None:
    answer = world.browser(world.administrator).get("/")

    names = [part.partition(";dur=")[0] for part in answer.headers["Server-Timing"].split(", ")]
    assert names == ["total", "db", "vcs", "render"]


@pytest.mark.parametrize("who", ["visitor", "member"])
def test_nobody_else_is_told_how_long_anything_took(world: World, who: str) -> None:
    browser = world.browser(world.person() if who == "member" else None)

    assert "Server-Timing" not in browser.get("/").headers
