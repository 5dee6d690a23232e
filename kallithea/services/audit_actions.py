"""Every deed that is written down, and how it is told: `{target}` is what it was done to."""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "access.give":            "changed what may be done with {target}",
    "access.inherit":         "changed whether {target} inherits",
    "access.take":            "took access to {target} away",
    "addresses.change":       "changed from where {target} may come",
    "repository.create":      "made the repository {target}",
    "repository.delete":      "deleted the repository {target}",
    "repository.owner":       "gave the repository {target} to somebody else",
    "repository.private":     "changed whether {target} is private",
    "repository.rename":      "moved the repository {target}",
    "repository_group.create": "made the group {target}",
    "repository_group.delete": "deleted the group {target}",
    "repository_group.owner": "gave the group {target} to somebody else",
    "repository_group.rename": "moved the group {target} with all that is in it",
    "site.permissions":       "changed what holds everywhere",
    "user.create":            "made the account {target}",
    "user.password":          "changed the password of {target}",
}  # fmt: skip
