"""What sshd runs: hands a client's descriptors over to the running service and waits for its end.

Started by its path as `python -I -S client.py VERB SOCKET …`, once for each connection, so it has to start in milliseconds: it
imports next to nothing, and nothing of Kallithea.

    keys SOCKET FINGERPRINT TYPE KEY   for AuthorizedKeysCommand: the line of authorized_keys for a key, or nothing
    serve SOCKET FINGERPRINT           the forced command: serves the client that has this key
    sorry                              the forced command while the service does not run
"""

import os
import socket
import sys

SORRY = "The SSH service of this server is not running just now. Please try again in a moment.\n"
BROKEN_OFF = "The SSH service of this server stopped in the middle. Please try again in a moment.\n"
ANSWER = 1 << 16
LONGEST_VALUE = 8192
UNAVAILABLE = 75  # EX_TEMPFAIL (sysexits.h)
KEY_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=@.-_")


def main(arguments: "list[str]") -> int:
    verb = arguments[0] if arguments else ""
    if verb == "keys" and len(arguments) == 5:
        return keys(*arguments[1:])
    if verb == "serve" and len(arguments) == 3:
        return serve(*arguments[1:])
    sys.stderr.write(SORRY)
    return UNAVAILABLE


def keys(place: str, fingerprint: str, kind: str, key: str) -> int:
    """Print the line for a key that is known.

    Without the service nobody can say which keys are: then each may connect, to be told so and nothing else.
    """
    try:
        with connected(place) as service:
            service.settimeout(20)
            service.sendall(b"keys\0" + os.fsencode(fingerprint))
            line = service.recv(ANSWER)
        if not line:
            raise OSError("it stopped in the middle")
    except OSError:
        if not (KEY_CHARACTERS.issuperset(kind) and KEY_CHARACTERS.issuperset(key)):
            return 1
        words = SORRY.strip()
        sys.stdout.write(f"restrict,command=\"echo '{words}' >&2; exit {UNAVAILABLE}\" {kind} {key}\n")
        return 0
    sys.stdout.buffer.write(line)
    return 0


def serve(place: str, fingerprint: str) -> int:
    """Have the service serve this client; its status."""
    asked = [fingerprint, *(os.environ.get(name, "") for name in ("SSH_ORIGINAL_COMMAND", "SSH_CONNECTION", "GIT_PROTOCOL"))]
    message = b"\0".join([b"serve", *(os.fsencode(value)[:LONGEST_VALUE] for value in asked)])
    try:
        service = connected(place)
        socket.send_fds(service, [message], [0, 1, 2])
    except OSError:
        sys.stderr.write(SORRY)
        return UNAVAILABLE
    with service:
        # The service has copies; with these open, sshd would not see that git closed its side.
        for descriptor in (0, 1):
            os.close(descriptor)
        try:
            status = service.recv(ANSWER)
        except OSError:
            status = b""
    if not status:
        os.write(2, BROKEN_OFF.encode())
        return UNAVAILABLE
    return int(status)


def connected(place: str) -> socket.socket:
    service = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        service.connect(place)
    except OSError:
        service.close()
        raise
    return service


if __name__ == "__main__":
    # Not sys.exit: there is nothing to clean up, and descriptors 0 and 1 may be closed.
    STATUS = main(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        try:  # noqa: SIM105 - contextlib takes longer to import than all the rest takes
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(STATUS)
