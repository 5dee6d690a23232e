"""What a dispatch script says when it installs itself; here it is printed."""

from __future__ import annotations

import json
import sys
from typing import Any


class _Parameters:
    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)


class ScriptMapParams(_Parameters):
    """One script map."""


class VirtualDirParameters(_Parameters):
    """One virtual directory."""


class ISAPIParameters(_Parameters):
    """Everything that is installed."""


def HandleCommandLine(params: ISAPIParameters) -> None:
    """Print what would be installed."""
    json.dump({"arguments": sys.argv[1:], "params": params}, sys.stdout, default=vars)
