"""How long whoever stops waits for what it has begun."""

from __future__ import annotations

GRACE = 300.0
"""Seconds that transfers get to finish."""
