"""The newest commits as a feed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.responses import revalidated, text_response
from kallithea.lib.access import Access
from kallithea.lib.feeds import Feed, FeedEntry, atom, rss

ENTRIES = 20


@dataclass(frozen=True, slots=True)
class FeedQuery:
    branch: str = ""


class FeedPages(RepositoryPlace):
    @page(requires=Access.READ, path="feed/atom")
    def feed_atom(self) -> Response:
        return self._answer(atom(self._feed("atom")), "application/atom+xml")

    @page(requires=Access.READ, path="feed/rss")
    def feed_rss(self) -> Response:
        return self._answer(rss(self._feed("rss")), "application/rss+xml")

    def _feed(self, kind: str) -> Feed:
        path, branch = self.grant.target.path, self.query(FeedQuery).branch
        found = self.scope.commits.history(self.grant, branch=branch, page=1, size=ENTRIES)
        urls = self.visit.site_urls
        entries = tuple(
            FeedEntry(
                url=urls.changeset(path, commit.id),
                title=commit.summary or "(no message)",
                author=commit.author.name or commit.author.email or "nobody",
                when=commit.author.when,
                text=commit.message.strip(),
            )
            for commit in found.commits
        )
        title = f"{path}: {branch}" if branch else path
        return Feed(title, urls.repository(path), urls.feed(path, kind, branch=branch), entries)

    def _answer(self, text: str, content_type: str) -> Response:
        return revalidated(text_response(text, content_type), hashlib.sha256(text.encode("utf-8")).hexdigest()[:32])
