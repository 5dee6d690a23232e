"""What is written from the settings is equal to them."""

from pathlib import Path

from kallithea.config import template
from kallithea.config.former_keys import why_ignored
from kallithea.config.settings import KEYS

TOP = Path(__file__).parents[2]


def test_the_ini_template_equals_the_settings() -> None:
    assert (TOP / "development.ini.tmpl").read_text(encoding="utf-8") == template.written_template(), "run: make settings"


def test_the_documented_settings_equal_the_settings() -> None:
    assert (TOP / "docs" / "settings.md").read_text(encoding="utf-8") == template.written_page(), "run: make settings"


def test_no_key_is_both_used_and_ignored() -> None:
    assert [key.name for key in KEYS if why_ignored(key.name)] == []


def test_the_template_is_plain_ascii_for_every_reader_of_ini_files() -> None:
    assert template.written_template().isascii()
