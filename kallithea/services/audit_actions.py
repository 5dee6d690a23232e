"""Every deed that is written down, and how it is told: `{target}` is what it was done to."""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "user.create":            "made the account {target}",
    "user.password":          "changed the password of {target}",
    "token.create":           "made an access token of {target}",
    "token.revoke":           "revoked an access token of {target}",
    "deploy_token.create":    "made a deploy token of {target}",
    "deploy_token.revoke":    "revoked a deploy token of {target}",
}  # fmt: skip
