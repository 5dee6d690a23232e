"""Every page as it can be: on a good day, empty, and with everything that a hostile person would put in it."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.pages.account_samples import account_samples
from tests.pages.admin_samples import admin_samples
from tests.pages.file_samples import file_samples
from tests.pages.group_samples import group_samples
from tests.pages.history_samples import history_samples
from tests.pages.permission_samples import permission_samples
from tests.pages.repository_samples import repository_samples
from tests.pages.sign_in_samples import sign_in_samples
from tests.pages.world import (
    EVIL,
    NOON,
    URLS,
)


def samples() -> dict[str, Callable[[], object]]:
    """Makers of pages by a name that says which one it is."""
    return {
        **group_samples(),
        **permission_samples(),
        **sign_in_samples(),
        **repository_samples(),
        **history_samples(),
        **file_samples(),
        **account_samples(URLS, NOON, EVIL),
        **admin_samples(URLS, NOON, EVIL),
    }


def file_name(sample: str) -> str:
    return re.sub(r"\W+", "-", sample)
