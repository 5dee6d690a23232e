"""Clients that cost next to nothing: HTTP in one thread for hundreds of connections, and what git and hg would ask for."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

PATIENCE = 180.0
"""Seconds for one answer, however slow the server."""
LARGEST_HEAD = 1 << 16
NOTHING = "0" * 40


class Broken(Exception):
    """The server said something that is no proper answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; names of headers are in small letters. `first` is the seconds until the answer began."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Connection:
    """One client's connection, kept open between requests and opened again when the server closed it."""

    host: str
    port: int
    always: Mapping[str, str] = field(default_factory=dict)
    """Headers of every request."""
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, target: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        """One request and its whole answer. Raises Broken, OSError, TimeoutError."""
        is_fresh = self._streams is None
        try:
            return await asyncio.wait_for(self._ask(method, target, headers or {}, body), PATIENCE)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            self.close()
            # A server may close a connection that waits for the next request; only a new one says something about it.
            if is_fresh or method != "GET":
                raise Broken(f"{method} {target}: {type(error).__name__} {error}") from error
            return await asyncio.wait_for(self._ask(method, target, headers or {}, body), PATIENCE)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()

    async def _ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port, limit=1 << 22)
        reader, writer = self._streams
        sent = {"Host": f"{self.host}:{self.port}", **self.always, **headers}
        if body or method == "POST":
            sent["Content-Length"] = str(len(body))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
        writer.write("\r\n".join(lines).encode("latin-1") + body)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        content = await self._content(reader, found, status)
        if found.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, found, content)

    async def _content(self, reader: asyncio.StreamReader, headers: Mapping[str, str], status: int) -> bytes:
        if status in (204, 304):
            return b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            pieces = []
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                pieces.append((await reader.readexactly(size + 2))[:-2])
            await reader.readuntil(b"\r\n")
            return b"".join(pieces)
        if "content-length" in headers:
            return await reader.readexactly(int(headers["content-length"]))
        content = await reader.read()
        self.close()
        return content


# --- git


def packet(text: str | bytes) -> bytes:
    """A line of git's protocol (gitprotocol-common(5))."""
    raw = text.encode() if isinstance(text, str) else text
    return b"%04x" % (len(raw) + 4) + raw


async def git_clone(connection: Connection, path: str) -> Answer:
    """What `git clone` asks for, in protocol version 2. Raises Broken where the pack is not whole."""
    version = {"Git-Protocol": "version=2", "User-Agent": "git/2.39"}
    target = f"/{path}/git-upload-pack"
    asked = {**version, "Content-Type": "application/x-git-upload-pack-request"}
    answer = await connection.ask("GET", f"/{path}/info/refs?service=git-upload-pack", headers=version)
    if answer.status != 200:
        return answer
    listing = (
        packet("command=ls-refs\n") + packet("object-format=sha1") + b"0001" + packet("peel\n") + packet("symrefs\n") + b"0000"
    )
    answer = await connection.ask("POST", target, headers=asked, body=listing)
    if answer.status != 200:
        return answer
    ids = {line[4:44].decode() for line in answer.body.split(b"\n") if len(line) > 44}
    wants = b"".join(packet(f"want {commit}\n") for commit in sorted(ids))
    options = b"".join(packet(f"{option}\n") for option in ("thin-pack", "no-progress", "ofs-delta"))
    fetch = packet("command=fetch") + packet("object-format=sha1") + b"0001" + options + wants + packet("done\n") + b"0000"
    answer = await connection.ask("POST", target, headers=asked, body=fetch)
    if answer.status == 200 and not (answer.body.endswith(b"0000") and b"PACK" in answer.body[:200]):
        raise Broken(f"git clone of {path}: the pack is not whole")
    return answer


@dataclass
class GitBranch:
    """A branch that one client pushes to; each push is a commit with one small file on top of the last one."""

    name: str
    tip: str = NOTHING
    number: int = 0

    def next_commit(self) -> tuple[str, bytes]:
        """The id of the next commit, and the pack that brings it."""
        self.number += 1
        blob = f"{self.name} {self.number}\n".encode()
        tree = b"100644 " + f"file{self.number % 7}.txt".encode() + b"\0" + bytes.fromhex(_id("blob", blob))
        parent = "" if self.tip == NOTHING else f"parent {self.tip}\n"
        person = f"Ann Author <ann@example.com> {1_700_000_000 + self.number} +0000"
        commit = f"tree {_id('tree', tree)}\n{parent}author {person}\ncommitter {person}\n\nChange {self.number}\n".encode()
        return _id("commit", commit), _pack([(1, commit), (2, tree), (3, blob)])


async def git_push(connection: Connection, path: str, branch: GitBranch) -> tuple[Answer, str]:
    """Push the next commit; the answer, and the commit if the server said that it has it, else "". Raises Broken."""
    answer = await connection.ask("GET", f"/{path}/info/refs?service=git-receive-pack", headers={"User-Agent": "git/2.39"})
    if answer.status != 200:
        return answer, ""
    before = branch.number
    commit, pack = branch.next_commit()
    line = f"{branch.tip} {commit} refs/heads/{branch.name}\0report-status object-format=sha1"
    headers = {"Content-Type": "application/x-git-receive-pack-request", "User-Agent": "git/2.39"}
    body = packet(line) + b"0000" + pack
    answer = await connection.ask("POST", f"/{path}/git-receive-pack", headers=headers, body=body)
    if answer.status != 200:
        branch.number = before
        return answer, ""
    if b"unpack ok" not in answer.body or f"ok refs/heads/{branch.name}".encode() not in answer.body:
        raise Broken(f"git push to {path}: {answer.body[:300]!r}")
    branch.tip = commit
    return answer, commit


def _id(kind: str, content: bytes) -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


def _pack(objects: Sequence[tuple[int, bytes]]) -> bytes:
    """A pack without deltas (gitformat-pack(5))."""
    found = b"PACK" + struct.pack(">II", 2, len(objects))
    for kind, content in objects:
        size = len(content)
        byte, size = kind << 4 | size & 15, size >> 4
        while size:
            found += bytes([byte | 0x80])
            byte, size = size & 0x7F, size >> 7
        found += bytes([byte]) + zlib.compress(content, 1)
    return found + hashlib.sha1(found).digest()


# --- hg


async def hg_clone(connection: Connection, path: str) -> Answer:
    """What `hg clone` asks for. Raises Broken where the bundle is none."""
    base = {"Accept": "application/mercurial-0.1", "User-Agent": "mercurial/proto-1.0"}
    answer = await connection.ask("GET", f"/{path}?cmd=capabilities", headers=base)
    if answer.status != 200:
        return answer
    protocol = {**base, "X-HgProto-1": "0.1 0.2 comp=zstd,zlib,none,bzip2 partial-pull"}
    batch = {**protocol, "X-HgArg-1": urlencode({"cmds": "heads ;known nodes="}), "Vary": "X-HgArg-1,X-HgProto-1"}
    answer = await connection.ask("GET", f"/{path}?cmd=batch", headers=batch)
    if answer.status != 200:
        return answer
    heads = answer.body.split(b"\n")[0].split(b";")[0].decode().strip()
    capabilities = quote("HG20\nchangegroup=01,02\nphases=heads\nbookmarks")
    arguments = {
        "bookmarks": "1",
        "bundlecaps": f"HG20,bundle2={capabilities}",
        "cg": "1",
        "common": NOTHING,
        "heads": heads,
        "listkeys": "bookmarks",
        "phases": "1",
    }
    answer = await connection.ask("GET", f"/{path}?cmd=getbundle", headers={**protocol, "X-HgArg-1": urlencode(arguments)})
    if answer.status == 200 and len(answer.body) < 500:
        raise Broken(f"hg clone of {path}: {answer.body[:300]!r}")
    return answer
