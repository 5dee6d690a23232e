"""The one loader of ini files: what PasteDeploy would hand to the application, without loading the application.

The command line, the migrations, the worker and the entry scripts of other WSGI servers read an ini file through this module;
gearbox reads it through PasteDeploy itself, and a test holds that both find the same.
"""

import configparser
import contextlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kallithea.config import variables
from kallithea.config.settings import Settings, check_names
from kallithea.lib.errors import ConfigError

# Their values are not interpolated by whoever reads them, so a percent sign stands for itself.
_RAW_SECTIONS = re.compile(r"(\w+:)?formatter_.*|uwsgi")


@dataclass(frozen=True)
class IniFile:
    """A parsed ini file, split the way PasteDeploy splits it."""

    path: Path
    section: str
    """The application's section."""
    global_conf: Mapping[str, str]
    """`[DEFAULT]` with `here` and `__file__`, and what the application's section says with `set`."""
    app_conf: Mapping[str, str]
    """The rest of the application's section."""
    set_names: tuple[str, ...]
    parser: configparser.ConfigParser

    def settings(self, environ: Mapping[str, str] | None = None) -> Settings:
        """The checked settings, as the file and an environment say them, which is that of this process if none is given."""
        check_names(self.set_names)
        return Settings.from_conf(self.global_conf, self.app_conf, os.environ if environ is None else environ)


def load(path: str | Path, *, app: str = "main") -> IniFile:
    """Read the file and the section `[app:…]` in it; whatever is wrong with them is one ConfigError."""
    absolute = Path(path).absolute()
    return read_as(absolute, text_of(absolute), app=app)


def read_as(absolute: Path, text: str, *, app: str = "main") -> IniFile:
    """The same for a text, as if it were in the file of this path."""
    parser, sections = _parsed(absolute, text)
    section = _app_section(sections, app, absolute)
    try:
        found = _split(absolute, parser, section, own_names=frozenset(sections[section]))
    except configparser.InterpolationError as error:
        raise ConfigError(
            f"{absolute}: the value of {error.option} in [{error.section}] has a % that does not stand for a known name.",
            hint="Write %% for a percent sign, and %(name)s for the value of another key.",
        ) from error
    if parser.has_section("server:main"):
        for name, value in variables.server_settings(os.environ).items():
            parser.set("server:main", name, value)
    return found


def escaped(value: str, *, section: str = "app:main") -> str:
    """The value as it is written into a section, so that it is read back the same; %(here)s keeps its meaning."""
    if re.search(r"[\x00-\x1f\x7f]", value):
        raise ConfigError(f"{value!r} has control characters, which an ini file cannot hold.")
    if _RAW_SECTIONS.fullmatch(section):
        return value
    return re.sub(r"%(?!\((?:here|__file__)\)s)", "%%", value)


def edited(text: str, key: str, value: str, *, section: str = "app:main") -> str:
    """The text with `key = value` in force in the section; the line that said otherwise stays above it as a comment."""
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines()
    line = f"{key} = {value}".rstrip()
    begin, end = _section_span(lines, section)
    if begin is None:
        lines += ["", f"[{section}]", line]
    else:
        lines[begin:end] = _with_line(lines[begin:end], key, value, line)
    return newline.join(lines) + newline


def set_value(path: str | Path, key: str, value: str, *, section: str = "app:main") -> None:
    """Change one value in a file and nothing else; the value is written so that it is read back as given."""
    target = Path(path).resolve()
    before = text_of(target)
    after = edited(before, key, escaped(value, section=section), section=section)
    if after != before:
        replace(target, after)


def text_of(path: Path) -> str:
    """What is in the file, its line ends as they are. Raises ConfigError where it cannot be read."""
    if "%" in str(path):
        raise ConfigError(
            f"{path} has a % in its path, which ini files cannot express.", hint="Move the file to another folder."
        )
    try:
        # newline="" keeps the line ends as they are, for the file to be written back the same.
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError as error:
        raise ConfigError(
            f"There is no file {path}.", hint=f"kallithea-cli config-create {path.name} writes a new one."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}).", hint="Save it in the encoding UTF-8.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{path} cannot be read: {reason}.") from error


def _parsed(path: Path, text: str) -> tuple[configparser.ConfigParser, Mapping[str, frozenset[str]]]:
    """The parser, and for each section the names that it has itself rather than from `[DEFAULT]`."""
    parser = configparser.ConfigParser(defaults={"here": str(path.parent), "__file__": str(path)})
    own = configparser.RawConfigParser(default_section="\n")
    try:
        for each in (own, parser):
            # The attribute is documented to be set like this; the type checker takes it for a method.
            each.optionxform = str  # type: ignore[assignment, method-assign]
            each.read_string(text, source=str(path))
    except configparser.DuplicateSectionError as error:
        raise ConfigError(
            f"{path}, line {error.lineno}: the section [{error.section}] is there twice.", hint="Join the two."
        ) from error
    except configparser.DuplicateOptionError as error:
        raise ConfigError(
            f"{path}, line {error.lineno}: {error.option} is set twice in [{error.section}].",
            hint="Remove one of the two lines.",
        ) from error
    except configparser.MissingSectionHeaderError as error:
        raise ConfigError(
            f"{path}, line {error.lineno}: there is text before the first [section].", hint="An ini file begins with a section."
        ) from error
    except configparser.ParsingError as error:
        lineno = error.errors[0][0] if error.errors else "?"
        raise ConfigError(f"{path}, line {lineno}: this is not a line of the form key = value.") from error
    return parser, {name: frozenset(own[name]) for name in own.sections()}


def _app_section(sections: Mapping[str, frozenset[str]], app: str, path: Path) -> str:
    for section in sections:
        kind, _, name = section.partition(":")
        if kind in {"app", "application"} and (name.strip() or "main") == app:
            return section
    # Behind [pipeline:main] or [composite:main] the application may have any name, if there is only one.
    apps = [section for section in sections if section.partition(":")[0] in {"app", "application"}]
    if len(apps) != 1:
        raise ConfigError(
            f"{path} has no section [app:{app}].", hint="kallithea-cli config-create writes a complete file to compare with."
        )
    return apps[0]


def _split(path: Path, parser: configparser.ConfigParser, section: str, *, own_names: frozenset[str]) -> IniFile:
    defaults = {name: parser.get(parser.default_section, name) for name in parser.defaults()}
    global_conf, app_conf, taken, set_names = dict(defaults), {}, {}, []
    for option in parser.options(section):
        form, _, rest = option.partition(" ")
        if form == "set" and rest:
            global_conf[rest.strip()] = parser.get(section, option)
            set_names.append(rest.strip())
        elif form == "get" and rest:
            taken[rest.strip()] = parser.get(section, option)
        elif option not in defaults:
            app_conf[option] = parser.get(section, option)
        elif option in own_names and parser.get(section, option) != defaults[option]:
            # PasteDeploy would pass over this line in silence.
            raise ConfigError(
                f"{path}: {option} in [{section}] has no effect, as [DEFAULT] sets it too.",
                hint=f"Remove one of the two, or write in [{section}]: set {option} = …",
            )
    for option, name in taken.items():
        if name not in global_conf:
            raise ConfigError(f"{path}: get {option} in [{section}] asks for {name}, which [DEFAULT] does not have.")
        app_conf[option] = global_conf[name]
    for word in ("use", "filter-with", "require"):
        app_conf.pop(word, None)
    return IniFile(path, section, global_conf, app_conf, tuple(set_names), parser)


def _section_span(lines: list[str], section: str) -> tuple[int | None, int]:
    begin = None
    for number, line in enumerate(lines):
        if not (header := re.match(r"\[([^]]+)\]", line)):
            continue
        if begin is not None:
            return begin, number
        if header[1] == section:
            begin = number + 1
    return begin, len(lines)


def _with_line(lines: list[str], key: str, value: str, line: str) -> list[str]:
    mention = re.compile(rf"(?P<comment>[#;]\s*)?{re.escape(key)}\s*[=:]\s*(?P<value>.*?)\s*")
    result: list[str] = []
    place = place_of_same = None
    inside_old_value = False
    for text in lines:
        said = mention.fullmatch(text)
        if inside_old_value and text[:1].isspace() and text.strip():
            result.append(f"#{text}")
            place = len(result)
            continue
        inside_old_value = False
        if said and not said["comment"]:
            if said["value"] == value:
                return lines
            inside_old_value = True
            result.append(f"#{text}")
        else:
            result.append(text)
        if said:
            place = len(result)
            if said["comment"] and said["value"] == value:
                place_of_same = place
    if place_of_same is not None:
        result[place_of_same - 1] = line
        return result
    result.insert(_end_of_entries(result) if place is None else place, line)
    return result


def _end_of_entries(lines: list[str]) -> int:
    """Behind the last entry of a section, before the comments that introduce the next one."""
    return max((number for number, line in enumerate(lines, 1) if line.strip() and line[0] not in "#;"), default=0)


def replace(path: Path, text: str) -> None:
    """Write the file beside the old one and put it in its place, so that there is always a whole one."""
    before = path.stat()
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), before.st_mode & 0o777)
            with contextlib.suppress(PermissionError):
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
