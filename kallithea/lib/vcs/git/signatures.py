"""Signatures of commits and of the tags that point to them."""

from __future__ import annotations

from collections.abc import Mapping

from kallithea.lib.vcs.git.object_pool import COMMIT, TAG, Objects
from kallithea.lib.vcs.git.parsing import commit_signature, tag_signature
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.signatures import KeySignature, recognised


def read_signatures(objects: Objects, commit_id: CommitId, tags: Mapping[str, str]) -> tuple[KeySignature, ...]:
    """The signature of the commit, then those of its tags, given as the ids of what their names point to."""
    found: list[KeySignature | None] = []
    for name, object_id in ((None, commit_id.hex), *tags.items()):
        kind, raw = (objects.read(object_id) if object_id else None) or (0, b"")
        armoured = commit_signature(raw) if kind == COMMIT and name is None else tag_signature(raw) if kind == TAG else None
        found.append(recognised(armoured, tag=name) if armoured else None)
    return tuple(one for one in found if one is not None)
