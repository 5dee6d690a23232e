"""Which sources of sign-ins there are: ours by table, others by the entry-point group `kallithea.sign_in`."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points

from kallithea.lib.sign_in.sources import Source

log = logging.getLogger(__name__)

GROUP = "kallithea.sign_in"
INTERNAL = "internal"
"""The accounts with a password that is kept here: always asked first, so that nothing outside keeps administrators out."""

# Imported when a source is used, and each of them imports its library later still.
_OURS: Mapping[str, str] = {
    "ldap":   "kallithea.lib.sign_in.ldap:LdapSource",
    "header": "kallithea.lib.sign_in.header:HeaderSource",
    "oidc":   "kallithea.lib.sign_in.oidc:OidcSource",
    "pam":    "kallithea.lib.sign_in.pam:PamSource",
}  # fmt: skip

_NAME = re.compile(r"[a-z][a-z0-9]{0,29}")


@lru_cache(maxsize=1)
def source_names() -> tuple[str, ...]:
    """The names of all sources that are installed, ours first."""
    return (*_OURS, *sorted(_foreign()))


def source_class(name: str) -> type[Source] | None:
    """The source of a name; None if there is none, or if it cannot be imported, which the log tells."""
    place = _OURS.get(name) or _foreign().get(name)
    if place is None:
        return None
    module, _, attribute = place.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except Exception:  # whatever a foreign module does when it is imported must not keep others from signing in
        log.warning("The sign-in source %s cannot be imported.", name, exc_info=True)
        return None
    if not (isinstance(found, type) and issubclass(found, Source) and getattr(found, "name", None) == name):
        log.warning("The sign-in source %s is no Source of this name: %s", name, place)
        return None
    return found


# What is installed changes with a restart only.
@lru_cache(maxsize=1)
def _foreign() -> Mapping[str, str]:
    found = {}
    for entry in entry_points(group=GROUP):
        if entry.name in (*_OURS, INTERNAL) or not _NAME.fullmatch(entry.name):
            log.warning("The sign-in source %s of %s has a name that it may not have.", entry.name, entry.value)
        else:
            found[entry.name] = entry.value
    return found
