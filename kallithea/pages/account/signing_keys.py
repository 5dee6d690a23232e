"""One's own keys and certificates for signing commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.pages.account.sections import account_sections
from kallithea.pages.account.ssh_keys import KeyLine, typed_key
from kallithea.pages.parts import Tab, moment, one_line, shown_errors
from kallithea.pages.urls import Urls
from kallithea.services.signing_keys import OwnKey


@dataclass(frozen=True, slots=True)
class SigningKeysPage:
    """Adding posts `public_key` and `description`, removing posts `del_public_key_fingerprint`. `errors` go by field name."""

    sections: tuple[Tab, ...]
    keys: tuple[KeyLine, ...]
    public_key: str
    description: str
    errors: Mapping[str, str]
    add_url: str
    delete_url: str


def signing_keys_page(
    urls: Urls,
    keys: Sequence[OwnKey],
    *,
    public_key: str = "",
    description: str = "",
    errors: Mapping[str, str] | None = None,
) -> SigningKeysPage:
    """The keys; the texts are what was typed last."""
    return SigningKeysPage(
        sections=account_sections(urls, "signing_keys"),
        keys=tuple(map(_line, keys)),
        public_key=typed_key(public_key),
        description=one_line(description),
        errors=shown_errors(errors),
        add_url=urls.my_account("signing_keys"),
        delete_url=urls.my_signing_keys_delete(),
    )


def _line(key: OwnKey) -> KeyLine:
    addresses = ", ".join(key.addresses)
    return KeyLine(
        name=one_line(key.name) or "without a name",
        kind=one_line(f"{key.format.value}, {key.algorithm}, {key.bits:,} bits"),
        fingerprint=one_line(key.fingerprint),
        created=moment(key.created_at),
        last=moment(key.expires_at) if key.expires_at else None,
        note=one_line(f"Signs for {addresses}") if addresses else "Names no address of your account: it signs for nobody.",
    )
