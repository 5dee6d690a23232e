"""One's own SSH keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kallithea.lib.ssh_keys import is_private
from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line, shown_errors
from kallithea.pages.urls import Urls


@dataclass(frozen=True, slots=True)
class KeyItem:
    """A key as the builder takes it; `access` is what a deploy key may do, "" for the key of a person."""

    name: str
    algorithm: str
    bits: int
    fingerprint: str
    created: datetime
    used: datetime | None
    access: str = ""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key of any sort; `last` is when it was last used or, of a key for signing, when it expires. `note` says what that one
    is good for."""

    name: str
    kind: str
    fingerprint: str
    created: Moment
    last: Moment | None
    access: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class SshKeysPage:
    """Adding posts `public_key` and `description`, removing posts `del_public_key_fingerprint`. `errors` go by field name."""

    sections: tuple[Tab, ...]
    keys: tuple[KeyLine, ...]
    is_served: bool
    public_key: str
    description: str
    errors: Mapping[str, str]
    add_url: str
    delete_url: str


def ssh_keys_page(
    urls: Urls,
    keys: Sequence[KeyItem],
    *,
    is_served: bool,
    public_key: str = "",
    description: str = "",
    errors: Mapping[str, str] | None = None,
) -> SshKeysPage:
    """The keys; `is_served` says whether there is SSH here at all, the texts are what was typed last."""
    return SshKeysPage(
        sections=account_sections(urls, "ssh_keys"),
        keys=key_lines(keys),
        is_served=is_served,
        public_key=typed_key(public_key),
        description=one_line(description),
        errors=shown_errors(errors),
        add_url=urls.my_account("ssh_keys"),
        delete_url=urls.my_ssh_keys_delete(),
    )


def key_lines(keys: Sequence[KeyItem]) -> tuple[KeyLine, ...]:
    """The keys as a table shows them."""
    return tuple(
        KeyLine(
            name=one_line(key.name) or "without a name",
            kind=one_line(f"{_KINDS.get(key.algorithm, key.algorithm)}, {key.bits:,} bits"),
            fingerprint=one_line(key.fingerprint),
            created=moment(key.created),
            last=moment(key.used) if key.used else None,
            access=one_line(key.access),
        )
        for key in keys
    )


def typed_key(text: str) -> str:
    """What was typed for a key, to be shown again; not where it was a private one."""
    return "" if is_private(text) else text


_KINDS = {
    "ssh-ed25519":                        "Ed25519",
    "ssh-rsa":                            "RSA",
    "ecdsa-sha2-nistp256":                "ECDSA",
    "ecdsa-sha2-nistp384":                "ECDSA",
    "ecdsa-sha2-nistp521":                "ECDSA",
    "sk-ssh-ed25519@openssh.com":         "Ed25519 on a security key",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA on a security key",
}  # fmt: skip
