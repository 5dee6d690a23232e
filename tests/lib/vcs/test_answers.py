"""What clients are answered is kept from the second time on, and nothing that is not whole or not right."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kallithea.lib.vcs import answers
from kallithea.lib.vcs.answers import AnswerCache
from kallithea.lib.vcs.errors import RepositoryMissing
from kallithea.lib.vcs.requests import WireReply


class Program:
    """Makes answers, and counts them."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.runs = 0
        self.closed = 0

    def make(self) -> WireReply:
        self.runs += 1
        return WireReply("application/x-answer", self, (("X-Name", "value"),), "200 Fine")

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def __next__(self) -> bytes:
        raise StopIteration

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(name="cache")
def _cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "answers")


def ask(cache: AnswerCache, program: Program, *key: str, is_right: Callable[[], bool] = lambda: True) -> bytes:
    return b"".join(cache.kept(key or ("a key",), program.make, is_right=is_right).chunks)


def test_the_second_answer_is_kept(cache: AnswerCache) -> None:
    program = Program(b"one", b"two" * 100_000)
    whole = b"".join(program.chunks)

    said = [ask(cache, program) for _ in range(5)]

    assert said == [whole] * 5
    assert program.runs == 2


def test_all_of_an_answer_comes_back(cache: AnswerCache) -> None:
    program = Program(b"said")
    ask(cache, program)
    ask(cache, program)

    reply = cache.kept(("a key",), program.make, is_right=lambda: True)

    assert (reply.content_type, reply.headers, reply.status) == ("application/x-answer", (("X-Name", "value"),), "200 Fine")
    assert list(reply.chunks) == [b"said"]


def test_an_empty_answer_is_one(cache: AnswerCache) -> None:
    program = Program()
    assert [ask(cache, program) for _ in range(3)] == [b""] * 3
    assert program.runs == 2


def test_another_question_has_an_answer_of_its_own(cache: AnswerCache) -> None:
    one, other = Program(b"one"), Program(b"other")
    for _ in range(3):
        assert ask(cache, one, "ab", "c") == b"one"
        assert ask(cache, other, "a", "bc") == b"other"


def test_an_answer_that_breaks_off_is_not_kept_and_ends_who_makes_it(cache: AnswerCache) -> None:
    program = Program(b"one", b"two")
    ask(cache, program)
    for _ in range(3):
        chunks = cache.kept(("a key",), program.make, is_right=lambda: True).chunks
        assert next(chunks) == b"one"
        chunks.close()  # type: ignore[attr-defined]
    assert program.runs == 4
    assert program.closed == 3


def test_what_turns_out_wrong_is_not_kept(cache: AnswerCache) -> None:
    program = Program(b"half")
    for _ in range(4):
        assert ask(cache, program, is_right=lambda: False) == b"half"
    assert program.runs == 4


def test_an_answer_ends_in_peace_although_its_repository_is_gone_by_then(cache: AnswerCache) -> None:
    def is_right() -> bool:
        raise RepositoryMissing("It was deleted meanwhile.")

    program = Program(b"all of it")
    for _ in range(3):
        assert ask(cache, program, is_right=is_right) == b"all of it"
    assert program.runs == 3


def test_what_is_too_large_is_made_anew_and_written_once(
    cache: AnswerCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(answers, "LARGEST", 10)
    program = Program(b"12345", b"678901")
    for _ in range(4):
        assert ask(cache, program) == b"12345678901"
    assert program.runs == 4
    assert not [path for path in (tmp_path / "answers").rglob("*") if path.is_file()]


@pytest.mark.parametrize("left", [0, 1, 15, 16, 40])
def test_a_file_that_lost_its_end_is_made_anew(cache: AnswerCache, tmp_path: Path, left: int) -> None:
    program = Program(b"an answer of some length")
    ask(cache, program)
    ask(cache, program)
    (file,) = (path for path in (tmp_path / "answers").rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes()[:left])

    assert ask(cache, program) == b"an answer of some length"
    assert ask(cache, program) == b"an answer of some length"
    assert program.runs == 3


def test_a_file_of_zeros_is_made_anew(cache: AnswerCache, tmp_path: Path) -> None:
    program = Program(b"an answer of some length")
    ask(cache, program)
    ask(cache, program)
    (file,) = (path for path in (tmp_path / "answers").rglob("*") if path.is_file())
    file.write_bytes(bytes(file.stat().st_size))

    assert ask(cache, program) == b"an answer of some length"


def test_nobody_else_on_the_machine_may_look(cache: AnswerCache, tmp_path: Path) -> None:
    program = Program(b"private")
    ask(cache, program)
    ask(cache, program)
    assert (tmp_path / "answers").stat().st_mode & 0o777 == 0o700
