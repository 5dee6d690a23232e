"""Patterns of issues in the ini file, under the names that 0.7 gave them."""

from __future__ import annotations

import time

import pytest

from kallithea.config.issue_patterns import issue_rules
from kallithea.config.settings import Settings
from kallithea.lib.errors import ConfigError
from kallithea.lib.messages import MessageLinks, render_message

BASE = {"repos_path": "/r", "cache_dir": "/c", "sqlalchemy.url": "sqlite:////x", "session.secret": "0123456789abcdef"}


def shown(text: str, **keys: str) -> str:
    return str(render_message(text, MessageLinks(issues=issue_rules(keys), repository="web/my shop")))


def link(address: str, text: str) -> str:
    return f'<a href="{address}" rel="nofollow noopener">{text}</a>'


def test_issue_of_any_repository_is_a_link() -> None:
    html = shown("Fix #12.", issue_pat=r"#(\d+)", issue_server_link=r"https://issues.example.com/{repo}/issue/\1")

    assert html == f"Fix {link('https://issues.example.com/web/my%20shop/issue/12', '#12')}."


def test_what_is_shown_for_an_issue_can_be_said() -> None:
    keys = {"issue_pat": r"(?:\s*#)(\d+)", "issue_server_link": r"https://x.example/{repo_name}/\1", "issue_sub": r"issue \1"}

    assert shown("Fix #12", **keys) == f"Fix {link('https://x.example/my%20shop/12', 'issue 12')}"


def test_endings_make_further_patterns() -> None:
    html = shown(
        "#1 wiki-Start",
        issue_pat=r"#(\d+)",
        issue_server_link=r"https://x.example/\1",
        issue_pat_wiki=r"wiki-(?P<name>\S+)",
        issue_server_link_wiki=r"https://w.example/\g<name>",
    )

    assert html == f"{link('https://x.example/1', '#1')} {link('https://w.example/Start', 'wiki-Start')}"


def test_what_was_found_is_quoted() -> None:
    html = shown('x-"<&?é', issue_pat=r"x-(\S+)", issue_server_link=r"https://x.example/?q=\1")

    assert html == link("https://x.example/?q=%22%3C%26%3F%C3%A9", "x-&#34;&lt;&amp;?é")


def test_settings_take_them_with_any_ending() -> None:
    settings = Settings.from_conf({}, {**BASE, "issue_pat_a": "A-([0-9]+)", "issue_server_link_a": r"https://a.example/\1"})

    assert len(settings.issues) == 1


@pytest.mark.parametrize(
    "keys",
    [
        {"issue_pat": "#(1)"},
        {"issue_server_link": "https://x.example"},
        {"issue_pat": "#(1)", "issue_server_link_x": "https://x.example"},
        {"issue_pat": "#(1", "issue_server_link": "https://x.example"},
        {"issue_pat": "(?<!a)#(1)", "issue_server_link": "https://x.example"},
        {"issue_pat": "(#1)?", "issue_server_link": "https://x.example"},
        {"issue_pat": "#(1)", "issue_server_link": "javascript:alert(1)"},
        {"issue_pat": "#(1)", "issue_server_link": r"\1"},
        {"issue_pat": "#(1)", "issue_server_link": r"https://\1/"},
    ],
)
def test_what_cannot_be_used_stops_the_start(keys: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        issue_rules(keys)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(.*)*#(.*)*=", r"(\w+\s?)*\d$", "a.*b|a"])
def test_no_expression_is_slow(pattern: str) -> None:
    began = time.process_time()

    shown("a" * 200_000, issue_pat=pattern, issue_server_link=r"https://x.example/\1")

    assert time.process_time() - began < 5.0
