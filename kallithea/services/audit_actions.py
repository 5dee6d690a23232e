"""Every deed that is written down, and how it is told: `{target}` is what it was done to."""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "user.create":            "made the account {target}",
    "ssh_key.create":         "gave {target} an SSH key",
    "ssh_key.delete":         "took an SSH key from {target}",
    "deploy_key.create":      "gave {target} a deploy key",
    "deploy_key.delete":      "took a deploy key from {target}",
    "user.password":          "changed the password of {target}",
}  # fmt: skip
