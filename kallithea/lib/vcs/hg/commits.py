"""Commits as values: who, when and what, however odd the stored bytes are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from mercurial import error

from kallithea.lib.vcs.errors import CommitNotFound
from kallithea.lib.vcs.objects import Commit, CommitId, Phase, Signature

# mercurial/phases.py; other phases are never served
PHASES = {0: Phase.PUBLIC, 1: Phase.DRAFT, 2: Phase.SECRET}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NULL_REVISION = -1
FULL_ID = 40


def id_of(repo: Any, number: int) -> CommitId:
    """The id of the commit with this number."""
    return CommitId(repo.changelog.node(number).hex())


def number_of(repo: Any, commit_id: CommitId) -> int:
    """The number of a commit that clients may see. Raises CommitNotFound."""
    try:
        if len(commit_id.hex) != FULL_ID:
            raise ValueError("not a full id")
        number: int = repo.changelog.rev(bytes.fromhex(commit_id.hex))
    except (ValueError, error.LookupError, error.RepoLookupError, error.WdirUnsupported) as unknown:
        raise not_found(commit_id.hex) from unknown
    if number == NULL_REVISION:
        raise not_found(commit_id.hex)
    return number


def commit_at(repo: Any, number: int) -> Commit:
    """The commit with this number."""
    context = repo[number]
    stored = context._changeset
    author = signature(context.user().decode("utf-8", "replace"), stored.date)
    log = repo.changelog
    return Commit(
        id=CommitId(context.node().hex()),
        parents=tuple(CommitId(log.node(parent).hex()) for parent in log.parentrevs(number) if parent != NULL_REVISION),
        author=author,
        committer=author,
        message=context.description().decode("utf-8", "replace"),
        branch=context.branch().decode("utf-8", "replace"),
        phase=PHASES.get(context.phase(), Phase.SECRET),
        number=number,
        closes_branch="close" in stored.extra or b"close" in stored.extra,
        is_obsolete=context.obsolete(),
        topic=_topic(stored.extra),
        instabilities=tuple(name.decode("ascii", "replace") for name in context.instabilities()),
    )


def _topic(extra: Mapping[bytes, bytes]) -> str | None:
    topic = extra.get(b"topic")
    return topic.decode("utf-8", "replace") if topic else None


def signature(text: str, date: tuple[float, int]) -> Signature:
    """Who and when. hg keeps the author as one text: mostly `Name <mail>`, but also a bare name, a bare address or `<mail>`."""
    name, bracket, rest = text.partition("<")
    if bracket:
        email = rest.partition(">")[0].strip()
    elif "@" in text and not any(character.isspace() for character in text.strip()):
        name, email = "", text.strip()
    else:
        email = ""
    name = name.strip().strip('"').strip() or email.partition("@")[0]
    return Signature(name=name, email=email, when=moment(*date))


def moment(seconds: float, west: int) -> datetime:
    """The time that hg keeps as seconds since the epoch and seconds west of UTC; what no calendar has becomes the nearest."""
    zone = timezone(timedelta(seconds=-west)) if abs(west) < 86400 else timezone.utc
    try:
        return (EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    except (OverflowError, ValueError):
        edge = datetime.max if seconds > 0 else datetime.min
        return edge.replace(microsecond=0, tzinfo=timezone.utc)


def not_found(name: str) -> CommitNotFound:
    return CommitNotFound(f"There is no commit, branch, tag or bookmark {name}.")
