"""Repositories on disk, hg and git alike. Other rooms import from here only."""

from kallithea.lib.vcs.backend import Backend, Keeper, Reader, Server, Store
from kallithea.lib.vcs.diffs import Change, Diff, DiffLine, DiffOptions, FileDiff, Hunk, LineKind
from kallithea.lib.vcs.errors import (
    CommitNotFound,
    LocationTaken,
    PathNotFound,
    RepositoryBusy,
    RepositoryMissing,
    UnsafeConfiguration,
)
from kallithea.lib.vcs.objects import (
    Blob,
    Commit,
    CommitId,
    EntryKind,
    Feature,
    Kind,
    Phase,
    Ref,
    RefKind,
    Refs,
    RefUpdate,
    Signature,
    TreeEntry,
)
from kallithea.lib.vcs.opening import open_vault
from kallithea.lib.vcs.paths import ROOT, FilePath
from kallithea.lib.vcs.requests import BodyStream, GitRequest, HgRequest, PushListener, WireReply, WireRequest
from kallithea.lib.vcs.vault import Vault

__all__ = [
    "ROOT",
    "Backend",
    "Blob",
    "BodyStream",
    "Change",
    "Commit",
    "CommitId",
    "CommitNotFound",
    "Diff",
    "DiffLine",
    "DiffOptions",
    "EntryKind",
    "Feature",
    "FileDiff",
    "FilePath",
    "GitRequest",
    "HgRequest",
    "Hunk",
    "Keeper",
    "Kind",
    "LineKind",
    "LocationTaken",
    "PathNotFound",
    "Phase",
    "PushListener",
    "Reader",
    "Ref",
    "RefKind",
    "RefUpdate",
    "Refs",
    "RepositoryBusy",
    "RepositoryMissing",
    "Server",
    "Signature",
    "Store",
    "TreeEntry",
    "UnsafeConfiguration",
    "Vault",
    "WireReply",
    "WireRequest",
    "open_vault",
]
