"""Public keys: those that ssh-keygen makes are read as it reads them, and everything else is refused with the reason."""

from __future__ import annotations

import base64
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kallithea.lib.ssh_keys import LONGEST_COMMENT, BadKey, clean_comment, parse

KINDS = {
    "ssh-ed25519": ("ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa", "-b", "256"),
    "ecdsa-sha2-nistp384": ("ecdsa", "-b", "384"),
    "ecdsa-sha2-nistp521": ("ecdsa", "-b", "521"),
    "ssh-rsa": ("rsa", "-b", "3072"),
}


def generated(folder: Path, *options: str, comment: str = "me@laptop") -> Path:
    path = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-C", comment, "-f", str(path), "-t", *options], check=True)
    return path.with_suffix(".pub")


def field(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def mpint(value: int) -> bytes:
    return field(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def line(algorithm: str, *fields: bytes, comment: str = "me") -> str:
    blob = field(algorithm.encode()) + b"".join(fields)
    return f"{algorithm} {base64.b64encode(blob).decode()} {comment}"


ED25519 = line("ssh-ed25519", field(b"\x07" * 32))
POINT = b"\x04" + b"\x05" * 64
MODULUS = (1 << 3071) | 1
ON_A_TOKEN = {
    "sk-ssh-ed25519@openssh.com": (field(b"\x07" * 32),),
    "sk-ecdsa-sha2-nistp256@openssh.com": (field(b"nistp256"), field(POINT)),
}


@pytest.mark.parametrize("algorithm", KINDS)
def test_keys_of_ssh_keygen_are_read_as_it_reads_them(tmp_path: Path, algorithm: str) -> None:
    path = generated(tmp_path, *KINDS[algorithm])
    told = subprocess.run(["ssh-keygen", "-lf", str(path)], capture_output=True, text=True, check=True).stdout.split()

    key = parse(path.read_text())

    assert [str(key.bits), key.fingerprint, key.comment] == told[:3]
    assert key.algorithm == algorithm
    assert path.read_text().startswith(f"{key.line} ")


@pytest.mark.parametrize("algorithm", ON_A_TOKEN)
def test_keys_of_security_tokens_are_taken(tmp_path: Path, algorithm: str) -> None:
    text = line(algorithm, *ON_A_TOKEN[algorithm], field(b"ssh:"))
    (tmp_path / "key.pub").write_text(text)

    key = parse(text)

    # ssh-keygen looks whether the point of an elliptic curve is on it, and this one is not.
    if algorithm.startswith("sk-ssh"):
        said = subprocess.run(["ssh-keygen", "-lf", str(tmp_path / "key.pub")], capture_output=True, text=True, check=True)
        assert key.fingerprint in said.stdout
    assert key.bits == 256


REFUSED = {
    "nothing":                     ("", "Paste a public key"),
    "a word":                      ("hello", "not a public key"),
    "dsa":                         (line("ssh-dss", mpint(7)), "too weak"),
    "short rsa":                   (line("ssh-rsa", mpint(65537), mpint((1 << 2047) | 1)), "has 2048 bits"),
    "almost long enough rsa":      (line("ssh-rsa", mpint(65537), mpint((1 << 3070) | 1)), "has 3071 bits"),
    "enormous rsa":                (line("ssh-rsa", mpint(65537), mpint((1 << 20_000) | 1)), "16384 at most"),
    "even rsa":                    (line("ssh-rsa", mpint(65537), mpint(1 << 3071)), "not a sound RSA key"),
    "rsa of exponent 1":           (line("ssh-rsa", mpint(1), mpint(MODULUS)), "not a sound RSA key"),
    "rsa of an even exponent":     (line("ssh-rsa", mpint(4), mpint(MODULUS)), "not a sound RSA key"),
    "rsa of a huge exponent":      (line("ssh-rsa", mpint((1 << 70) | 1), mpint(MODULUS)), "not a sound RSA key"),
    "rsa padded with zeros":       (line("ssh-rsa", mpint(65537), field(b"\0\0" + b"\x7f" * 384)), "damaged"),
    "negative rsa":                (line("ssh-rsa", mpint(65537), field(b"\xff" * 384)), "damaged"),
    "rsa of nothing":              (line("ssh-rsa", mpint(65537), field(b"")), "damaged"),
    "certificate":                 (line("ssh-ed25519-cert-v01@openssh.com", field(b"x")), "certificate"),
    "ed448":                       (line("ssh-ed448", field(b"\x07" * 57)), "does not know Ed448"),
    "options in front":            (f'command="sh" {ED25519}', "something in front"),
    "options without a blank":     (f"restrict,pty {ED25519}", "something in front"),
    "an environment in front":     (f'environment="LD_PRELOAD=/x" {ED25519}', "something in front"),
    "a second key below":          (f"{ED25519}\n{ED25519}", "One key at a time"),
    "an option on a second line":  (f'{ED25519}\ncommand="sh" {ED25519}', "One key at a time"),
    "a carriage return":           (f"{ED25519}\rcommand", "One key at a time"),
    "control characters":          (f"{ED25519}\x1b[31m", "control characters"),
    "a private key":               ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n", "private key"),
    "a private key of PuTTY":      ("PuTTY-User-Key-File-3: ssh-ed25519", "private key"),
    "another format":              ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "RFC 4716"),
    "no base64":                   ("ssh-ed25519 !!!!", "damaged"),
    "base64 with blanks":          (ED25519.replace("AAAA", "AA AA"), "damaged"),
    "no key":                      ("ssh-ed25519", "damaged"),
    "letters that are not ASCII":  ("ssh-ed25519 ÄÖÜ", "damaged"),
    "one bit too many":            (ED25519.replace(" me", "="), "damaged"),
    "another kind inside":         (ED25519.replace("ssh-ed25519", "ssh-rsa", 1), "says that it is"),
    "a short ed25519 key":         (line("ssh-ed25519", field(b"\x07" * 31)), "damaged"),
    "a long ed25519 key":          (line("ssh-ed25519", field(b"\x07" * 33)), "damaged"),
    "something behind":            (line("ssh-ed25519", field(b"\x07" * 32), b"\0"), "damaged"),
    "another field behind":        (line("ssh-ed25519", field(b"\x07" * 32), field(b"x")), "damaged"),
    "a length that lies":          (line("ssh-ed25519", struct.pack(">I", 0xFFFFFFFF)), "damaged"),
    "half a length":               (line("ssh-ed25519", b"\0\0"), "damaged"),
    "another curve":               (line("ecdsa-sha2-nistp256", field(b"nistp384"), field(POINT)), "another curve"),
    "a compressed point":          (line("ecdsa-sha2-nistp256", field(b"nistp256"), field(b"\x02" + b"\x05" * 32)), "damaged"),
    "a point of another size":     (line("ecdsa-sha2-nistp256", field(b"nistp256"), field(POINT + b"\x05")), "damaged"),
    "a token of the web":          (line("sk-ssh-ed25519@openssh.com", field(b"\x07" * 32), field(b"web:x")), "not made for"),
    "a token without application": (line("sk-ssh-ed25519@openssh.com", field(b"\x07" * 32)), "damaged"),
    "far too much":                ("ssh-ed25519 " + "A" * 1_000_000, "too long"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused_with_the_reason(name: str) -> None:
    text, reason = REFUSED[name]

    with pytest.raises(BadKey) as refused:
        parse(text)

    assert reason in " ".join(refused.value.lines)


def test_no_private_key_is_repeated() -> None:
    with pytest.raises(BadKey) as refused:
        parse("-----BEGIN OPENSSH PRIVATE KEY-----\nsecretsecret\n")

    assert "secretsecret" not in " ".join(refused.value.lines)


@given(st.text(max_size=300))
def test_no_text_is_a_defect(text: str) -> None:
    with pytest.raises(BadKey):
        parse(text)


@given(st.binary(max_size=200))
def test_no_blob_is_a_defect(blob: bytes) -> None:
    text = f"ssh-rsa {base64.b64encode(field(b'ssh-rsa') + blob).decode()}"
    with pytest.raises(BadKey):
        parse(text)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("me@laptop", "me@laptop"),
        ("  two   words ", "two words"),
        ("turned \u202egnp", "turned gnp"),
        ("line\u2028end", "line end"),
        ("x" * 500, "x" * LONGEST_COMMENT),
        ("", ""),
    ],
)
def test_a_comment_is_fit_to_be_shown(given: str, shown: str) -> None:
    assert clean_comment(given) == shown
