"""A security key in software: makes and uses passkeys as browsers hand them on, honestly or not."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """One key pair. `origin` is where the browser that asks it says it is."""

    origin: str
    is_verified: bool = True
    """Whether it makes sure who holds it."""
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    count: int = 0
    handle: str = ""
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def made(self, options: str) -> str:
        """The answer to an invitation."""
        asked = json.loads(options)
        self.handle = asked["user"]["id"]
        numbers = self._key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(public)
        data = self._data(asked["rp"]["id"], WITH_KEY) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        response = {"attestationObject": _text(attestation), "transports": ["internal", "pigeon"]}
        return self._answer("webauthn.create", asked["challenge"], response)

    def signed(self, options: str, *, rp_id: str | None = None) -> str:
        """The answer to a question; `rp_id` is what the key was told in place of what stands there."""
        asked = json.loads(options)
        self.count += 1
        data = self._data(rp_id or asked["rpId"], 0)
        client = self._client("webauthn.get", asked["challenge"])
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"authenticatorData": _text(data), "signature": _text(signature), "userHandle": self.handle}
        return self._answer("webauthn.get", asked["challenge"], response)

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.is_verified else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, kind: str, challenge: str, response: dict[str, object]) -> str:
        name = _text(self.credential_id)
        sent = {"clientDataJSON": _text(self._client(kind, challenge)), **response}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": sent, "clientExtensionResults": {}})


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
