"""Signatures of commits: what hg's extension gpg keeps in a file of the history (hgext/gpg.py), and what the extension
commitsigs puts into the commit itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mercurial.utils import storageutil

from kallithea.lib.vcs.hg.manifests import manifest_of
from kallithea.lib.vcs.objects import Commit, CommitId
from kallithea.lib.vcs.signatures import KeySignature, binary, checkable, decoded, of_hg, recognised

SIGNATURES = b".hgsigs"
MOST_HEADS = 10
MOST_BYTES = 1 << 20
MOST_CHECKED = 10
"""Signatures of one commit that are made ready to be checked."""
_IN_COMMIT = b"signature"
_ITEM = _IN_COMMIT + b":"


def read_signatures(repo: Any, commit: Commit) -> tuple[KeySignature, ...]:
    """The signature in the commit, then what the newest heads say of it."""
    found = [*_in_commit(repo, commit.id), *_in_heads(repo, commit.id)]
    address = commit.author.email
    return (
        *(checkable(replace(one, address=address), raw, payload) for one, raw, payload in found[:MOST_CHECKED]),
        *(replace(one, address=address) for one, _, _ in found[MOST_CHECKED:]),
    )


Found = tuple[KeySignature, bytes, bytes | None]
"""A signature, the same in binary, and what it is of; None where it can be of nothing."""


def _in_heads(repo: Any, commit_id: CommitId) -> Iterator[Found]:
    """Lines of the id, a version and the signature."""
    log = repo.file(SIGNATURES)
    if not len(log):
        return
    found: dict[bytes, None] = {}
    wanted = commit_id.hex.encode("ascii")
    for node in {listed.node for head in repo.heads()[:MOST_HEADS] if (listed := manifest_of(repo[head]).find(SIGNATURES))}:
        for line in log.read(node)[:MOST_BYTES].split(b"\n"):
            signed, _, rest = line.partition(b" ")
            version, _, signature = rest.partition(b" ")
            if signed == wanted and version == b"0":
                found[signature] = None
    for signature in found:
        yield of_hg(signature), decoded(signature), wanted + b"\n"


def _in_commit(repo: Any, commit_id: CommitId) -> Iterator[Found]:
    """`gnupg:` and OpenPGP in base64, or `openssl:` and PKCS #7 in its armour."""
    node = bytes.fromhex(commit_id.hex)
    scheme, _, signature = repo[node].extra().get(_IN_COMMIT, b"").partition(b":")
    if scheme == b"gnupg":
        yield of_hg(signature), decoded(signature), _signed_commit(repo, node)
    elif scheme == b"openssl" and (known := recognised(signature)) is not None:
        yield known, binary(signature), _signed_commit(repo, node)


def _signed_commit(repo: Any, node: bytes) -> bytes | None:
    """The id that the commit would have without its signature, in hexadecimal; None where it has several."""
    manifest, user, told, rest = repo.changelog.revision(node).split(b"\n", 3)
    date, zone, extra = told.split(b" ", 2)
    items = extra.split(b"\0")
    others = [item for item in items if not item.startswith(_ITEM)]
    if len(items) != len(others) + 1:
        return None
    unsigned = b"\n".join((manifest, user, b" ".join((date, zone, *([b"\0".join(others)] if others else []))), rest))
    digest: bytes = storageutil.hashrevisionsha1(unsigned, *repo.changelog.parents(node))
    return digest.hex().encode("ascii")
