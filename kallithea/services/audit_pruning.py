"""The one way in which entries of the audit log end: the administrator of the machine says so, and that is written down too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from kallithea.model import AuditEntry
from kallithea.services.audit import Audit, Target, Value


class AuditPruning:
    """Deletes old entries."""

    def __init__(self, session: Session, *, audit: Audit) -> None:
        self._session = session
        self._audit = audit

    def prune(self, before: datetime) -> int:
        """Delete what was written before a moment; how many entries."""
        result = self._session.execute(delete(AuditEntry).where(AuditEntry.at < before))
        assert isinstance(result, CursorResult)
        told: dict[str, Value] = {"entries": result.rowcount, "before": before.isoformat(timespec="seconds")}
        self._audit.record("audit.prune", Target("audit", None, "audit log"), after=told)
        return result.rowcount
