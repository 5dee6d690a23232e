"""Every deed that is written down, and how it is told: `{target}` is what it was done to."""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "user.create":            "made the account {target}",
    "user.password":          "changed the password of {target}",
    "session.end":            "signed {target} out in one place",
    "session.end_others":     "signed {target} out everywhere else",
    "session.end_all":        "signed {target} out everywhere",
    "second_factor.app":      "set up an authenticator app for {target}",
    "second_factor.app_off":  "turned off the authenticator app of {target}",
    "second_factor.codes":    "made new recovery codes for {target}",
    "second_factor.recovery": "used a recovery code of {target}",
    "second_factor.refused":  "showed the password of {target} and a wrong second factor",
    "second_factor.reset":    "took every second factor from {target}",
    "second_factor.demand":   "changed who has to have a second factor",
    "passkey.add":            "added a passkey to {target}",
    "passkey.remove":         "removed a passkey of {target}",
}  # fmt: skip
