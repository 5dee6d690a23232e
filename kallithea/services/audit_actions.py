"""Every deed that is written down, and how it is told: `{target}` is what it was done to."""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "user.create":            "made the account {target}",
    "user.password":          "changed the password of {target}",
}  # fmt: skip
