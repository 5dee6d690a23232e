"""The rows. Importing this package maps every table."""

from kallithea.model.audit_entry import AuditEntry
from kallithea.model.base import Base, UtcDateTime
from kallithea.model.following import Following
from kallithea.model.grant import GrantRow, principal_key
from kallithea.model.group import Group
from kallithea.model.job import Job
from kallithea.model.namespace import ROOT_PATH, Namespace
from kallithea.model.push import Push, RefUpdateRow
from kallithea.model.repository import COPY_FAILED, COPYING, READY, Repository
from kallithea.model.schema_compatibility import SchemaCompatibility
from kallithea.model.second_factor import AuthenticatorApp, Passkey, RecoveryCode, UsedProof
from kallithea.model.session import UserSession
from kallithea.model.setting import PICTURES_STATE, PUBLIC_ACCESS, SECOND_FACTOR, Setting
from kallithea.model.sign_in_failure import SignInFailure
from kallithea.model.statistics import Statistics
from kallithea.model.user import User
from kallithea.model.user_group import UserGroup, UserGroupMember
from kallithea.model.user_picture import UserPicture

__all__ = [
    "COPYING",
    "COPY_FAILED",
    "PICTURES_STATE",
    "PUBLIC_ACCESS",
    "READY",
    "ROOT_PATH",
    "SECOND_FACTOR",
    "AuditEntry",
    "AuthenticatorApp",
    "Base",
    "Following",
    "GrantRow",
    "Group",
    "Job",
    "Namespace",
    "Passkey",
    "Push",
    "RecoveryCode",
    "RefUpdateRow",
    "Repository",
    "SchemaCompatibility",
    "Setting",
    "SignInFailure",
    "Statistics",
    "UsedProof",
    "User",
    "UserGroup",
    "UserGroupMember",
    "UserPicture",
    "UserSession",
    "UtcDateTime",
    "principal_key",
]
