"""The pages of one repository."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from kallithea.controllers.base import Room
from kallithea.controllers.later import LaterRooms
from kallithea.controllers.repository.archives import ArchivePages
from kallithea.controllers.repository.changelog import ChangelogRoom
from kallithea.controllers.repository.changeset import ChangesetPages
from kallithea.controllers.repository.comparing import ComparingPages
from kallithea.controllers.repository.data import DataPages
from kallithea.controllers.repository.feeds import FeedPages
from kallithea.controllers.repository.files import FilePages
from kallithea.controllers.repository.finding import FindingPages
from kallithea.controllers.repository.following import FollowingPages
from kallithea.controllers.repository.forking import ForkingPages
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.repository.refs import RefPages
from kallithea.controllers.repository.statistics import StatisticsPages
from kallithea.controllers.repository.summary import SummaryPages

__all__ = ["RepositoryRoom"]


class RepositoryRoom(
    SummaryPages,
    FilePages,
    ChangesetPages,
    RefPages,
    ArchivePages,
    FindingPages,
    ComparingPages,
    FeedPages,
    DataPages,
    ForkingPages,
    FollowingPages,
    StatisticsPages,
):
    """`/<repository>`: what lies directly below it, and the rooms with more than one page."""

    rooms: ClassVar[Mapping[str, type[Room]]] = LaterRooms(
        {"changelog": ChangelogRoom, "settings": "repository.settings:SettingsRoom"}
    )

    def _inner_room(self, name: str) -> Room:
        room = self.rooms[name]
        assert issubclass(room, RepositoryPlace)
        return room(self.visit, self.located)
