"""The application for web servers that run a Python file instead of reading an ini file, such as mod_wsgi."""

from __future__ import annotations

import logging.config
import sys
from typing import Any

from paste.deploy import loadapp

from kallithea.config import inifile
from kallithea.config.inifile import IniFile


def configure_logging(loaded: IniFile) -> None:
    """Log as the file says; what it says nothing about goes to the standard error."""
    if not loaded.parser.has_section("loggers"):
        logging.basicConfig(level=logging.INFO)
        return
    defaults = {"here": str(loaded.path.parent), "__file__": str(loaded.path)}
    logging.config.fileConfig(loaded.path, defaults, disable_existing_loggers=False, encoding="utf-8")


def application_of(ini: str) -> Any:
    """The WSGI application of an ini file with its filters, logging as the file says.

    What is wrong with the file is said in one sentence; servers would print only the class of the error.
    """
    # Read first by our own loader, which says what is wrong in words.
    loaded = inifile.load(ini)
    configure_logging(loaded)
    try:
        return loadapp(f"config:{loaded.path}")
    except SystemExit as error:
        sys.stderr.write(f"{error}\n")
        raise
