"""Who signed: what signatures are worth by the keys and the addresses that people have here now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from kallithea.lib.clock import Clock
from kallithea.lib.signing import Outcome
from kallithea.lib.vcs import KeySignature
from kallithea.model import SshKey, User, UserEmail
from kallithea.services.candidates import Candidate, Candidates


class Verdict(str, Enum):
    """What can be said of a signature."""

    VERIFIED = "verified"
    """A person of this site has the key, and the address that was signed with it."""
    OTHER_ADDRESS = "other address"
    """The key is of somebody here whose address it is not."""
    UNKNOWN_KEY = "unknown key"
    """Whoever signed has the key; nobody here has it, or an account that was disabled."""
    MISSING_KEY = "missing key"
    """Nobody here has the key, and without it there is no telling whether the signature is good."""
    EXPIRED_KEY = "expired key"
    REVOKED_KEY = "revoked key"
    BAD = "bad"
    """It is not of this commit or tag."""
    UNCHECKED = "unchecked"
    """This server cannot check it."""


@dataclass(frozen=True, slots=True)
class JudgedSignature:
    """A signature and what it is worth; `signer` is the user name where that is VERIFIED."""

    signature: KeySignature
    verdict: Verdict
    signer: str = ""


class Signers:
    """Judges signatures."""

    def __init__(self, session: Session, *, clock: Clock) -> None:
        self._session = session
        self._candidates = Candidates(session, clock=clock)

    def judge(self, signatures: Sequence[KeySignature]) -> tuple[JudgedSignature, ...]:
        """What each of them is worth now: keys and addresses may be removed, and accounts disabled."""
        keys = sorted({one.key for one in signatures if one.is_good and one.key})
        known = self._owners(keys) if keys else {}
        open_ones = [one for one in signatures if one.signed is not None]
        candidates = iter(self._candidates.of(open_ones))
        return tuple(_judged(one, known) if one.signed is None else self._tried(one, next(candidates)) for one in signatures)

    def _tried(self, signature: KeySignature, candidates: Sequence[Candidate]) -> JudgedSignature:
        """By the first key that made it, or else by what the last one has to do with it."""
        assert signature.signed is not None
        judged = JudgedSignature(signature, Verdict.MISSING_KEY)
        for candidate in candidates:
            outcome = self._candidates.outcome(candidate, signature.signed)
            if outcome is Outcome.GOOD:
                named = replace(signature, key=signature.key or candidate.fingerprint)
                if candidate.may_sign_for(signature.address):
                    return JudgedSignature(named, Verdict.VERIFIED, candidate.owner)
                return JudgedSignature(named, Verdict.OTHER_ADDRESS)
            if outcome is not Outcome.ANOTHER_KEY:
                judged = JudgedSignature(signature, _OF_OUTCOMES[outcome])
        return judged

    def _owners(self, fingerprints: Sequence[str]) -> dict[str, dict[str, str]]:
        """By key: the user name by each address of its owner, case folded. Keys of repositories are nobody's."""
        owned = (
            select(SshKey.fingerprint, User.name)
            .join(User, User.id == SshKey.user_id)
            .where(SshKey.fingerprint.in_(fingerprints), User.is_active)
        )
        primary = owned.add_columns(User.email_key)
        further = owned.add_columns(UserEmail.email_key).join(UserEmail, UserEmail.user_id == User.id)
        found: dict[str, dict[str, str]] = {}
        for row in self._session.execute(union_all(primary, further)):
            found.setdefault(row.fingerprint, {})[row.email_key] = row.name
        return found


_OF_OUTCOMES = {
    Outcome.EXPIRED: Verdict.EXPIRED_KEY,
    Outcome.REVOKED: Verdict.REVOKED_KEY,
    Outcome.BAD: Verdict.BAD,
    Outcome.UNCHECKED: Verdict.UNCHECKED,
}


def _judged(signature: KeySignature, known: dict[str, dict[str, str]]) -> JudgedSignature:
    if signature.is_good is None:
        return JudgedSignature(signature, Verdict.UNCHECKED)
    if not signature.is_good:
        return JudgedSignature(signature, Verdict.BAD)
    addresses = known.get(signature.key or "")
    if addresses is None:
        return JudgedSignature(signature, Verdict.UNKNOWN_KEY)
    signer = addresses.get(signature.address.casefold())
    return JudgedSignature(signature, Verdict.VERIFIED if signer else Verdict.OTHER_ADDRESS, signer or "")
