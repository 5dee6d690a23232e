"""How messages name issues, and where those are: patterns of a repository and of the whole site.

Patterns of a repository have a form that is read in one pass, because whoever administers one repository must not be able to
hold up the server. Free expressions are for the ini file only, and are read by an engine that needs time for the length of the
text alone, since the texts are anybody's (`docs/adr/0028-links-in-messages.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

from kallithea.lib.errors import Invalid

NUMBER = "{number}"
MOST_PATTERNS = 20
LONGEST_PATTERN = 50
LONGEST_ADDRESS = 500
LONGEST_TEXT = 50_000
"""Letters of a message in which issues are looked for."""

_GROUP = re.compile(r"\\(?:([0-9])|g<(\w{1,50})>)")


class Finds(Protocol):
    """A compiled expression, of `re` or of an engine with the same methods."""

    @property
    def pattern(self) -> str: ...

    def finditer(self, text: str, /) -> Iterator[Any]: ...


@dataclass(frozen=True, slots=True)
class IssueRule:
    r"""What an issue looks like, where it is (`\1` stands for what the first group found), and what is shown for it
    (empty: what was found)."""

    pattern: Finds
    address: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class FoundIssue:
    """Where in a text an issue is named, and the link."""

    start: int
    end: int
    address: str
    text: str


def issues_in(text: str, rules: tuple[IssueRule, ...], *, repository: str) -> Iterator[FoundIssue]:
    """Iterate over the issues that a text names, rule by rule; `repository` is put in for `{repo}` and `{repo_name}`."""
    for rule in rules:
        for match in rule.pattern.finditer(text[:LONGEST_TEXT]):
            found = match.group()
            start = match.start() + len(found) - len(found.lstrip())
            shown = found.strip()
            if shown:
                address = _named(_filled(rule.address, match, quoted=True), repository, quoted=True)
                label = _named(_filled(rule.text, match), repository).strip() if rule.text else shown
                yield FoundIssue(start, start + len(shown), address, label or shown)


@lru_cache(maxsize=256)
def repository_rules(text: str) -> tuple[IssueRule, ...]:
    """The patterns of a repository: a line each, such as `#{number} https://bugs.example.com/{number}`. Raises Invalid."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_PATTERNS:
        raise Invalid(f"There may be {MOST_PATTERNS} patterns, not {len(lines)}.")
    return tuple(_rule(words) for words in lines)


def web_address(text: str) -> bool:
    """Whether a template of an address leads to a web site that is named in it, whatever is put in."""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    is_plain = text.isprintable() and not set(text) & set(" \"'<>")
    return bool(is_plain and text.startswith(("http://", "https://")) and host and not set(parts.netloc) & set("\\{}@"))


def _rule(words: list[str]) -> IssueRule:
    shown = " ".join(words)[:80]
    if len(words) != 2:
        raise Invalid(f"This line is not a pattern, a blank and an address: {shown}")
    pattern, address = words
    before, _, after = pattern.partition(NUMBER)
    if pattern.count(NUMBER) != 1 or not before or len(pattern) > LONGEST_PATTERN or not pattern.isprintable():
        raise Invalid(f"A pattern is a short text with {NUMBER} in it, such as #{NUMBER} or SHOP-{NUMBER}, not {pattern[:80]}")
    if NUMBER not in address or len(address) > LONGEST_ADDRESS or not web_address(address.replace(NUMBER, "1", 1)):
        raise Invalid(f"An address begins with https:// and a host and has {NUMBER} behind it, not {address[:80]}")
    if NUMBER in urlsplit(address).netloc:
        raise Invalid(f"The host of an address is said in full, not as in {address[:80]}")
    # Fixed texts around at most 18 digits: no text makes this slow.
    expression = rf"(?<![\w&]){re.escape(before)}([0-9]{{1,18}}){re.escape(after)}(?!\w)"
    return IssueRule(re.compile(expression), address.replace("\\", "%5C").replace(NUMBER, r"\1"))


def _filled(template: str, match: Any, *, quoted: bool = False) -> str:
    def value(reference: re.Match[str]) -> str:
        group: Any = int(reference[1]) if reference[1] else reference[2]
        try:
            found = match.group(group) or ""
        except (IndexError, KeyError):
            return ""
        return quote(found.strip(), safe="/") if quoted else found

    return _GROUP.sub(value, template)


def _named(template: str, repository: str, *, quoted: bool = False) -> str:
    path = quote(repository, safe="/") if quoted else repository
    return template.replace("{repo_name}", path.rpartition("/")[2]).replace("{repo}", path)
