"""The newest commits as a feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup
from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.files import RawPathQuery, path_of
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.responses import revalidated, text_response
from kallithea.lib.access import Access
from kallithea.lib.clock import in_utc, utc_now
from kallithea.lib.feeds import Feed, FeedEntry, atom, rss
from kallithea.lib.messages import MessageLinks, render_message
from kallithea.lib.vcs import ROOT, Commit, FilePath

ENTRIES = 20
LONGEST = 20_000
"""Letters of a message that are told."""
SETTLED = timedelta(seconds=2)
"""How old a push is when no other can have the same date in a header, which counts whole seconds."""


@dataclass(frozen=True, slots=True)
class FeedQuery(RawPathQuery):
    branch: str = ""


class FeedPages(RepositoryPlace):
    """Feeds need no token where anyone may read; elsewhere they are for who is signed in."""

    @page(requires=Access.READ, path="feed/atom")
    def feed_atom(self) -> Response:
        return self._answer("atom", ROOT)

    @page(requires=Access.READ, path="feed/rss")
    def feed_rss(self) -> Response:
        return self._answer("rss", ROOT)

    @page(requires=Access.READ, path="feed/atom", costly=True)
    def feed_atom_of_file(self, first: str, *parts: str) -> Response:
        return self._answer("atom", path_of((first, *parts), self.query(RawPathQuery)))

    @page(requires=Access.READ, path="feed/rss", costly=True)
    def feed_rss_of_file(self, first: str, *parts: str) -> Response:
        return self._answer("rss", path_of((first, *parts), self.query(RawPathQuery)))

    def _answer(self, kind: str, path: FilePath) -> Response:
        tag = self.visit.content_tag(("feed", kind, path.raw, self.content_key()))
        write, content_type = _KINDS[kind]
        # Most who ask have the news already; they are answered without a look at the history.
        has_it = tag in self.visit.request.if_none_match
        response = text_response("" if has_it else write(self._feed(kind, path)), content_type)
        response.last_modified = self._last_push()
        return revalidated(response, tag)

    def _last_push(self) -> datetime | None:
        """When the news changed last; None where that cannot be told by whole seconds yet."""
        pushes = self.scope.pushes.latest(self.grant.target.id, limit=1)
        return pushes[0].pushed_at if pushes and utc_now() - pushes[0].pushed_at > SETTLED else None

    def _feed(self, kind: str, path: FilePath) -> Feed:
        name, branch, urls = self.grant.target.path, self.query(FeedQuery).branch, self.visit.site_urls
        commits = self._commits(branch, path)
        links = self._telling(commits, whole=True, urls=urls).links
        about = f"{name}: {branch}" if branch else name
        return Feed(
            name=f"{self.grant.target.id} {branch} {path.raw.hex()}",
            title=f"{about}: {path}" if path.raw else about,
            url=urls.file_changelog(name, branch or "tip", path) if path.raw else urls.changelog(name, branch=branch),
            own_url=urls.feed(name, kind, branch=branch, file=path),
            entries=tuple(self._entry(commit, links) for commit in commits),
        )

    def _commits(self, branch: str, path: FilePath) -> Sequence[Commit]:
        reading = self.scope.commits
        if path.raw:
            return reading.file_history(self.grant, branch, path, page=1, size=ENTRIES).commits
        return reading.history(self.grant, branch=branch, page=1, size=ENTRIES).commits

    def _entry(self, commit: Commit, links: MessageLinks) -> FeedEntry:
        return FeedEntry(
            name=f"{self.grant.target.id} {commit.id.hex}",
            url=self.visit.site_urls.changeset(self.grant.target.path, commit.id),
            title=commit.summary or "(no message)",
            author=commit.author.name or commit.author.email or "nobody",
            when=in_utc(commit.author.when),
            html=Markup("<pre>{}</pre>").format(render_message(commit.message.strip()[:LONGEST], links)),
        )


_KINDS: dict[str, tuple[Callable[[Feed], str], str]] = {
    "atom": (atom, "application/atom+xml"),
    "rss": (rss, "application/rss+xml"),
}
