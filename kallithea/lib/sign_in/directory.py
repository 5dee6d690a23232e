"""One conversation with an LDAP server (RFC 4511): connecting to the first that answers, checking a password, searching."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kallithea.lib.errors import Unavailable

log = logging.getLogger(__name__)

PLAIN, LDAPS, START_TLS = "PLAIN", "LDAPS", "START_TLS"

_SUCCESS, _SIZE_LIMIT_EXCEEDED, _NO_SUCH_OBJECT = 0, 4, 32
# RFC 4511, appendix A.2: what says something about the password, its entry, or what rules of the directory hold against it.
_NOT_THIS_PASSWORD = frozenset({19, 34, 48, 49, 50, 53})


@dataclass(frozen=True, slots=True)
class Server:
    """Where a directory is, and how it is spoken to; `ca_file` holds the certificates believed, empty for the system's."""

    host: str
    port: int
    tls: str
    ca_file: str
    patience: int
    """Seconds for each step."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a search found; attributes go by their name in small letters."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]

    def texts(self, name: str) -> list[str]:
        """The values of an attribute; bytes that are no UTF-8, such as those of objectGUID, in hexadecimal."""
        return [_text(value) for value in self.attributes.get(name.lower(), ())]

    def text(self, name: str) -> str:
        """The first value of an attribute, empty for none."""
        return next(iter(self.texts(name)), "") if name else ""


class Directory:
    """A connection to the first of some servers that answers, made at once. Close it."""

    def __init__(self, servers: Sequence[Server], user: str, password: str) -> None:
        """Bound as `user`, or as nobody where it is empty. Raises Unavailable."""
        self._connection, self.server = _connected(servers)
        try:
            self._bind(user, password)
        except BaseException:
            self.close()
            raise

    def opens(self, dn: str, password: str) -> bool:
        """Whether an entry has this password, asked on a connection of its own. Raises Unavailable.

        An empty password is never right: servers take it for a visitor without one and say yes (RFC 4513, section 5.1.2).
        """
        if not password or not dn:
            return False
        connection, _ = _connected([self.server])
        try:
            code = _bound(connection, dn, password)
        finally:
            _close(connection)
        if code == _SUCCESS:
            return True
        if code in _NOT_THIS_PASSWORD:
            return False
        raise _unavailable(f"binding as a person ended with result {code}")

    def search(self, base: str, query: str, *, scope: str, attributes: Sequence[str], at_most: int) -> list[Entry]:
        """What a filter finds below `base`, never more than `at_most`. Raises Unavailable, also for a filter that is none."""
        from ldap3.core.exceptions import LDAPException

        try:
            self._connection.search(
                base, query, search_scope=scope, attributes=[*attributes], size_limit=at_most, time_limit=self.server.patience
            )
        except LDAPException as error:
            raise _unavailable(f"searching failed: {error}") from error
        code = self._connection.result["result"]
        if code not in (_SUCCESS, _SIZE_LIMIT_EXCEEDED):
            raise _unavailable(f"searching below {base!r} ended with result {code}")
        return [_entry(found) for found in self._connection.response or () if found.get("type") == "searchResEntry"][:at_most]

    def close(self) -> None:
        _close(self._connection)

    def _bind(self, user: str, password: str) -> None:
        if bool(user) != bool(password):
            raise _unavailable("the name to bind with and its password belong together")
        code = _bound(self._connection, user, password)
        if code != _SUCCESS:
            raise _unavailable(f"binding as {user!r} ended with result {code}")


def _connected(servers: Sequence[Server]) -> tuple[Any, Server]:
    """A connection with its encryption, nobody bound. Raises Unavailable where no server answers."""
    import ldap3
    from ldap3.core.exceptions import LDAPException

    for server in servers:
        where = ldap3.Server(
            server.host,
            port=server.port,
            use_ssl=server.tls == LDAPS,
            tls=_tls(server),
            connect_timeout=server.patience,
            get_info=ldap3.NONE,
        )
        connection = ldap3.Connection(
            where,
            client_strategy=ldap3.SYNC,
            auto_bind=ldap3.AUTO_BIND_NONE,
            auto_referrals=False,  # or the password goes to whatever server an entry names
            receive_timeout=server.patience,
            check_names=False,
            read_only=True,
        )
        try:
            connection.open(read_server_info=False)
            if server.tls == START_TLS and not connection.start_tls(read_server_info=False):
                raise ssl.SSLError("StartTLS was refused")
        except (LDAPException, OSError, ValueError, TypeError) as error:  # the last two for a name that no host has
            log.warning("The directory %s:%s cannot be used: %s", server.host, server.port, error)
            _close(connection)
            continue
        return connection, server
    raise _unavailable("no server answers")


def _bound(connection: Any, user: str, password: str) -> int:
    """The result of a simple bind, or of one as nobody. Raises Unavailable."""
    import ldap3
    from ldap3.core.exceptions import LDAPException

    connection.authentication = ldap3.SIMPLE if user else ldap3.ANONYMOUS
    connection.user, connection.password = (user, password) if user else (None, None)
    try:
        connection.bind(read_server_info=False)
    except LDAPException as error:
        raise _unavailable(f"binding failed: {error}") from error
    return int(connection.result["result"])


def _tls(server: Server) -> Any:
    """The encryption of ldap3, but for the check of names: that of OpenSSL, which also tells the server who is asked for."""
    import ldap3

    class CheckedTls(ldap3.Tls):
        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
            context = ssl.create_default_context(cafile=server.ca_file or None)
            connection.socket = context.wrap_socket(connection.socket, server_hostname=server.host)

    return CheckedTls(validate=ssl.CERT_REQUIRED)


def _entry(found: Mapping[str, Any]) -> Entry:
    attributes = {name.lower().partition(";")[0]: tuple(values) for name, values in found["raw_attributes"].items()}
    return Entry(str(found["dn"]), attributes)


def _text(value: bytes) -> str:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def _close(connection: Any) -> None:
    from ldap3.core.exceptions import LDAPException

    with suppress(LDAPException, OSError):
        connection.unbind()
    # One that was never open keeps its socket.
    if connection.socket is not None:
        connection.socket.close()


def _unavailable(reason: str) -> Unavailable:
    log.warning("The directory cannot be asked: %s", reason)
    return Unavailable(
        "The directory cannot be asked at the moment, so nobody of it can sign in.", hint="Try again in a minute."
    )
