"""Passwords: argon2id hashes, and a short memory of checks that succeeded.

A check costs 64 MiB and a tenth of a second, and git authenticates on every request; so a verified password is remembered for
five minutes in this process. Failures are never remembered.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kallithea.lib.access_tokens import begins_as_token
from kallithea.lib.errors import Invalid, Unavailable
from kallithea.lib.known_passwords import is_about, is_well_known

MIN_LENGTH = 12
MAX_LENGTH = 1000
REMEMBERED_FOR = 300.0
"""Seconds that a successful check is remembered."""
REMEMBERED_AT_MOST = 10_000
PATIENCE = 10.0
"""Seconds that a check waits for others."""


def checked_new_password(password: str, *, field: str = "password", about: Sequence[str] = ()) -> str:
    """The password if it may be chosen. Raises Invalid with the reason.

    `about` are the names and addresses of who chooses it. Which kinds of characters it has does not matter: such rules make
    passwords that are hard to remember and easy to guess.
    """
    if len(password) < MIN_LENGTH:
        reason = (
            f"A password has at least {MIN_LENGTH} characters; this one has {len(password)}. Several words are easy to keep."
        )
    elif len(password) > MAX_LENGTH:
        reason = f"A password has at most {MAX_LENGTH} characters."
    elif is_about(password, about):
        reason = "A password is not the name or the address of its owner, whatever is put around it."
    elif is_well_known(password):
        reason = "This password is among the first that anybody would try. Choose one that is less usual."
    elif begins_as_token(password):
        reason = "A password does not begin as tokens do; choose another beginning."
    else:
        return password
    raise Invalid(reason, fields={field: reason})


def generated_password() -> str:
    """A random password that can be typed: 20 characters, about 95 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))


class Passwords:
    """Hashes and checks passwords; one per process. At most as many checks run at once as there are cores."""

    def __init__(self, hasher: PasswordHasher | None = None, *, patience: float = PATIENCE) -> None:
        self._hasher = hasher or PasswordHasher()
        self._patience = patience
        self._at_once = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._secret = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()
        self._nobody: str | None = None

    def hash(self, password: str) -> str:
        """The argon2id hash to store."""
        with self._turn():
            return self._hasher.hash(password)

    def verify(self, user_id: int, stored: str, password: str) -> bool:
        """Whether this is the password of an account that was just read as active.

        The memory is keyed by the stored hash too, so a changed password is forgotten at once.
        """
        key = self._key(user_id, stored, password)
        if self._is_remembered(key):
            return True
        if not self._matches(stored, password):
            return False
        with self._lock:
            self._remembered[key] = time.monotonic() + REMEMBERED_FOR
            self._remembered.move_to_end(key)
            while len(self._remembered) > REMEMBERED_AT_MOST:
                self._remembered.popitem(last=False)
        return True

    def verify_nobody(self, password: str) -> None:
        """Take as long as a failed check, so that time does not tell which names exist."""
        if self._nobody is None:
            self._nobody = self.hash(secrets.token_urlsafe())
        self._matches(self._nobody, password)

    def _matches(self, stored: str, password: str) -> bool:
        if len(password) > MAX_LENGTH:
            return False
        with self._turn():
            try:
                return self._hasher.verify(stored, password)
            except (VerificationError, InvalidHashError):
                return False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One of the few checks at once. Raises Unavailable rather than have guessers take every thread of the server."""
        if not self._at_once.acquire(timeout=self._patience):
            raise Unavailable("The server is busy checking passwords.", hint="Try again in a moment.")
        try:
            yield
        finally:
            self._at_once.release()

    def _is_remembered(self, key: bytes) -> bool:
        with self._lock:
            until = self._remembered.get(key)
            if until is None:
                return False
            if until < time.monotonic():
                del self._remembered[key]
                return False
            return True

    def _key(self, user_id: int, stored: str, password: str) -> bytes:
        text = f"{user_id}\0{stored}\0{password}".encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, text, hashlib.sha256).digest()
