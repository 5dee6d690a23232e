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
    "user.password-reset":    "chose a new password for {target}, by a link that was mailed",
    "user.profile":           "changed the profile of {target}",
    "user.email-add":         "confirmed an e-mail address of {target}",
    "user.email-remove":      "removed an e-mail address of {target}",
    "user.email-primary":     "chose another primary e-mail address for {target}",
    "registration.mode":      "changed who may register",
    "registration.approve":   "approved the registration of {target}",
    "registration.decline":   "declined the registration of {target}",
    "invitation.create":      "invited {target}",
    "invitation.withdraw":    "withdrew the invitation of {target}",
    "invitation.accept":      "accepted the invitation and became {target}",
    "mail.discard":           "discarded a mail to {target}",
    "token.create":           "made an access token of {target}",
    "token.revoke":           "revoked an access token of {target}",
    "deploy_token.create":    "made a deploy token of {target}",
    "deploy_token.revoke":    "revoked a deploy token of {target}",
}  # fmt: skip
