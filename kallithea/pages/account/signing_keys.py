"""One's own keys and certificates for signing commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kallithea.lib.ssh_keys import is_private
from kallithea.pages.account.sections import account_sections
from kallithea.pages.parts import Moment, Tab, moment, one_line, shown_errors
from kallithea.pages.urls import Urls
from kallithea.services.signing_keys import OwnKey


@dataclass(frozen=True, slots=True)
class SigningKeyLine:
    """`addresses` are those in whose name the key signs; none: it is of no use any more."""

    name: str
    kind: str
    fingerprint: str
    addresses: str
    created: Moment
    expires: Moment | None


@dataclass(frozen=True, slots=True)
class SigningKeysPage:
    """Adding posts `public_key` and `description`, removing posts `del_key_fingerprint`. `errors` go by field name."""

    sections: tuple[Tab, ...]
    keys: tuple[SigningKeyLine, ...]
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
        public_key="" if is_private(public_key) or "PRIVATE KEY" in public_key else public_key,
        description=one_line(description),
        errors=shown_errors(errors),
        add_url=urls.my_account("signing_keys"),
        delete_url=urls.my_signing_keys_delete(),
    )


def _line(key: OwnKey) -> SigningKeyLine:
    return SigningKeyLine(
        name=one_line(key.name) or "without a name",
        kind=one_line(f"{key.format.value}, {key.algorithm}, {key.bits:,} bits"),
        fingerprint=one_line(key.fingerprint),
        addresses=one_line(", ".join(key.addresses)),
        created=moment(key.created_at),
        expires=moment(key.expires_at) if key.expires_at else None,
    )
