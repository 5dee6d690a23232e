"""Reads what clients ask sshd to run (SSH_ORIGINAL_COMMAND), without any input or output, and without a shell.

Only what git and hg send is understood: git quotes the path always (git's quote.c: sq_quote_buf), hg where it must
(mercurial/sshpeer.py: _serverquote). Nothing of it is ever run: the path is looked up in the ledger.
"""

from __future__ import annotations

import re

from kallithea.lib.access import Access
from kallithea.lib.errors import Forbidden, Invalid
from kallithea.lib.vcs import GitSession, HgSession, Kind, Session
from kallithea.wire.git import REQUIRED as GIT_REQUIRED
from kallithea.wire.git import harmless_protocol
from kallithea.wire.knock import SessionKnock, repository_path

LONGEST_COMMAND = 4096
_BARE = re.compile(r"[A-Za-z0-9@%_+=:,./-]+")
_KNOWN_ELSEWHERE = ("git-upload-archive", "git-lfs-authenticate", "git-lfs-transfer", "git-shell", "scp", "sftp", "rsync")


def parse(command: str, *, protocol: str = "", address: str = "") -> SessionKnock:
    """What a client asks for. `protocol` is GIT_PROTOCOL, `address` where the client is.

    Raises Invalid, and Forbidden for what git and its like have and we do not.
    """
    if len(command) > LONGEST_COMMAND:
        raise Invalid("This command is too long.")
    words = _words(command)
    if len(words) == 2 and words[0] in GIT_REQUIRED:
        service, path = words
        session = GitSession(service, harmless_protocol(protocol))
        return _knock(path, Kind.GIT, session, GIT_REQUIRED[service], service.removeprefix("git-"))
    if len(words) == 5 and (words[0], words[1], *words[3:]) == ("hg", "-R", "serve", "--stdio"):
        return _knock(words[2], Kind.HG, HgSession(address), Access.READ, "serve")
    if words[:2] == ["hg", "init"]:
        raise Forbidden("Repositories are not made in this way.", hint="Make it on the web pages, then push to it.")
    if words and words[0] in _KNOWN_ELSEWHERE:
        raise Forbidden(f"{words[0]} is not offered here.", hint="Here are repositories of hg and git: clone, pull and push.")
    raise Invalid("This is no command of hg or git.", hint="Here are repositories of hg and git: clone, pull and push.")


def _knock(path: str, kind: Kind, session: Session, needs: Access, operation: str) -> SessionKnock:
    # Neither an option nor a way out of the folder can get through the ledger; refused all the same, and in words.
    if not path.strip("/") or "\0" in path or not path.isprintable():
        raise Invalid("This is not the name of a repository.")
    return SessionKnock(repository_path(path), kind, session, needs, operation=operation)


def _words(command: str) -> list[str]:
    """The words of a command, each bare or quoted as git and hg quote, with one blank between them. Raises Invalid."""
    words: list[str] = []
    rest = command
    while rest:
        word, rest = _quoted(rest) if rest.startswith("'") else _bare(rest)
        words.append(word)
        if rest and not (rest.startswith(" ") and len(rest) > 1):
            raise _unreadable()
        rest = rest[1:]
    return words


def _bare(text: str) -> tuple[str, str]:
    found = _BARE.match(text)
    if found is None:
        raise _unreadable()
    return found.group(), text[found.end() :]


def _quoted(text: str) -> tuple[str, str]:
    r"""A word of quoted pieces: a quote is written as `'\''`, and by git an exclamation mark as `'\!'`."""
    pieces: list[str] = []
    rest = text
    while True:
        piece, closing, rest = rest[1:].partition("'")
        if not closing:
            raise _unreadable()
        pieces.append(piece)
        if rest[:3] not in ("\\''", "\\!'"):
            return "".join(pieces), rest
        pieces.append(rest[1])
        rest = rest[2:]


def _unreadable() -> Invalid:
    return Invalid("This command cannot be read.", hint="Here are repositories of hg and git: clone, pull and push.")
