"""Checks of passwords cost much, so few run at once; who checked one is remembered for a while."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from kallithea.lib.errors import Unavailable
from kallithea.lib.passwords import Passwords

PATIENCE = 60.0


class SlowHasher(PasswordHasher):
    """Checks a password until it is told to end."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.end = threading.Event()
        self.begun = threading.Semaphore(0)

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.begun.release()
        self.end.wait(PATIENCE)
        return True


@pytest.fixture(name="slow")
def _slow() -> Iterator[SlowHasher]:
    hasher = SlowHasher()
    yield hasher
    hasher.end.set()


def test_guessers_do_not_make_everybody_wait_for_ever(slow: SlowHasher) -> None:
    passwords = Passwords(slow, patience=0.01)
    places = os.cpu_count() or 1
    for number in range(places):
        threading.Thread(target=passwords.verify, args=(number, "hash", "guess"), daemon=True).start()
        assert slow.begun.acquire(timeout=PATIENCE)

    with pytest.raises(Unavailable):
        passwords.verify(99, "hash", "password")


def test_a_password_that_was_right_needs_no_second_check(slow: SlowHasher) -> None:
    slow.end.set()
    passwords = Passwords(slow, patience=PATIENCE)
    passwords.verify(1, "hash", "password")
    slow.begun.acquire()

    assert passwords.verify(1, "hash", "password")
    assert not slow.begun.acquire(blocking=False)


def test_another_hash_is_checked_anew(slow: SlowHasher) -> None:
    slow.end.set()
    passwords = Passwords(slow, patience=PATIENCE)
    passwords.verify(1, "hash", "password")
    slow.begun.acquire()

    passwords.verify(1, "the hash of another password", "password")

    assert slow.begun.acquire(blocking=False)
