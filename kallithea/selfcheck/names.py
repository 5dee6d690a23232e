"""What throw-away things are called: names that only this instance can have made."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timezone

PREFIX = "self-check-"
_NAME = re.compile(r"(?P<rest>self-check-(?P<time>[0-9]{14})-[0-9a-f]{8})-(?P<seal>[0-9a-f]{20})")


def new_name(secret: str, now: datetime) -> str:
    """A name for the things of one run: the time, chance, and a seal that nobody makes without the secret of the instance."""
    rest = f"{PREFIX}{now.astimezone(timezone.utc):%Y%m%d%H%M%S}-{secrets.token_hex(4)}"
    return f"{rest}-{_seal(secret, rest)}"


def made_at(secret: str, name: str) -> datetime | None:
    """When a run began that a name belongs to; None for every name that people have chosen, however alike it looks."""
    said = _NAME.match(name)
    if said is None or not hmac.compare_digest(said["seal"], _seal(secret, said["rest"])):
        return None
    try:
        return datetime.strptime(said["time"], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def run_of(name: str) -> str:
    """The name of the run in the name of one of its things."""
    said = _NAME.match(name)
    return said[0] if said else name


def _seal(secret: str, rest: str) -> str:
    return hmac.new(secret.encode(), f"self-check {rest}".encode(), hashlib.sha256).hexdigest()[:20]
