"""Brings files to the platter."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Return when everything on the file system of this folder is on disk."""
    if not sync_file_system(str(folder)):
        os.sync()


def sync_path(name: str) -> None:
    """Return when a file, or the list of names in a folder, is on disk; what is not there needs nothing."""
    try:
        descriptor = os.open(name, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(path: str) -> bool:
    """syncfs(2) of the file system of this path; False where there is no such call."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        return False
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return bool(syncfs(descriptor) == 0)
    finally:
        os.close(descriptor)
