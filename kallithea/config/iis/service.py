"""What the extension in the dispatch script does: load Kallithea into IIS, keep its log, and answer.

The script has the class that pywin32 asks for, so that nothing here imports pywin32, which exists on Windows only.
"""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

from kallithea.config.entry import application_of
from kallithea.config.iis.bridge import HSE_STATUS_ERROR, ControlBlock, Gateway, Reply
from kallithea.config.servers import threads_of_server
from kallithea.lib.errors import ConfigError

log = logging.getLogger(__name__)


class Service:
    """One Kallithea for a process of IIS; `broken` is what control blocks raise where a connection is lost."""

    def __init__(self, ini: str, mount: str, log_file: str, broken: type[Exception]) -> None:
        self.threads = threads_of_server({"__file__": ini})
        self._ini = ini
        self._mount = mount
        self._log_file = log_file
        self._broken = broken
        self._loading = threading.Lock()
        self._gateway: Gateway | None = None

    def begin(self) -> None:
        """Open the log. A process of IIS has no standard streams: what is written to them would be lost, or fail."""
        stream = Path(self._log_file).open("a", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - open for as long as the process lives
        sys.stdout = sys.stderr = stream

    def answer(self, block: ControlBlock) -> None:
        """Answer one request."""
        gateway = self._gateway or self._load()
        if gateway is not None:
            gateway.answer(block)
            return
        reply = Reply(block, self._broken)
        reply.error("503 Service Unavailable", "Kallithea cannot start. The log beside the dispatch script says why.")
        block.DoneWithSession(reply.outcome)

    def failed(self, block: ControlBlock) -> None:
        """Give back a request that `answer` failed at; pywin32 would show the traceback to the visitor."""
        log.exception("a request could not be answered")
        block.DoneWithSession(HSE_STATUS_ERROR)

    def _load(self) -> Gateway | None:
        """The application, or None while it cannot start; the next request tries again."""
        with self._loading:
            if self._gateway is None:
                try:
                    self._gateway = Gateway(application_of(self._ini), self._mount, self._broken)
                # SystemExit too: it would end the process of IIS, and with it every other site there.
                except (ConfigError, SystemExit) as error:
                    sys.stderr.write(f"Kallithea cannot start: {error}\n")
                # The outermost net of a server that starts; visitors are told that it did not.
                except Exception:
                    log.exception("Kallithea cannot start")
            return self._gateway
