"""Every deed that is written down, and how it is told: `{target}` is what it was done to."""

from __future__ import annotations

from collections.abc import Mapping

ACTIONS: Mapping[str, str] = {
    "access.give":            "gave access on {target}",
    "access.take":            "took access on {target} away",
    "audit.prune":            "deleted old entries of the log",
    "group.create":           "made the group {target}",
    "group.owner":            "gave the group {target} to another owner",
    "job.retry":              "had the job {target} tried again",
    "push.receive":           "pushed to {target}",
    "repository.adopt":       "adopted the repository {target}",
    "repository.change":      "changed the settings of {target}",
    "repository.create":      "made the repository {target}",
    "repository.delete":      "deleted the repository {target}",
    "repository.fork":        "made the fork {target}",
    "repository.owner":       "gave {target} to another owner",
    "repository.rename":      "renamed the repository {target}",
    "repository.restore":     "restored the repository {target}",
    "session.end":            "signed out",
    "session.end_others":     "signed out everywhere else",
    "session.fail":           "failed to sign in as {target}",
    "session.start":          "signed in",
    "setting.change":         "changed the setting {target}",
    "user.change":            "changed the account {target}",
    "user.create":            "made the account {target}",
    "user.delete":            "deleted the account {target}",
    "user.password":          "changed the password of {target}",
    "user_group.add":         "added members to the group of users {target}",
    "user_group.change":      "changed the group of users {target}",
    "user_group.create":      "made the group of users {target}",
    "user_group.delete":      "deleted the group of users {target}",
    "user_group.owner":       "gave the group of users {target} to another owner",
    "user_group.remove":      "removed members of the group of users {target}",
}  # fmt: skip
