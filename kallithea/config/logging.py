"""Logging as the ini file wants it."""

import logging.config

from kallithea.config.inifile import IniFile
from kallithea.lib.errors import ConfigError


def configure(ini: IniFile, *, command: str = "") -> None:
    """Set up logging; a section such as `[ssh_serve:handler_console]` replaces `[handler_console]` for that command."""
    parser = ini.parser
    prefix = command.replace("-", "_") + ":"
    for section in parser.sections():
        name = section.removeprefix(prefix)
        if name != section:
            parser.remove_section(name)
            parser.read_dict({name: dict(parser.items(section, raw=True))}, source=str(ini.path))
    if not parser.has_section("loggers"):
        return
    try:
        logging.config.fileConfig(parser, disable_existing_loggers=False)
    # fileConfig looks classes and arguments up by name, so a wrong line in the ini file can raise anything.
    except Exception as error:
        raise ConfigError(
            f"{ini.path}: the logging sections cannot be used ({error}).", hint="Compare them with those of a new ini file."
        ) from error
