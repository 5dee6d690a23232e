"""What docs/deployment/ says about each server is what config-create writes, and what the tests run."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

import pytest

from kallithea.cli.config import DEFAULTS
from kallithea.config.template import SERVERS
from tests.clients.server import CHECKOUT
from tests.deployment.servers import COMMANDS

PAGES = CHECKOUT / "docs" / "deployment"
servers = pytest.mark.parametrize("http_server", sorted(SERVERS))


def blocks(page: Path, language: str) -> list[str]:
    """What stands between the fences of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@servers
def test_a_page_shows_the_section_that_is_written(http_server: str) -> None:
    written = Template(SERVERS[http_server]).substitute(host=DEFAULTS["host"], port=DEFAULTS["port"])

    assert blocks(PAGES / f"{http_server}.md", "ini") == [written]


@servers
def test_a_page_says_the_commands_that_the_tests_run(http_server: str) -> None:
    (said,) = blocks(PAGES / f"{http_server}.md", "sh")
    commands = [line.removeprefix("venv/bin/").split() for line in said.splitlines() if " install " not in line]

    assert commands == [
        ["kallithea-cli", "config-create", "my.ini", f"http_server={http_server}"],
        ["kallithea-cli", "db-create", "-c", "my.ini"],
        list(COMMANDS[http_server]),
    ]
