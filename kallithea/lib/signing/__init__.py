"""Keys and certificates that people sign commits with: read, and asked whether they made a signature. Programs of the machine
do the arithmetic, each call in a folder of its own that is gone afterwards."""

from __future__ import annotations

from kallithea.lib.signing.keys import Outcome, SigningFormat, SigningKeyFacts, read_text
from kallithea.lib.signing.openpgp import check_openpgp, read_openpgp_key
from kallithea.lib.signing.programs import NoProgram, TookTooLong
from kallithea.lib.signing.x509 import check_x509, read_certificate

__all__ = ["NoProgram", "Outcome", "SigningFormat", "SigningKeyFacts", "TookTooLong", "check_openpgp", "check_x509", "read_key"]


def read_key(text: str) -> SigningKeyFacts:
    """The key or certificate in a text. Raises BadKey, which says why it is not taken, and NoProgram, TookTooLong."""
    return read_text(text, {SigningFormat.OPENPGP: read_openpgp_key, SigningFormat.X509: read_certificate})
