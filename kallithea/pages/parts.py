"""Parts that several pages share."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from kallithea.lib.messages import NO_LINKS, MessageLinks, render_summary
from kallithea.lib.time_zones import in_words, of_whole_minutes
from kallithea.lib.vcs import ROOT, Commit, Feature, FilePath, Kind, Ref, RefKind, Refs, Signature, offered_formats
from kallithea.lib.visible import visible_text
from kallithea.pages.faces import NO_FACES, Faces
from kallithea.pages.urls import Urls, revision_of

DESCRIBED = 200
"""Letters of a description that programs are told which show where a link leads."""

COUNT_LIMIT = 1000
"""Nobody needs to know exactly how many more there are, and counting them costs."""

LABELS_SHOWN = 20
"""Names of one commit; more are counted."""

FACES = 6
"""How many colours the style sheet has for people."""


@dataclass(frozen=True, slots=True)
class PageParts:
    """A page as HTML without the frame, which is the visitor's: what can be kept and shown to others who may see the same."""

    title: Markup
    head: Markup
    place: Markup
    content: Markup


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Tab:
    text: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: `iso` for programs, `text` for people, with its zone."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who wrote something; `face` picks a colour, always the same for the same person. `picture` is an address."""

    name: str
    email: str
    initial: str
    face: int
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """A small label; `look` is a class of the style sheet (branch, tag, bookmark, draft, …)."""

    text: str
    look: str
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Pager:
    """Where one is in a long list: `text` says it in words; a direction that leads nowhere is None."""

    text: str
    newer_url: str | None
    older_url: str | None


@dataclass(frozen=True, slots=True)
class SignInForm:
    """The sign-in form, on its own page and on what a visitor may not see."""

    action: str
    came_from: str
    username: str = ""
    remember: bool = False
    error: str | None = None
    elsewhere: tuple[Link, ...] = ()
    """Other sites where one can sign in; the text is what they call themselves."""


@dataclass(frozen=True, slots=True)
class PasskeyForm:
    """A form that a passkey fills in; `question` is what the script asks the browser's keys, as JSON."""

    action: str
    question: str
    came_from: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a select box or of a group of radio buttons."""

    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CommitLine:
    """A commit in a list; `title` is the summary as the link to the commit, with what it names as further links."""

    id: str
    short: str
    url: str
    summary: str
    title: Markup
    author: Person
    when: Moment
    badges: tuple[Badge, ...]


@dataclass(frozen=True, slots=True)
class ShownRepository:
    """What the pages of a repository need to know about it and about what the visitor may do with it."""

    path: str
    kind: Kind
    description: str
    is_private: bool
    features: frozenset[Feature]
    may_write: bool
    may_administer: bool
    links: MessageLinks = NO_LINKS
    faces: Faces = NO_FACES
    forked_from: str | None = None
    """The path of the parent, only where the visitor may read it."""


@dataclass(frozen=True, slots=True)
class RepositoryHeader:
    """The top of every page of a repository: the way to it and its rooms."""

    path: str
    groups: tuple[Link, ...]
    name: str
    url: str
    kind: str
    is_private: bool
    forked_from: Link | None
    find_url: str
    description: str
    canonical: str
    """The one address of the page below that of the site, however it was asked for."""
    feeds: tuple[Link, ...]
    """News of what the page is about; the text is the content type."""
    tabs: tuple[Tab, ...]


class Room:
    """The rooms of a repository, as its tabs name them."""

    SUMMARY = "Summary"
    FILES = "Files"
    HISTORY = "History"
    BRANCHES = "Branches"
    TAGS = "Tags"
    BOOKMARKS = "Bookmarks"
    SETTINGS = "Settings"


def repository_header(
    urls: Urls,
    repository: ShownRepository,
    *,
    room: str,
    revision: str = "tip",
    canonical: str | None = None,
    branch: str = "",
    path_of_feed: FilePath = ROOT,
) -> RepositoryHeader:
    """The header with `room` marked as the one shown; the tab of the files leads to `revision`.

    `canonical` is the page's own address where it is not that of the room. Its news are those of a branch, or of a path.
    """
    path = repository.path
    rooms = [
        (Room.SUMMARY, urls.repository(path)),
        (Room.FILES, urls.files(path, revision, ROOT)),
        (Room.HISTORY, urls.changelog(path)),
        (Room.BRANCHES, urls.branches(path)),
        (Room.TAGS, urls.tags(path)),
    ]
    if Feature.BOOKMARKS in repository.features:
        rooms.append((Room.BOOKMARKS, urls.bookmarks(path)))
    if repository.may_administer:
        rooms.append((Room.SETTINGS, urls.settings(path)))
    return RepositoryHeader(
        path=one_line(path),
        groups=group_links(urls, path.rpartition("/")[0]),
        name=one_line(path.rpartition("/")[2]),
        url=urls.repository(path),
        kind=repository.kind.value,
        is_private=repository.is_private,
        forked_from=Link(one_line(parent), urls.repository(parent)) if (parent := repository.forked_from) else None,
        find_url=urls.find(path, revision),
        description=one_line(" ".join(repository.description.split())[:DESCRIBED]),
        canonical=(canonical if canonical is not None else dict(rooms).get(room, "")).removeprefix(urls.prefix),
        feeds=tuple(
            Link(f"application/{kind}+xml", urls.feed(path, kind, branch=branch, file=path_of_feed)) for kind in ("atom", "rss")
        ),
        tabs=tuple(Tab(text, url, text == room) for text, url in rooms),
    )


def group_links(urls: Urls, group: str) -> tuple[Link, ...]:
    """A link for each group on the way down to `group` and for itself; nothing at the top."""
    pieces = group.split("/") if group else []
    return tuple(Link(one_line(piece), urls.group("/".join(pieces[: i + 1]))) for i, piece in enumerate(pieces))


def moment(when: datetime) -> Moment:
    """The time as its author saw it: `2026-11-21 08:25 +01:00`."""
    return Moment(of_whole_minutes(when).isoformat(timespec="seconds"), in_words(when))


def person(signature: Signature, faces: Faces = NO_FACES) -> Person:
    """Who signed; nameless people are shown by their address."""
    return named(signature.name or signature.email or "nobody", email=signature.email, picture=faces.of(signature.email))


def named(name: str, *, email: str = "", picture: str | None = None) -> Person:
    """Somebody of whom the name is known."""
    shown = visible_text(name)
    initial = next((letter.upper() for letter in shown if letter.isalnum()), "?")
    face = zlib.crc32((email or name).casefold().encode("utf-8", "surrogateescape")) % FACES + 1
    return Person(shown, visible_text(email), initial[:1], face, picture)


def one_line(text: str) -> str:
    """A text of others for one line of a page."""
    return visible_text(text).strip()


def shown_errors(errors: Mapping[str, str] | None) -> dict[str, str]:
    """What is wrong with the fields of a form, by name; the sentences may quote what was typed."""
    return {name: one_line(text) for name, text in (errors or {}).items()}


def downloads(urls: Urls, repository: str, revision: str, path: FilePath = ROOT) -> tuple[Link, ...]:
    """The ways to take a revision, or a folder of it, away as one file."""
    return tuple(Link(kind.value, urls.archive(repository, revision, kind, path)) for kind in offered_formats())


def commit_line(
    urls: Urls,
    repository: str,
    commit: Commit,
    badges: tuple[Badge, ...] = (),
    *,
    told: ShownRepository | None = None,
) -> CommitLine:
    """A commit in a list, with its labels; `told` says what words lead to and where pictures are."""
    url = urls.changeset(repository, commit.id)
    summary = one_line(commit.summary) or "(no message)"
    return CommitLine(
        id=commit.id.hex,
        short=commit.id.short,
        url=url,
        summary=summary,
        title=render_summary(summary, url, told.links if told else NO_LINKS),
        author=person(commit.author, told.faces if told else NO_FACES),
        when=moment(commit.author.when),
        badges=badges,
    )


class Labels:
    """Which names point to a commit; made once per page, asked for each of its commits."""

    def __init__(self, urls: Urls, repository: str, refs: Refs) -> None:
        self._urls = urls
        self._repository = repository
        self._refs = refs

    def of(self, commit: Commit) -> tuple[Badge, ...]:
        """Its refs, then the branch it belongs to, then what is unusual about it."""
        names = self._refs.at(commit.id)
        badges = [ref_badge(self._urls, self._repository, ref) for ref in names[:LABELS_SHOWN]]
        if len(names) > LABELS_SHOWN:
            badges.append(Badge(f"{len(names) - LABELS_SHOWN:,} more", "soft", title="So many more names point to this commit"))
        # An hg commit belongs to a branch for ever; said once, and not where the branch is the one everybody is on.
        if commit.branch and commit.branch != "default" and all(badge.text != commit.branch for badge in badges):
            badges.append(Badge(one_line(commit.branch), "branch soft", title="Belongs to this branch"))
        if commit.topic:
            badges.append(Badge(one_line(commit.topic), "topic", title="Topic"))
        return (*badges, *state_badges(commit))


def ref_badge(urls: Urls, repository: str, ref: Ref) -> Badge:
    """The label of a branch, tag or bookmark; leads to its files, a branch's to its history."""
    if ref.kind is RefKind.BRANCH:
        url = urls.changelog(repository, branch=ref.name)
    else:
        url = urls.files(repository, revision_of(ref), ROOT)
    look = f"{ref.kind.value} closed" if ref.is_closed else ref.kind.value
    return Badge(one_line(ref.name), look, url, f"{ref.kind.value.capitalize()}{', closed' if ref.is_closed else ''}")


_INSTABILITIES = {
    "orphan": "What this commit builds on was replaced",
    "content-divergent": "There are several newer versions of one commit, and this is one of them",
    "phase-divergent": "This is a newer version of a commit that is public by now",
}


def state_badges(commit: Commit) -> tuple[Badge, ...]:
    """What is unusual about a commit: not public yet, replaced, the end of its branch."""
    found = []
    if commit.phase is not None and commit.phase.value != "public":
        found.append(Badge(commit.phase.value, "draft", title="This commit can still be changed by its author"))
    if commit.is_obsolete:
        found.append(Badge("obsolete", "draft", title="A newer version of this commit replaced it"))
    found += [Badge(name, "draft", title=_INSTABILITIES.get(name)) for name in commit.instabilities]
    if commit.closes_branch:
        found.append(Badge("closes branch", "draft", title="The branch ends here"))
    return tuple(found)


def pager(*, page: int, page_size: int, shown: int, total: int | None, newer_url: str, older_url: str) -> Pager:
    """`1 to 25 of 128`; a total that reaches the limit of counting is `more than 1,000`, None is left out."""
    first = (page - 1) * page_size + 1
    last = first + shown - 1
    if total is None:
        text, is_last = f"{first:,} to {last:,}", shown < page_size
    else:
        text, is_last = f"{first:,} to {last:,} of {counted(total)}", last >= total and total <= COUNT_LIMIT
    return Pager(
        text=text if shown else "Nothing here",
        newer_url=newer_url if page > 1 else None,
        older_url=None if is_last or not shown else older_url,
    )


def counted(number: int) -> str:
    """A count for people, exact up to the limit of counting."""
    return f"{number:,}" if number <= COUNT_LIMIT else f"more than {COUNT_LIMIT:,}"


def size_text(size: int) -> str:
    """A number of bytes for people: `340 bytes`, `1.2 MB`."""
    if size < 1000:
        return "1 byte" if size == 1 else f"{size} bytes"
    amount, unit = size / 1e3, "kB"
    for larger in ("MB", "GB"):
        if amount >= 999.5:
            amount, unit = amount / 1e3, larger
    return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:,.0f} {unit}"


def choices(values: Iterable[tuple[str, str]], chosen: str) -> tuple[Choice, ...]:
    """(value, text) pairs as a group of choices."""
    return tuple(Choice(value, text, value == chosen) for value, text in values)
