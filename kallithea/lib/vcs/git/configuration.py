"""Judges the configuration file inside a repository, which git reads whatever we say on the command line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from kallithea.lib.vcs.errors import UnsafeConfiguration
from kallithea.lib.vcs.git.command import Git, GitFailed

CONFIG = "config"
# Keys that change how objects and refs are kept or what clients may do, and can neither run a program nor name another place.
# Sections and keys are lower case, as `git config --list` prints them; `*` is any subsection or key.
HARMLESS = re.compile(
    r"""
      core\.(repositoryformatversion | filemode | bare | logallrefupdates | ignorecase | precomposeunicode | symlinks
            | sharedrepository | compression | loosecompression | bigfilethreshold | packedgitwindowsize | packedgitlimit
            | deltabasecachelimit | fsync | fsyncmethod | fsyncobjectfiles | multipackindex | commitgraph | autocrlf | eol
            | quotepath | createobject | abbrev | preferunlink)
    | extensions\.(objectformat | preciousobjects | noop)
    | receive\.(denynonfastforwards | denydeletes | denydeletecurrent | denycurrentbranch | fsckobjects | maxinputsize
            | unpacklimit | autogc | hiderefs | shallowupdate | updateserverinfo | advertiseatomic | advertisepushoptions)
    | receive\.fsck\.(?!skiplist$).*
    | transfer\.(fsckobjects | hiderefs | unpacklimit | advertisesid)
    | uploadpack\.(hiderefs | allowfilter | allowtipsha1inwant | allowreachablesha1inwant | allowanysha1inwant
            | allowrefinwant | keepalive)
    | http\.(receivepack | uploadpack | getanyfile)
    | remote\..*\.(url | pushurl | fetch | push | mirror | tagopt | prune | skipdefaultupdate)
    | branch\..*\.(remote | merge | rebase | description)
    | pack\.(packsizelimit | window | depth | windowmemory | threads | compression | deltacachesize | usebitmaps | writebitmaps
            | writebitmaphashcache | indexversion | usesparse | writereverseindex)
    | repack\.(usedeltabaseoffset | usedeltaislands | writebitmaps | packkeptobjects)
    | gc\.(auto | autopacklimit | autodetach | pruneexpire | worktreepruneexpire | reflogexpire | reflogexpireunreachable
            | packrefs | writecommitgraph | bigpackthreshold | aggressivedepth | aggressivewindow | logexpiry | crufpacks)
    | user\.(name | email)
    | i18n\.(commitencoding | logoutputencoding)
    | gitweb\..* | cgit\..*
    """,
    re.VERBOSE,
)
# What `git init` writes, and nothing that git could read in any other way.
PLAIN = re.compile(rb"\[core\]\n(?:\t[a-z]+ = [a-z0-9]+\n)*")
LONGEST_PLAIN = 1000
"""Bytes."""
MUST_NOT_EXIST = {
    "objects/info/alternates": "borrows objects from another repository",
    "commondir": "is a working copy of another repository",
}
MUST_NOT_BE_LINKS = ("objects", "refs", "config", "packed-refs")

Setting = tuple[str, str]


def read_settings(git: Git, folder: Path) -> tuple[Setting, ...]:
    """The keys and values of a repository's own configuration, includes named but not followed.

    What is as plain as git itself writes it is read here, since to start git takes as long as to show a page; all else by git.
    """
    with suppress(OSError), (folder / CONFIG).open("rb") as file:
        text = file.read(LONGEST_PLAIN + 1)
        if len(text) <= LONGEST_PLAIN and PLAIN.fullmatch(text):
            pairs = (line.strip().partition(" = ") for line in text.decode("ascii").splitlines()[1:])
            return tuple((f"core.{name}", value) for name, _, value in pairs)
    try:
        # In no repository, or git would read this very file, and what it includes, before it lists it.
        listing = git.run(Path(os.devnull), "config", "--file", str(folder / CONFIG), "--no-includes", "--list", "-z")
    except GitFailed as error:
        raise UnsafeConfiguration(f"The configuration inside the repository cannot be read: {error.said.strip()}") from error
    return tuple(_settings(listing))


def _settings(listing: bytes) -> Iterator[Setting]:
    for item in listing.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        key, has_value, value = item.partition("\n")
        yield key, value if has_value else "true"


def as_text(settings: Iterable[Setting]) -> str:
    """A configuration file with these settings (git-config(1), Syntax)."""
    lines = []
    for key, value in settings:
        section, _, rest = key.partition(".")
        subsection, _, name = rest.rpartition(".")
        lines.append(f'[{section} "{_escaped(subsection)}"]' if subsection else f"[{section}]")
        lines.append(f'\t{name} = "{_escaped(value)}"')
    return "".join(f"{line}\n" for line in lines)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n").replace("\t", r"\t")


def is_harmless(key: str) -> bool:
    """Whether a key may stay in the configuration of a served repository."""
    return HARMLESS.fullmatch(key) is not None


def refuse_unsafe(folder: Path, settings: tuple[Setting, ...]) -> None:
    """Raise UnsafeConfiguration, naming all that could run programs or reach outside of the repository."""
    refuse_layout(folder)
    refused = {key: "is not a setting for a served repository" for key, _ in settings if not is_harmless(key)}
    if refused:
        raise UnsafeConfiguration(
            f"The configuration inside the repository has {', '.join(sorted(refused))}, which is not allowed.",
            fields=refused,
            hint="Adopt the repository again: that keeps the original file and takes these keys out.",
        )


def refuse_layout(folder: Path) -> None:
    """Raise UnsafeConfiguration if parts of the repository lie elsewhere."""
    refused = {name: reason for name, reason in MUST_NOT_EXIST.items() if (folder / name).exists()}
    refused |= {name: "is a link to another place" for name in MUST_NOT_BE_LINKS if (folder / name).is_symlink()}
    if refused:
        told = "; ".join(f"{name} {reason}" for name, reason in refused.items())
        raise UnsafeConfiguration(f"The repository reaches outside of its folder: {told}.", fields=refused)


def refuse_unknown_format(settings: tuple[Setting, ...]) -> None:
    """Raise UnsafeConfiguration for extensions that we cannot read: without the key the repository would be misread."""
    unknown = {
        key: "is a format that is not supported here"
        for key, _ in settings
        if key.startswith("extensions.") and not is_harmless(key)
    }
    if unknown:
        raise UnsafeConfiguration(f"The repository uses {', '.join(sorted(unknown))}, not supported here.", fields=unknown)


def object_format(settings: tuple[Setting, ...]) -> str:
    """The name of the hash that names the objects."""
    found = "sha1"
    for key, value in settings:
        if key == "extensions.objectformat":
            found = value.lower()
    return found
