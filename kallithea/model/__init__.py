"""The rows. Importing this package maps every table."""

from kallithea.model.allowed_addresses import EVERYBODY, AllowedAddresses
from kallithea.model.audit_entry import AuditEntry
from kallithea.model.base import Base, UtcDateTime
from kallithea.model.following import Following
from kallithea.model.former_path import FormerPath
from kallithea.model.grant import GrantRow, principal_key
from kallithea.model.group import Group
from kallithea.model.job import Job
from kallithea.model.namespace import ROOT_PATH, Namespace
from kallithea.model.push import Push, RefUpdateRow
from kallithea.model.repository import COPY_FAILED, COPYING, READY, Repository
from kallithea.model.schema_compatibility import SchemaCompatibility
from kallithea.model.session import UserSession
from kallithea.model.setting import NEW_GRANT, NEW_PRIVATE, PICTURES_STATE, PUBLIC_ACCESS, Setting
from kallithea.model.sign_in_failure import SignInFailure
from kallithea.model.statistics import Statistics
from kallithea.model.user import User
from kallithea.model.user_group import UserGroup, UserGroupMember
from kallithea.model.user_picture import UserPicture

__all__ = [
    "COPYING",
    "COPY_FAILED",
    "EVERYBODY",
    "NEW_GRANT",
    "NEW_PRIVATE",
    "PICTURES_STATE",
    "PUBLIC_ACCESS",
    "READY",
    "ROOT_PATH",
    "AllowedAddresses",
    "AuditEntry",
    "Base",
    "Following",
    "FormerPath",
    "GrantRow",
    "Group",
    "Job",
    "Namespace",
    "Push",
    "RefUpdateRow",
    "Repository",
    "SchemaCompatibility",
    "Setting",
    "SignInFailure",
    "Statistics",
    "User",
    "UserGroup",
    "UserGroupMember",
    "UserPicture",
    "UserSession",
    "UtcDateTime",
    "principal_key",
]
