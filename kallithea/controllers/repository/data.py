"""Lists for programs, at the addresses and in the form that scripts have known for long."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.files import RawPathQuery, path_of
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.responses import revalidated, text_response
from kallithea.lib.access import Access
from kallithea.lib.vcs import Commit

LISTED = 1000
"""Commits of a file that are listed."""

Group = tuple[str, list[dict[str, str]]]


class DataPages(RepositoryPlace):
    @page(requires=Access.READ, path="refs-data")
    def refs_data(self) -> Response:
        """All names with the full id of the commit. Who has them already is answered without a look at them: of 100,000 names
        these are 17 MB."""
        tag = self.visit.content_tag(("refs-data", self.content_key()))
        if tag in self.visit.request.if_none_match:
            return revalidated(text_response("", "application/json"), tag)
        refs = self.scope.commits.all_names(self.grant)
        still_open = ((ref, "branch") for ref in refs.branches if not ref.is_closed)
        closed = ((ref, "closed-branch") for ref in refs.branches if ref.is_closed)
        tags = ((ref, "tag") for ref in refs.tags)
        bookmarks = ((ref, "book") for ref in refs.bookmarks)
        titled = {"Branch": still_open, "Closed Branches": closed, "Tag": tags, "Bookmark": bookmarks}
        groups = (
            (title, [{"id": ref.target.hex, "text": ref.name, "type": kind} for ref, kind in named])
            for title, named in titled.items()
        )
        return revalidated(text_response(_text(_answer(groups)), "application/json"), tag)

    @page(requires=Access.READ, costly=True)
    def history(self, revision: str, *parts: str) -> Response:
        """The commits that changed a file, and the names at which it can be looked at."""
        path = path_of(parts, self.query(RawPathQuery))
        found = self.scope.commits.file_history(self.grant, revision, path, page=1, size=LISTED)
        groups = {"Changesets": [(commit.id.hex, _title(commit)) for commit in found.commits]}
        groups["Branches"] = [(ref.target.hex, ref.name) for ref in found.refs.branches if not ref.is_closed]
        groups["Tags"] = [(ref.target.hex, ref.name) for ref in found.refs.tags]
        return _json(_answer((title, [{"id": one, "text": text} for one, text in group]) for title, group in groups.items()))

    @page(requires=Access.READ, costly=True)
    def authors(self, revision: str, *parts: str) -> Response:
        """Who changed a file, whoever did so most often first; of its newest commits, as `history` lists them."""
        path = path_of(parts, self.query(RawPathQuery))
        found = self.scope.commits.file_history(self.grant, revision, path, page=1, size=LISTED)
        commits = Counter((commit.author.name, commit.author.email) for commit in found.commits)
        people = [{"name": name, "email": email, "commits": count} for (name, email), count in commits.most_common()]
        return _json({"more": found.has_more, "authors": people})

    @page(requires=Access.READ, path="changelog_details")
    def changelog_details(self, *revision: str) -> Response:
        """The whole message and the files of a commit: its page has them."""
        return self.visit.redirect(self.visit.urls.changeset(self.grant.target.path, "/".join(revision)))


def _title(commit: Commit) -> str:
    number = "" if commit.number is None else f"r{commit.number}:"
    return f"{number}{commit.id.short}" + (f" ({commit.branch})" if commit.branch else "")


def _answer(groups: Iterable[Group]) -> Mapping[str, object]:
    return {"more": False, "results": [{"text": title, "children": children} for title, children in groups if children]}


def _text(answer: Mapping[str, object]) -> str:
    return json.dumps(answer, separators=(",", ":"))


def _json(answer: Mapping[str, object]) -> Response:
    text = _text(answer)
    return revalidated(text_response(text, "application/json"), hashlib.sha256(text.encode("ascii")).hexdigest()[:32])
