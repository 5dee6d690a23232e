"""What the pages of keys of people and of repositories have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kallithea.lib.access import Access
from kallithea.pages.account.ssh_keys import KeyItem
from kallithea.services.ssh_keys import KeyFacts


@dataclass(frozen=True, slots=True)
class RemoveKeyForm:
    del_public_key_fingerprint: str


def key_items(keys: Sequence[KeyFacts]) -> list[KeyItem]:
    """Keys as pages take them."""
    return [
        KeyItem(
            name=key.name,
            algorithm=key.algorithm,
            bits=key.bits,
            fingerprint=key.fingerprint,
            created=key.created_at,
            used=key.used_at,
            access=key.access.word if key.access > Access.NONE else "",
        )
        for key in keys
    ]
