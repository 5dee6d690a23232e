"""What the last self-check found, as the pages of administrators tell it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

NAME = "self-check.json"
"""In cache_dir, as it can be found out again."""
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class LastSelfCheck:
    """When it began, and the titles of the checks that failed."""

    began: str
    failed: tuple[str, ...]

    def __str__(self) -> str:
        found = f"failed: {', '.join(self.failed)}" if self.failed else "all is well"
        return f"{self.began[:16].replace('T', ' ')} UTC, {found}"


def remember(cache_dir: Path, report: str) -> None:
    """Keep the JSON of a report. Raises OSError."""
    handle, draft = tempfile.mkstemp(dir=cache_dir, prefix=f".{NAME}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(report)
    Path(draft).replace(cache_dir / NAME)


def last_self_check(cache_dir: Path) -> LastSelfCheck | None:
    """What was kept; None where there is nothing that can be read."""
    try:
        with (cache_dir / NAME).open(encoding="utf-8") as file:
            told = json.loads(file.read(LARGEST))
        failed = tuple(str(check["title"]) for check in told["checks"] if check["status"] == "failed")
        return LastSelfCheck(str(told["began"]), failed)
    except (OSError, ValueError, KeyError, TypeError):
        return None
