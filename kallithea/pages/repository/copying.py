"""What stands in place of every page of a fork until it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from kallithea.pages.parts import Moment, RepositoryHeader, Room, ShownRepository, moment, repository_header
from kallithea.pages.urls import Urls


class CopyState(Enum):
    """How a copy is doing; the value is the heading of the page."""

    WAITING = "Waiting to be copied"
    RUNNING = "Being copied"
    RETRIED = "Copying failed, and is tried again"
    FAILED = "Copying failed"
    IMPOSSIBLE = "There is nothing to copy"


_SAID = {
    CopyState.WAITING: "Copying begins in a moment.",
    CopyState.RUNNING: "A large repository takes some minutes. Everything appears at once when all of it is there.",
    CopyState.RETRIED: "The administrator of this server finds the reason among its jobs.",
    CopyState.FAILED: "It is tried no more. The administrator of this server finds the reason among its jobs.",
    CopyState.IMPOSSIBLE: "The original was deleted or closed to you before it was copied. Delete this fork in its settings.",
}


@dataclass(frozen=True, slots=True)
class CopyingPage:
    header: RepositoryHeader
    heading: str
    said: str
    is_good: bool
    since: Moment | None
    percent: int | None
    again_url: str | None


def copying_page(
    urls: Urls, repository: ShownRepository, *, state: CopyState, since: datetime | None, percent: int | None = None
) -> CopyingPage:
    """The page; `since` is when the attempt under way began, and `percent` how far it is, None where nobody knows."""
    is_hopeful = state in (CopyState.WAITING, CopyState.RUNNING, CopyState.RETRIED)
    return CopyingPage(
        header=repository_header(urls, repository, room=Room.SUMMARY),
        heading=state.value,
        said=_SAID[state],
        is_good=state in (CopyState.WAITING, CopyState.RUNNING),
        since=moment(since) if since and state is CopyState.RUNNING else None,
        percent=percent if state is CopyState.RUNNING else None,
        again_url=urls.repository(repository.path) if is_hopeful else None,
    )
