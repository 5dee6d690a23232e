"""The base class of extensions that answer in a pool of threads; here a queue takes the place of the completion port."""

from __future__ import annotations

import queue
import threading
from typing import Any

from isapi import isapicon


class ThreadPoolExtension:
    """Hands each request to `Dispatch` in one of `max_workers` threads."""

    max_workers = 20

    def __init__(self) -> None:
        self.workers: list[threading.Thread] = []
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def GetExtensionVersion(self, vi: Any) -> None:
        if vi is not None:
            vi.ExtensionDesc = self.__doc__
        for _ in range(self.max_workers):
            worker = threading.Thread(target=self._work, daemon=True)
            worker.start()
            self.workers.append(worker)

    def HttpExtensionProc(self, control_block: Any) -> int:
        self._waiting.put(control_block)
        return isapicon.HSE_STATUS_PENDING

    def TerminateExtension(self, status: int) -> None:
        for _ in self.workers:
            self._waiting.put(None)
        for worker in self.workers:
            worker.join(15)

    def Dispatch(self, ecb: Any) -> None:
        raise NotImplementedError

    def HandleDispatchError(self, ecb: Any) -> None:
        raise NotImplementedError

    def _work(self) -> None:
        while (block := self._waiting.get()) is not None:
            try:
                self.Dispatch(block)
            except BaseException:  # noqa: BLE001 - as pywin32 does, SystemExit too
                self.HandleDispatchError(block)
