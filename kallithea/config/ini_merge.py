"""An ini file against the settings of this release: what differs, and the file brought up to date.

Only the section of the application and `[DEFAULT]` are judged; of everything else, and of comments, order and values, merging
changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from kallithea.config.former_keys import RENAMED, why_ignored
from kallithea.config.inifile import IniFile
from kallithea.config.issue_patterns import ISSUE_KEY
from kallithea.config.settings import KEYS, PASTE_WORDS, nearest, value_of
from kallithea.lib.errors import ConfigError

_DEFAULT = "DEFAULT"
_NAMES = frozenset(key.name for key in KEYS)
_SET_OR_GET = re.compile(r"(?:set|get)[ \t]+")


class Kind(Enum):
    """In which way an ini file and the settings differ."""

    RENAMED = "renamed"
    REMOVED = "removed"
    NEW = "new"
    UNKNOWN = "unknown"
    WRONG = "wrong"

    @property
    def stops(self) -> bool:
        """Whether a server with this file would not start, even when the file was merged."""
        return self in (Kind.UNKNOWN, Kind.WRONG)


@dataclass(frozen=True, slots=True)
class Difference:
    """One key in which an ini file and the settings differ; `text` says how, without the value."""

    kind: Kind
    name: str
    text: str


def differences(ini: IniFile, text: str) -> tuple[Difference, ...]:
    """How the file differs from the settings of this release, in the order of `Kind`; empty where it does not."""
    found = [*_of_the_names(ini), *_of_the_values(ini), *_news(ini, text)]
    order = list(Kind)
    return tuple(sorted(found, key=lambda difference: order.index(difference.kind)))


def merged(ini: IniFile, text: str) -> str:
    """The text with renamed keys under their new names, removed ones as comments, and new ones as comments with their default.

    Done twice it changes nothing more; unknown keys and wrong values stay for a person to decide.
    """
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(newline)
    for section in (_DEFAULT, ini.section):
        begin, end = _span(lines, section)
        lines[begin:end] = _brought_up_to_date(lines[begin:end], _own_names(ini, section))
    begin, end = _span(lines, ini.section)
    body = lines[begin:end]
    for position, key in enumerate(KEYS):
        if key.default is not None and not _is_mentioned(key.name, text):
            place = _place_behind([before.name for before in KEYS[:position]], body)
            body[place:place] = ["", f"# {key.help}", f"#{key.name} = {key.example}".rstrip()]
    lines[begin:end] = body
    return newline.join(lines)


def _own_names(ini: IniFile, section: str) -> tuple[str, ...]:
    """The names that a section has itself, without `set` and `get`."""
    defaults = ini.parser.defaults()
    if section == _DEFAULT:
        return tuple(name for name in defaults if name not in PASTE_WORDS)
    options = (option for option in ini.parser.options(section) if option not in defaults)
    return tuple(name for option in options if (name := _SET_OR_GET.sub("", option).strip()) not in PASTE_WORDS)


def _of_the_names(ini: IniFile) -> Iterator[Difference]:
    judged = dict.fromkeys(_own_names(ini, ini.section), True) | dict.fromkeys(_own_names(ini, _DEFAULT), False)
    for name, known_only in judged.items():
        if name in _NAMES or ISSUE_KEY.fullmatch(name):
            continue
        if name in RENAMED:
            yield Difference(Kind.RENAMED, name, f"is called {RENAMED[name]} now")
        elif reason := why_ignored(name):
            yield Difference(Kind.REMOVED, name, f"has no effect any more: {reason}")
        # [DEFAULT] may also hold names that other values refer to, so only a likely misspelling counts there.
        elif known := nearest(name, likeness=0.6 if known_only else 0.85):
            yield Difference(Kind.UNKNOWN, name, f"is not a setting; did you mean {known}?")
        elif known_only:
            yield Difference(Kind.UNKNOWN, name, "is not a setting, and none is called like that")


def _of_the_values(ini: IniFile) -> Iterator[Difference]:
    given = {**ini.global_conf, **ini.app_conf}
    # A value under its former name counts as it will when the file is merged.
    given = {**{RENAMED[name]: value for name, value in given.items() if name in RENAMED}, **given}
    for key in KEYS:
        if key.name not in given and key.default is not None:
            continue
        try:
            value_of(key, given)
        except ConfigError as error:
            text = "is missing" if key.name not in given else "cannot be used"
            yield Difference(Kind.WRONG, key.name, f"{text}. {error.hint}")


def _news(ini: IniFile, text: str) -> Iterator[Difference]:
    given = {*ini.global_conf, *ini.app_conf}
    former = {RENAMED[name] for name in given if name in RENAMED}
    for key in KEYS:
        if key.default is not None and key.name not in given | former and not _is_mentioned(key.name, text):
            yield Difference(Kind.NEW, key.name, f"({key.default or 'empty'}): {key.help}")


def _is_mentioned(name: str, text: str) -> bool:
    """Whether the file says something about a key, be it in a comment."""
    return re.search(rf"^[#; \t]*(?:[sg]et[ \t]+)?{re.escape(name)}[ \t]*[=:]", text, re.MULTILINE) is not None


def _span(lines: Sequence[str], section: str) -> tuple[int, int]:
    """Where the lines of a section begin and end; nowhere for one that is not there."""
    begin = None
    for number, line in enumerate(lines):
        if not (header := re.match(r"\[([^]]+)\]", line)):
            continue
        if begin is not None:
            return begin, number
        if header[1] == section:
            begin = number + 1
    return (len(lines), len(lines)) if begin is None else (begin, len(lines))


def _brought_up_to_date(lines: Sequence[str], names: Sequence[str]) -> list[str]:
    changed: Mapping[str, str | None] = {name: RENAMED.get(name) for name in names if name in RENAMED or why_ignored(name)}
    result: list[str] = []
    is_commented_out = False
    for line in lines:
        if is_commented_out and line[:1] in (" ", "\t") and line.strip():
            result.append(f"#{line}")
            continue
        is_commented_out = False
        said = re.match(r"(?:[sg]et[ \t]+)?(?P<name>[^#;\s=:][^=:]*?)[ \t]*[=:]", line)
        if not said or said["name"] not in changed:
            result.append(line)
            continue
        name = said["name"]
        now = changed[name]
        if now and now not in names:
            result.append(f"{line[: said.start('name')]}{now}{line[said.end('name') :]}")
            continue
        is_commented_out = True
        why = f"{now} says it" if now else why_ignored(name)
        result += [f"# {name} has no effect any more: {why}.", f"#{line}"]
    return result


def _place_behind(names: Sequence[str], lines: Sequence[str]) -> int:
    """The line behind what is said about the last of these keys that is mentioned, or behind the last entry."""
    for name in reversed(names):
        places = [number for number, line in enumerate(lines, 1) if _is_mentioned(name, line)]
        if places:
            place = places[-1]
            while place < len(lines) and lines[place][:1] in (" ", "\t") and lines[place].strip():
                place += 1
            return place
    return max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)
