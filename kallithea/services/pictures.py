"""Pictures that people gave themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from kallithea.lib.pictures import Picture, checked_picture
from kallithea.lib.tokens import new_token
from kallithea.model import PICTURES_STATE, Setting, User, UserPicture
from kallithea.services.actors import Member

PictureName = tuple[int, str]
"""The number of the account and the digest of the picture, as its address has them."""


class Pictures:
    """Keeps one picture for each account that wants one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def give(self, member: Member, content: bytes) -> None:
        """Make this the member's picture. Raises Invalid."""
        picture = checked_picture(content)
        self._remove(member)
        digest = hashlib.sha256(picture.content).hexdigest()[:32]
        self._session.add(
            UserPicture(user_id=member.id, content_type=picture.content_type, content=picture.content, digest=digest)
        )
        self.changed()

    def take(self, member: Member) -> None:
        """Forget the member's picture."""
        self._remove(member)
        self.changed()

    def get(self, name: PictureName) -> Picture | None:
        """The picture of this name; None if there never was one, or it was replaced or removed."""
        statement = select(UserPicture).where(UserPicture.user_id == name[0], UserPicture.digest == name[1])
        row = self._session.scalar(statement)
        return None if row is None else Picture(row.content_type, row.content)

    def of_member(self, member: Member) -> PictureName | None:
        """The name of the member's own picture."""
        statement = select(UserPicture.user_id, UserPicture.digest).where(UserPicture.user_id == member.id)
        row = self._session.execute(statement).first()
        return None if row is None else (row.user_id, row.digest)

    def by_address(self, addresses: Iterable[str]) -> dict[str, PictureName]:
        """The pictures of the accounts with these mail addresses, by case-folded address."""
        keys = sorted({address.strip().casefold() for address in addresses} - {""})
        if not keys:
            return {}
        statement = (
            select(User.email_key, UserPicture.user_id, UserPicture.digest)
            .join(UserPicture, UserPicture.user_id == User.id)
            .where(User.email_key.in_(keys), User.is_active)
        )
        return {row.email_key: (row.user_id, row.digest) for row in self._session.execute(statement)}

    def _remove(self, member: Member) -> None:
        self._session.execute(delete(UserPicture).where(UserPicture.user_id == member.id))

    def changed(self) -> None:
        """Have pages made anew that show pictures of people."""
        row = self._session.scalar(select(Setting).where(Setting.name == PICTURES_STATE))
        if row is None:
            self._session.add(Setting(name=PICTURES_STATE, value=new_token()))
        else:
            row.value = new_token()
