"""The ISAPI extension: loads Kallithea into IIS, and answers requests in a pool of threads. It imports pywin32."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Any

from isapi import ExtensionError
from isapi.threaded_extension import ThreadPoolExtension

from kallithea.config.entry import application_of
from kallithea.config.iis.bridge import HSE_STATUS_ERROR, Gateway, Reply
from kallithea.config.servers import threads_of_server
from kallithea.lib.errors import ConfigError

log = logging.getLogger(__name__)


class Extension(ThreadPoolExtension):  # type: ignore[misc] # pywin32 is untyped, and not here but on Windows
    """Kallithea"""  # IIS shows this text as the name of the extension

    def __init__(self, ini: str, mount: str, log_file: str) -> None:
        super().__init__()
        self.max_workers = threads_of_server({"__file__": ini})
        self._ini = ini
        self._mount = mount
        self._log_file = log_file
        self._loading = threading.Lock()
        self._gateway: Gateway | None = None

    def GetExtensionVersion(self, vi: Any) -> None:
        # A process of IIS has no standard streams; what is written to them would be lost, or fail.
        sys.stdout = sys.stderr = Path(self._log_file).open("a", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - for as long as the process lives
        super().GetExtensionVersion(vi)

    def Dispatch(self, ecb: Any) -> None:
        """Answer one request in a thread of the pool."""
        gateway = self._gateway or self._load()
        if gateway is not None:
            gateway.answer(ecb)
            return
        reply = Reply(ecb, ExtensionError)
        reply.error("503 Service Unavailable", "Kallithea cannot start. The log beside the dispatch script says why.")
        ecb.DoneWithSession(reply.outcome)

    def HandleDispatchError(self, ecb: Any) -> None:
        """The net under `Dispatch`; pywin32's own shows the traceback to the visitor."""
        log.exception("a request could not be answered")
        ecb.DoneWithSession(HSE_STATUS_ERROR)

    def _load(self) -> Gateway | None:
        """The application, or None while it cannot start; the next request tries again."""
        with self._loading:
            if self._gateway is None:
                try:
                    self._gateway = Gateway(application_of(self._ini), self._mount, ExtensionError)
                # SystemExit too: it would end the process of IIS, and with it every other site there.
                except (ConfigError, SystemExit) as error:
                    sys.stderr.write(f"Kallithea cannot start: {error}\n")
                except Exception:
                    log.exception("Kallithea cannot start")
            return self._gateway
