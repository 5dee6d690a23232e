"""A cache in memory stays within its size; one behind it is shared, trusted with nothing, and missed by nobody."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kallithea.lib.cache import SizedCache
from kallithea.lib.errors import ConfigError
from kallithea.lib.shared_cache import LARGEST, RedisRemote, Remote, SharedCache
from tests.redis_server import RedisServer, running_redis

SECRET = "0123456789abcdef"
KEY = ("summary", 1, ("page", "2"))
PAUSE = 0.2
PATIENCE = 60.0

Texts = tuple[str, ...]


def packed(texts: Texts) -> bytes:
    return json.dumps(texts).encode("ascii")


def unpacked(content: bytes) -> Texts:
    return tuple(json.loads(content))


class Remembered:
    """A remote in memory, to look at what is put into it."""

    largest = LARGEST

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.values.get(name)

    def put(self, name: str, value: bytes) -> None:
        self.values[name] = value


def process(remote: Remote, *, secret: str = SECRET) -> SharedCache[Texts]:
    """The cache as one process has it, with nothing in its own memory yet."""
    return SharedCache(SizedCache[Texts](1 << 20), remote, secret=secret, pack=packed, unpack=unpacked, size=len)


@pytest.fixture(name="remote")
def _remote() -> Remembered:
    return Remembered()


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


def test_the_least_recently_used_goes_first() -> None:
    cache = SizedCache[str](80)
    for key in "abcdefgh":
        cache.put(key, key, 10)
    cache.get("a")

    cache.put("i", "i", 10)

    assert cache.get("a") == "a"
    assert cache.get("b") is None


def test_what_would_push_out_many_is_not_kept() -> None:
    cache = SizedCache[str](80)

    cache.put("large", "large", 11)

    assert len(cache) == 0


def test_what_one_process_keeps_another_finds(remote: Remembered) -> None:
    process(remote).put(KEY, ("<h1>", "ü\ud800"), 10)

    assert process(remote).get(KEY) == ("<h1>", "ü\ud800")


def test_what_another_process_kept_is_fetched_once(remote: Remembered) -> None:
    process(remote).put(KEY, ("text",), 10)
    other = process(remote)
    other.get(KEY)
    remote.values.clear()

    assert other.get(KEY) == ("text",)


def test_another_key_finds_nothing(remote: Remembered) -> None:
    process(remote).put(KEY, ("text",), 10)

    assert process(remote).get(("summary", 1, ("page", "3"))) is None


def test_another_instance_finds_nothing(remote: Remembered) -> None:
    process(remote).put(KEY, ("text",), 10)

    assert process(remote, secret="another secret 16").get(KEY) is None


@pytest.mark.parametrize(
    "harm",
    [
        lambda value: b"",
        lambda value: b"\x80\x04\x95 a pickle that runs something",
        lambda value: value[:-1],
        lambda value: value[:40] + bytes([value[40] ^ 1]) + value[41:],
        lambda value: value[:32] + b"<script>alert(1)</script>",
        lambda value: bytes(len(value)),
    ],
    ids=["empty", "pickle", "cut off", "one bit", "markup", "zeros"],
)
def test_what_somebody_else_wrote_is_not_used(remote: Remembered, harm: object) -> None:
    process(remote).put(KEY, ("text" * 100,), 10)
    assert callable(harm)
    remote.values = {name: harm(value) for name, value in remote.values.items()}

    assert process(remote).get(KEY) is None


def test_a_value_moved_to_another_key_is_not_used(remote: Remembered) -> None:
    process(remote).put("private", ("secret",), 10)
    process(remote).put("public", ("open",), 10)
    private, public = remote.values

    remote.values[public] = remote.values[private]

    assert process(remote).get("public") is None


def test_keys_tell_nothing(remote: Remembered) -> None:
    process(remote).put("a/private/repository", ("text",), 10)

    assert "private" not in "".join(remote.values)


def test_what_is_very_large_stays_in_this_process(remote: Remembered) -> None:
    letters = "".join(chr(33 + (number * number) % 90 + number % 3) for number in range(100))
    process(remote).put(KEY, ("".join(f"{letters}{number * 7919 % 100_003}" for number in range(LARGEST // 5)),), LARGEST)

    assert all(len(value) <= LARGEST for value in remote.values.values())


def test_processes_share_what_is_in_redis(server: RedisServer) -> None:
    process(RedisRemote(server.url)).put(KEY, ("text",), 10)

    assert process(RedisRemote(server.url)).get(KEY) == ("text",)


def test_what_is_in_redis_expires(server: RedisServer) -> None:
    process(RedisRemote(server.url)).put(KEY, ("text",), 10)

    with server.client() as client:
        assert all(0 < client.ttl(name) <= 24 * 3600 for name in client.scan_iter())


def test_a_value_of_another_type_in_redis_is_not_used(server: RedisServer) -> None:
    process(RedisRemote(server.url)).put("typed", ("text",), 10)
    with server.client() as client:
        for name in client.scan_iter():
            client.delete(name)
            client.rpush(name, "a list")

    assert process(RedisRemote(server.url)).get("typed") is None


def test_an_outage_is_told_once_and_ends_by_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with running_redis(tmp_path) as server:
        cache, remote = SizedCache[Texts](1 << 20), RedisRemote(server.url, pause=PAUSE)
        shared = SharedCache[Texts](cache, remote, secret=SECRET, pack=packed, unpack=unpacked, size=len)
        shared.put("before", ("kept",), 10)
        server.stop()

        found = [shared.get(number) for number in range(50)]
        shared.put("meanwhile", ("in memory",), 10)

        assert found == [None] * 50
        assert shared.get("meanwhile") == ("in memory",)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        server.start()
        until = time.monotonic() + PATIENCE
        while (found_again := process(RedisRemote(server.url)).get("after")) is None and time.monotonic() < until:
            shared.put("after", ("kept",), 10)
            time.sleep(PAUSE / 4)
        assert found_again == ("kept",)
        assert "answers again" in caplog.records[-1].message


def test_what_cannot_be_reached_costs_one_short_wait() -> None:
    # An address for documentation (RFC 5737): nobody answers there.
    shared = process(RedisRemote("redis://192.0.2.1:6379/0", timeout=0.05, pause=PATIENCE))
    shared.get("first")
    begin = time.perf_counter()

    for number in range(1000):
        shared.get(number)

    assert time.perf_counter() - begin < 10


def test_an_address_that_makes_no_sense_stops_the_start() -> None:
    with pytest.raises(ConfigError):
        RedisRemote("redis://host:port/0")
