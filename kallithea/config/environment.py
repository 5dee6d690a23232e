"""Whether the environment of a server lets it write names as they are, and what to say where it does not."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from kallithea.lib.errors import ConfigError

_WHAT_TO_SET: Mapping[str, str] = {
    "mod_wsgi": "Add to WSGIDaemonProcess: lang=C.UTF-8 locale=C.UTF-8",
    "uwsgi": "Add to the section [uwsgi]: env = LC_ALL=C.UTF-8",
}
"""By a module that only this server has."""
_USUAL = "Set LC_ALL=C.UTF-8 where the server is started, such as Environment=LC_ALL=C.UTF-8 in a systemd unit."


def require_utf8() -> None:
    """Stop a server whose environment has another encoding than UTF-8.

    It would give files other names than the commands and the other servers of the same instance, and could not open those with
    letters that its encoding does not have. Python takes UTF-8 for the locales C and POSIX and where none is set.
    """
    encoding = sys.getfilesystemencoding()
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        return
    hint = next((text for module, text in _WHAT_TO_SET.items() if module in sys.modules), _USUAL)
    raise ConfigError(f"The environment of this server says that text is {encoding}; it has to be UTF-8.", hint=hint)
