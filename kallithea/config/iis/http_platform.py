"""The process that IIS runs through HttpPlatformHandler: `python -m kallithea.config.iis.http_platform MY.INI [/PREFIX]`.

waitress, with what `[server:main]` says of it, at the port that IIS chose (HTTP_PLATFORM_PORT) and for this machine alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from kallithea.config import inifile
from kallithea.config.entry import application_of
from kallithea.config.servers import run_waitress
from kallithea.lib.errors import ConfigError

_OURS = frozenset({"use", "host", "port", "listen", "sockets", "unix_socket", "url_prefix"})
"""What IIS decides, whatever the ini file says."""


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    """Serve until IIS ends the process. Raises ConfigError."""
    ini, prefix = arguments[0], arguments[1] if len(arguments) > 1 else ""
    port = environ.get("HTTP_PLATFORM_PORT", "")
    if not port.isdigit():
        raise ConfigError("HTTP_PLATFORM_PORT is not set.", hint="IIS sets it; docs/deployment/iis.md says how it runs this.")
    settings = {**waitress_settings(ini), "host": "127.0.0.1", "port": port, "url_prefix": prefix.rstrip("/")}
    # Variables were read with the file; the port of IIS goes before them.
    run_waitress(application_of(ini), {}, environ={}, **settings)


def waitress_settings(ini: str) -> dict[str, str]:
    """What `[server:main]` says to waitress, but for where to listen; nothing where it is for another server."""
    loaded = inifile.load(ini)
    if not loaded.parser.has_section("server:main"):
        return {}
    section = dict(loaded.parser.items("server:main"))
    if "waitress" not in section.get("use", ""):
        return {}
    return {name: value for name, value in section.items() if name not in _OURS and name not in loaded.parser.defaults()}


if __name__ == "__main__":
    try:
        main(sys.argv[1:], os.environ)
    except ConfigError as wrong:
        sys.exit(f"error: {wrong.message}" + (f"\nhint: {wrong.hint}" if wrong.hint else ""))
