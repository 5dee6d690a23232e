"""Logging is set up as the ini file says."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kallithea.config import inifile
from kallithea.config.logging import configure
from kallithea.lib.errors import ConfigError

LOGGING = """
[loggers]
keys = root, probe
[handlers]
keys = file
[formatters]
keys = plain
[logger_root]
handlers =
[logger_probe]
level = INFO
handlers = file
qualname = kallithea.probe
[handler_file]
class = FileHandler
args = (r"%(here)s/probe.log", "w")
formatter = plain
[formatter_plain]
format = %(levelname)s %(message)s
[ssh_serve:logger_probe]
level = ERROR
handlers = file
qualname = kallithea.probe
"""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Puts the handlers back that pytest listens with."""
    root, probe = logging.getLogger(), logging.getLogger("kallithea.probe")
    handlers, level = root.handlers[:], root.level
    yield
    for handler in probe.handlers:
        handler.close()
    probe.handlers = []
    root.handlers, root.level = handlers, level


def test_the_sections_of_the_ini_file_count(ini: Callable[..., Path], tmp_path: Path) -> None:
    configure(inifile.load(ini(LOGGING)))
    logging.getLogger("kallithea.probe").info("heard")
    assert (tmp_path / "probe.log").read_text() == "INFO heard\n"


def test_a_section_for_one_command_replaces_the_general_one(ini: Callable[..., Path]) -> None:
    configure(inifile.load(ini(LOGGING)), command="ssh-serve")
    assert logging.getLogger("kallithea.probe").level == logging.ERROR


def test_a_mistake_is_a_configuration_error(ini: Callable[..., Path]) -> None:
    with pytest.raises(ConfigError, match="logging sections"):
        configure(inifile.load(ini(LOGGING.replace("class = FileHandler", "class = NoSuchHandler"))))
