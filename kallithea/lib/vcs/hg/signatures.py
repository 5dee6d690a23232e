"""Signatures of commits, as hg's extension gpg keeps them in a file of the history (hgext/gpg.py)."""

from __future__ import annotations

from typing import Any

from kallithea.lib.vcs.hg.manifests import manifest_of
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.signatures import KeySignature, of_hg

SIGNATURES = b".hgsigs"
MOST_HEADS = 10
MOST_BYTES = 1 << 20


def read_signatures(repo: Any, commit_id: CommitId) -> tuple[KeySignature, ...]:
    """What the newest heads say of a commit: lines of its id, a version and the signature."""
    log = repo.file(SIGNATURES)
    if not len(log):
        return ()
    found: dict[bytes, None] = {}
    wanted = commit_id.hex.encode("ascii")
    for node in {listed.node for head in repo.heads()[:MOST_HEADS] if (listed := manifest_of(repo[head]).find(SIGNATURES))}:
        for line in log.read(node)[:MOST_BYTES].split(b"\n"):
            signed, _, rest = line.partition(b" ")
            version, _, signature = rest.partition(b" ")
            if signed == wanted and version == b"0":
                found[signature] = None
    return tuple(of_hg(signature) for signature in found)
