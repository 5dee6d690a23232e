"""Repositories on disk, hg and git alike. Other rooms import from here only."""

from kallithea.lib.vcs.archives import Archive, ArchiveFormat
from kallithea.lib.vcs.backend import Backend, Counter, Keeper, Maintained, Reader, Server, StopSignal, Store
from kallithea.lib.vcs.blame import IGNORED_COMMITS, Blame, BlameRange, Version
from kallithea.lib.vcs.diffs import Change, Diff, DiffLine, DiffOptions, FileDiff, Hunk, LineKind
from kallithea.lib.vcs.errors import (
    CommitNotFound,
    LocationTaken,
    MaintenanceFailed,
    MaintenanceStopped,
    PathNotFound,
    RepositoryBusy,
    RepositoryMissing,
    UnsafeConfiguration,
)
from kallithea.lib.vcs.last_changes import LastChanges
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
from kallithea.lib.vcs.pointers import ATTRIBUTES, POINTER_BYTES, STANDIN_BYTES, STANDINS, TRACKED, Pointer, pointer_in
from kallithea.lib.vcs.requests import BodyStream, GitRequest, HgRequest, PushListener, WireReply, WireRequest
from kallithea.lib.vcs.tallies import CountedCommit
from kallithea.lib.vcs.vault import Discarded, Vault

__all__ = [
    "ATTRIBUTES",
    "IGNORED_COMMITS",
    "POINTER_BYTES",
    "ROOT",
    "STANDINS",
    "STANDIN_BYTES",
    "TRACKED",
    "Archive",
    "ArchiveFormat",
    "Backend",
    "Blame",
    "BlameRange",
    "Blob",
    "BodyStream",
    "Change",
    "Commit",
    "CommitId",
    "CommitNotFound",
    "CountedCommit",
    "Counter",
    "Diff",
    "DiffLine",
    "DiffOptions",
    "Discarded",
    "EntryKind",
    "Feature",
    "FileDiff",
    "FilePath",
    "GitRequest",
    "HgRequest",
    "Hunk",
    "Keeper",
    "Kind",
    "LastChanges",
    "LineKind",
    "LocationTaken",
    "Maintained",
    "MaintenanceFailed",
    "MaintenanceStopped",
    "PathNotFound",
    "Phase",
    "Pointer",
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
    "StopSignal",
    "Store",
    "TreeEntry",
    "UnsafeConfiguration",
    "Vault",
    "Version",
    "WireReply",
    "WireRequest",
    "open_vault",
    "pointer_in",
]
