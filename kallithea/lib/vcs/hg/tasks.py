"""What the server process asks of a helper process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kallithea.lib.vcs.hg import frames
from kallithea.lib.vcs.requests import HgRequest


@dataclass(frozen=True, slots=True)
class Task:
    """One request, as the server process hands it over."""

    folder: Path
    publishing: bool
    writable: bool
    request: HgRequest

    @classmethod
    def unpack(cls, content: bytes) -> Task:
        facts = frames.unpack(content)
        return cls(
            folder=Path(os.fsdecode(bytes.fromhex(facts["folder"]))),
            publishing=facts["publishing"],
            writable=facts["writable"],
            request=HgRequest(
                command=facts["command"],
                commands=tuple(facts["commands"]),
                query=facts["query"],
                headers=tuple((name, value) for name, value in facts["headers"]),
            ),
        )

    def pack(self) -> bytes:
        return frames.pack(
            {
                "folder": os.fsencode(self.folder).hex(),
                "publishing": self.publishing,
                "writable": self.writable,
                "command": self.request.command,
                "commands": self.request.commands,
                "query": self.request.query,
                "headers": self.request.headers,
            }
        )
