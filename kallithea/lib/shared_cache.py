"""Caches behind the memory of a process: on the disk, or in a Redis or Valkey that several machines share.

Nothing depends on them: what is not there is made anew. They are trusted with nothing either: a value carries a signature over
itself and its key that only processes with the secret of this instance can make, so what another program wrote, moved from
one key to another, or left half written, is thrown away before anybody looks into it; and values are plain texts, which run
nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import threading
import time
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from kallithea.lib.cache import Cache
from kallithea.lib.disk_cache import DiskCache
from kallithea.lib.errors import ConfigError

log = logging.getLogger(__name__)

V = TypeVar("V")

KEPT_FOR = 24 * 3600
"""Seconds."""
LARGEST_FILE = 8 << 20
"""Bytes of a value, packed, that is kept on disk: some hundred thousand lines."""
LARGEST = 1 << 20
"""Bytes of a value, packed, that is kept; larger ones are rare, and would push many small ones out."""
TIMEOUT = 0.25
"""Seconds that an answer of the server is worth waiting for: making the page anew takes no longer."""
PAUSE = 5.0
"""Seconds without a try after the server failed."""
_SIGNATURE = 32


class Remote(Protocol):
    """Bytes by name, somewhere else; `str` of it is what a log calls it."""

    @property
    def largest(self) -> int:
        """Bytes of a value, without its signature, that is worth keeping there."""
        ...

    def get(self, name: str) -> bytes | None: ...

    def put(self, name: str, value: bytes) -> None: ...


class SharedCache(Generic[V]):
    """A cache over two: the memory of this process first, then one that others fill as well.

    Keys must have the same `repr` in every process, and say which release made the value. `unpack` gets back what `pack` made;
    `size` is how many bytes a value takes in memory.
    """

    def __init__(
        self,
        near: Cache[V],
        remote: Remote,
        *,
        secret: str,
        pack: Callable[[V], bytes],
        unpack: Callable[[bytes], V],
        size: Callable[[V], int],
    ) -> None:
        self._near = near
        self._remote = remote
        self._secret = hashlib.sha256(f"shared cache\0{secret}".encode()).digest()
        self._pack = pack
        self._unpack = unpack
        self._size = size

    def get(self, key: Hashable) -> V | None:
        found = self._near.get(key)
        if found is not None:
            return found
        name = self._name(key)
        packed = self._remote.get(name)
        value = self._opened(name, packed) if packed else None
        if value is not None:
            self._near.put(key, value, self._size(value))
        return value

    def put(self, key: Hashable, value: V, size: int) -> None:
        self._near.put(key, value, size)
        name = self._name(key)
        content = self._pack(value)
        if len(content) <= self._remote.largest:
            self._remote.put(name, self._signature(name, content) + content)

    def _name(self, key: Hashable) -> str:
        """The key for others to see: without the secret, nobody can tell what it stands for."""
        return f"kallithea:{hmac.new(self._secret, repr(key).encode('utf-8', 'surrogatepass'), hashlib.sha256).hexdigest()}"

    def _opened(self, name: str, packed: bytes) -> V | None:
        signature, content = packed[:_SIGNATURE], packed[_SIGNATURE:]
        if hmac.compare_digest(signature, self._signature(name, content)):
            return self._unpack(content)
        log.warning("%s has a value that is broken or not ours; it is not used.", self._remote)
        return None

    def _signature(self, name: str, content: bytes) -> bytes:
        return hmac.new(self._secret, name.encode("ascii") + b"\0" + content, hashlib.sha256).digest()


class DiskRemote:
    """Files below a folder of this machine, up to a number of bytes; they outlive the process."""

    largest = LARGEST_FILE

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._files = DiskCache(folder, most_bytes)

    def __str__(self) -> str:
        return "The cache on disk"

    def get(self, name: str) -> bytes | None:
        file = self._files.open(name)
        if file is None:
            return None
        try:
            with file:
                return file.read(LARGEST_FILE + _SIGNATURE)
        except OSError as error:
            log.warning("%s cannot be read: %s", self, error.strerror)
            return None

    def put(self, name: str, value: bytes) -> None:
        with self._files.writing(name) as file:
            file.write(value)


class RedisRemote:
    """A Redis or Valkey. While it cannot be reached there is nothing in it, and only one request in a while finds that out."""

    largest = LARGEST

    def __str__(self) -> str:
        return "The shared cache"

    def __init__(self, url: str, *, timeout: float = TIMEOUT, pause: float = PAUSE) -> None:
        """Raises ConfigError where the client is not installed or cannot use the address."""
        try:
            # Not at the top: it is installed only where it is used.
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise ConfigError(
                "cache_url is set, and the client of Redis is not installed.", hint="pip install kallithea[redis]"
            ) from error
        try:
            self._client = redis.Redis.from_url(
                url,
                socket_connect_timeout=timeout,
                socket_timeout=timeout,
                # One more try, for a connection that ended since it was last used.
                retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            )
        except ValueError as error:
            raise ConfigError("The setting cache_url cannot be used.", hint=f"Accepted is {ACCEPTED_URLS}.") from error
        # The last two for what is no Redis at all and answers anything.
        self._errors = (redis.RedisError, OSError, ValueError, TypeError)
        self._pause = pause
        self._lock = threading.Lock()
        self._is_down = False
        self._try_at = 0.0

    def get(self, name: str) -> bytes | None:
        """At most so many bytes as a value of ours can have."""
        # Not GET: what others wrote under this name may be of any size.
        found = self._asked(lambda: self._client.getrange(name, 0, LARGEST + _SIGNATURE))
        return found if isinstance(found, bytes) and found else None

    def put(self, name: str, value: bytes) -> None:
        self._asked(lambda: self._client.set(name, value, ex=KEPT_FOR))

    def close(self) -> None:
        self._client.close()

    def _asked(self, ask: Callable[[], object]) -> object:
        if self._is_down and not self._is_time_to_try():
            return None
        try:
            answer = ask()
        except self._errors as error:
            self._failed(error)
            return None
        if self._is_down:
            self._recovered()
        return answer

    def _is_time_to_try(self) -> bool:
        """True for one of those who ask, once in a while; the others do not wait with it."""
        with self._lock:
            now = time.monotonic()
            if now < self._try_at:
                return False
            self._try_at = now + self._pause
            return True

    def _failed(self, error: Exception) -> None:
        with self._lock:
            was_down, self._is_down = self._is_down, True
            self._try_at = time.monotonic() + self._pause
        if not was_down:
            log.warning("The shared cache cannot be used (%s); pages are made without it until it answers again.", error)

    def _recovered(self) -> None:
        with self._lock:
            was_down, self._is_down = self._is_down, False
        if was_down:
            log.warning("The shared cache answers again.")


ACCEPTED_URLS = "redis://host:6379/0, rediss://host:6379/0 (with TLS) or unix:///path/to/socket"
