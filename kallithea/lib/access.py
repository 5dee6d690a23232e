"""The words of the permission model that rows, rules and doors share."""

from enum import Enum, IntEnum


class Access(IntEnum):
    """What somebody may do with a repository or group; each level includes those below it."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """The level as people write it."""
        return self.name.lower()


class PrincipalKind(str, Enum):
    """To whom a grant may be given."""

    USER = "user"
    USER_GROUP = "group"
    ANYONE = "anyone"  # visitors and members alike
    MEMBERS = "members"  # every account
