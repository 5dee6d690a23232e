"""The rows. Importing this package maps every table."""

from kallithea.model.access_token import AccessToken, AccessTokenPlace
from kallithea.model.allowed_addresses import EVERYBODY, AllowedAddresses
from kallithea.model.audit_entry import AuditEntry
from kallithea.model.base import Base, UtcDateTime
from kallithea.model.deploy_token import DeployToken
from kallithea.model.external_identity import ExternalIdentity, SynchronisedGroup
from kallithea.model.following import Following
from kallithea.model.former_path import FormerPath
from kallithea.model.grant import GrantRow, principal_key
from kallithea.model.grant_source import GrantSource
from kallithea.model.group import Group
from kallithea.model.invitation import Invitation
from kallithea.model.job import Job
from kallithea.model.mail import Mail
from kallithea.model.mailed_link import CONFIRM_ADDRESS, RESET_PASSWORD, MailedLink
from kallithea.model.namespace import ROOT_PATH, Namespace
from kallithea.model.push import Push, RefUpdateRow
from kallithea.model.registration import Registration
from kallithea.model.repository import COPY_FAILED, COPYING, READY, Repository
from kallithea.model.schema_compatibility import SchemaCompatibility
from kallithea.model.search import SearchText, SearchTrigram
from kallithea.model.second_factor import AuthenticatorApp, Passkey, RecoveryCode, UsedProof
from kallithea.model.session import UserSession
from kallithea.model.setting import (
    NEW_GRANT,
    NEW_PRIVATE,
    PICTURES_STATE,
    PUBLIC_ACCESS,
    REGISTRATION,
    SECOND_FACTOR,
    Setting,
)
from kallithea.model.sign_in_failure import SignInFailure
from kallithea.model.signing_key import SigningKey, SigningKeyPart
from kallithea.model.ssh_key import SshKey
from kallithea.model.statistics import Statistics
from kallithea.model.user import User
from kallithea.model.user_email import UserEmail
from kallithea.model.user_group import UserGroup, UserGroupMember
from kallithea.model.user_picture import UserPicture

__all__ = [
    "CONFIRM_ADDRESS",
    "COPYING",
    "COPY_FAILED",
    "EVERYBODY",
    "NEW_GRANT",
    "NEW_PRIVATE",
    "PICTURES_STATE",
    "PUBLIC_ACCESS",
    "READY",
    "REGISTRATION",
    "RESET_PASSWORD",
    "ROOT_PATH",
    "SECOND_FACTOR",
    "AccessToken",
    "AccessTokenPlace",
    "AllowedAddresses",
    "AuditEntry",
    "AuthenticatorApp",
    "Base",
    "DeployToken",
    "ExternalIdentity",
    "Following",
    "FormerPath",
    "GrantRow",
    "GrantSource",
    "Group",
    "Invitation",
    "Job",
    "Mail",
    "MailedLink",
    "Namespace",
    "Passkey",
    "Push",
    "RecoveryCode",
    "RefUpdateRow",
    "Registration",
    "Repository",
    "SchemaCompatibility",
    "SearchText",
    "SearchTrigram",
    "Setting",
    "SignInFailure",
    "SigningKey",
    "SigningKeyPart",
    "SshKey",
    "Statistics",
    "SynchronisedGroup",
    "UsedProof",
    "User",
    "UserEmail",
    "UserGroup",
    "UserGroupMember",
    "UserPicture",
    "UserSession",
    "UtcDateTime",
    "principal_key",
]
