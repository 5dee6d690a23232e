"""A commit as a mail, which `git am` and `hg import` take (git's Documentation/git-format-patch.txt)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.header import Header
from email.utils import format_datetime
from itertools import chain

from kallithea.lib.vcs import Commit

# What ends a message for those who read it: the beginning of a patch (git's mailinfo.c, patchbreak; hg's patch.py, diffre) or
# of the next mail. Headers at the top of a message would be taken for those of the mail.
_ENDS_MESSAGE = re.compile(
    r"diff[ \t]|Index:[ \t]|---|\*\*\*[ \t]|RCS file: |retrieving revision |>*From |# HG changeset patch"
)
_HEADER = re.compile(r"(?i)(?:from|date|subject|\[patch)")
_SPECIAL = re.compile(r'["\\()<>@]')


def mail(commit: Commit, patch: Iterator[bytes]) -> Iterator[bytes]:
    """The mail in pieces; `patch` is the diff of the commit.

    A line of the message that would end it gets a blank in front. Readers of mails take CR LF for a line feed: a change of
    files that have it needs `git am --keep-cr`, and for `hg import` the plain diff.
    """
    return chain([_head(commit)], patch, [b"-- \nKallithea\n\n"])


def _head(commit: Commit) -> bytes:
    subject, _, body = commit.message.strip().partition("\n")
    author = commit.author
    name = _one_line(author.name or author.email or "nobody")
    lines = [
        # The date is a constant by which programs know the format.
        f"From {commit.id} Mon Sep 17 00:00:00 2001",
        f"From: {_word(name)} <{re.sub('[<>]', '', _one_line(author.email))}>",
        f"Date: {format_datetime(author.when)}",
        f"Subject: {_encoded('[PATCH] ' + (_one_line(subject) or '(no message)'))}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        *_body(body.strip("\n")),
        "---",
        "",
        "",
    ]
    return "\n".join(lines).encode("utf-8", "replace")


def _body(text: str) -> list[str]:
    lines = text.split("\n") if text.strip() else []
    shown = [f" {line}" if _ENDS_MESSAGE.match(line) else line for line in lines]
    if shown and _HEADER.match(shown[0]):
        shown[0] = f" {shown[0]}"
    return shown


def _word(name: str) -> str:
    """A name in front of an address (RFC 5322, section 3.2.4); in UTF-8, as hg puts a blank behind what is encoded."""
    return '"{}"'.format(re.sub(r'(["\\])', r"\\\1", name)) if _SPECIAL.search(name) else name


def _encoded(text: str) -> str:
    """A header that is ASCII (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8").encode()


def _one_line(text: str) -> str:
    """A text that cannot begin another header line."""
    return " ".join(text.split())
