"""The application for web servers that run a Python file instead of reading an ini file, such as mod_wsgi."""

from __future__ import annotations

import logging.config
import sys
from typing import Any

from paste.deploy import loadapp

from kallithea.config import inifile


def application_of(ini: str) -> Any:
    """The WSGI application of an ini file with its filters, logging as the file says.

    What is wrong with the file is said in one sentence; servers would print only the class of the error.
    """
    # Read first by our own loader, which says what is wrong in words.
    path = inifile.load(ini).path
    defaults = {"here": str(path.parent), "__file__": str(path)}
    logging.config.fileConfig(path, defaults, disable_existing_loggers=False, encoding="utf-8")
    try:
        return loadapp(f"config:{path}")
    except SystemExit as error:
        sys.stderr.write(f"{error}\n")
        raise
