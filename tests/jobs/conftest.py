"""An instance below the doors, and workers for its jobs."""

from __future__ import annotations

from tests.services.conftest import _admin, _clock, _ledger  # noqa: F401 - fixtures that the tests here use
