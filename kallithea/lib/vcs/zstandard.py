"""The compression of `tar.zst`: Python has it from 3.14 on, and `kallithea[zstd]` brings it for older ones."""

from __future__ import annotations

import importlib
from functools import cache
from importlib.util import find_spec
from typing import Any

LEVEL = 9
"""A third smaller than gzip's usual level, in the same time."""
_MODULES = ("compression.zstd", "backports.zstd")


@cache
def is_there() -> bool:
    """Whether this Python can write it."""
    return _name() is not None


def zstandard() -> Any:
    """The module; both have the same classes. To be asked for only where it is there."""
    name = _name()
    assert name is not None
    return importlib.import_module(name)


def _name() -> str | None:
    for name in _MODULES:
        try:
            if find_spec(name) is not None:
                return name
        except ModuleNotFoundError:  # the package around it is missing
            continue
    return None
