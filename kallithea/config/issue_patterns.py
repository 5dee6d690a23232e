"""How messages of all repositories name issues, as the ini file says it with `issue_pat`, `issue_server_link` and `issue_sub`.

Each may have an ending (`issue_pat_wiki`); those of one ending belong together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from kallithea.lib.errors import ConfigError
from kallithea.lib.issues import IssueRule, web_address

if TYPE_CHECKING:
    from kallithea.lib.issues import Finds

ISSUE_KEY = re.compile(r"issue_(pat|server_link|sub)(_\w+)?")
MOST_MEMORY = 1 << 20
"""Bytes that the engine may take for one expression."""


def issue_rules(given: Mapping[str, str]) -> tuple[IssueRule, ...]:
    """The patterns in the order of their endings. Raises ConfigError."""
    endings = sorted({match[2] or "" for name in given if (match := ISSUE_KEY.fullmatch(name))})
    return tuple(_rule(ending, given) for ending in endings if _any(ending, given))


def _any(ending: str, given: Mapping[str, str]) -> bool:
    return any(given.get(f"issue_{word}{ending}", "").strip() for word in ("pat", "server_link", "sub"))


def _rule(ending: str, given: Mapping[str, str]) -> IssueRule:
    pattern, address, text = (given.get(f"issue_{word}{ending}", "").strip() for word in ("pat", "server_link", "sub"))
    if not pattern or not address:
        missing = "issue_pat" if not pattern else "issue_server_link"
        raise ConfigError(f"The setting {missing}{ending} is missing.", hint="Patterns and addresses come in pairs.")
    plain = re.sub(r"\\g<(\w+)>", r"\\\1", address).replace("{repo_name}", "x").replace("{repo}", "x")
    if not web_address(plain):
        raise ConfigError(
            f"The setting issue_server_link{ending} = {address} cannot be used.",
            hint="Accepted is an address that begins with http:// or https:// and a host.",
        )
    return IssueRule(_compiled(f"issue_pat{ending}", pattern), address, text)


def _compiled(name: str, pattern: str) -> Finds:
    # What reads these expressions must not be slow for any text: messages are written by everybody who can push.
    try:
        import re2
    except ImportError:
        raise ConfigError(f"The setting {name} needs re2.", hint="pip install kallithea[issue-patterns]") from None
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_MEMORY
    try:
        compiled = re2.compile(pattern, options)
        if compiled.fullmatch(""):
            raise ConfigError(f"The setting {name} = {pattern} cannot be used: it finds issues where nothing is written.")
        return cast("Finds", compiled)
    except re2.error as error:
        said = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise ConfigError(
            f"The setting {name} = {pattern} cannot be used: {said}.",
            hint="Accepted is a regular expression without looking around and without references back (the syntax of RE2).",
        ) from error
