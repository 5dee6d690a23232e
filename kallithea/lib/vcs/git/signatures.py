"""Signatures of commits and of the tags that point to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kallithea.lib.vcs.git.object_pool import COMMIT, TAG, Objects
from kallithea.lib.vcs.git.parsing import commit_signature, parse_commit, parse_tag, signed_commit, signed_tag, tag_signature
from kallithea.lib.vcs.objects import CommitId
from kallithea.lib.vcs.signatures import KeySignature, SignatureFormat, Signed, binary, checkable, recognised
from kallithea.lib.vcs.verifying import is_good

MOST_CHECKED = 10
"""Signatures of one page that are checked: the commit's, and those of its first tags."""


def read_signatures(objects: Objects, commit_id: CommitId, tags: Mapping[str, str]) -> tuple[KeySignature, ...]:
    """The signature of the commit, then those of its tags, given as the ids of what their names point to."""
    found = [_of_commit(commit_id.hex, objects), *(_of_tag(name, object_id, objects) for name, object_id in tags.items())]
    every = [one for one in found if one is not None]
    return (*map(_checked, every[:MOST_CHECKED]), *(signature for signature, _ in every[MOST_CHECKED:]))


Found = tuple[KeySignature, Signed | None]


def _of_commit(object_id: str, objects: Objects) -> Found | None:
    kind, raw = objects.read(object_id) or (0, b"")
    armoured = commit_signature(raw) if kind == COMMIT else None
    signature = recognised(armoured) if armoured else None
    if armoured is None or signature is None:
        return None
    payload = signed_commit(raw)
    address = parse_commit(object_id, raw).committer.email
    return replace(signature, address=address), None if payload is None else Signed(payload, armoured)


def _of_tag(name: str, object_id: str, objects: Objects) -> Found | None:
    kind, raw = (objects.read(object_id) if object_id else None) or (0, b"")
    armoured = tag_signature(raw) if kind == TAG else None
    signature = recognised(armoured, tag=name) if armoured else None
    if armoured is None or signature is None:
        return None
    payload, tagger = signed_tag(raw, name), parse_tag(raw).tagger
    return replace(signature, address=tagger.email if tagger else ""), None if payload is None else Signed(payload, armoured)


def _checked(found: Found) -> KeySignature:
    """The signature with what ssh-keygen says of it, or ready for who has the keys; what is not of just this object is bad."""
    signature, signed = found
    if signature.format is not SignatureFormat.SSH:
        return checkable(signature, binary(signed.signature) if signed else b"", signed.payload if signed else None)
    return replace(signature, is_good=False if signed is None else is_good(signed))
