"""Finding a file by its name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.controllers.responses import revalidated, text_response
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound
from kallithea.lib.vcs import Commit, CommitNotFound, FilePath
from kallithea.pages.repository.find import FindPage, find_page
from kallithea.services.finding import matching


@dataclass(frozen=True, slots=True)
class FindQuery:
    q: str = ""


class FindingPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True, costly=True, reads=[FindQuery])
    def find(self, *revision: str) -> FindPage | Response:
        name = "/".join(revision)
        if name in ("", "tip") and self.scope.files.is_empty(self.grant):
            return self.visit.redirect(self.visit.urls.repository(self.grant.target.path))
        wanted = self.query(FindQuery).q
        commit, paths, refs = self.scope.files.all_paths(self.grant, name)
        return find_page(
            self.visit.urls,
            self.shown,
            revision=name or commit.id.hex,
            commit=commit,
            wanted=wanted,
            found=matching(paths, wanted),
            total=len(paths),
            refs=refs,
        )

    @page(requires=Access.READ, costly=True)
    def nodelist(self, *revision: str) -> Response:
        """Every file of a revision as JSON; a name that is no UTF-8 has its bytes beside it, in hexadecimal. What follows
        the name of a revision is a folder: only what is below it is listed then."""
        commit, paths = self._listed(revision)
        nodes = [_node(path) for path in paths]
        text = json.dumps({"revision": commit.id.hex, "nodes": nodes}, ensure_ascii=False, separators=(",", ":"))
        return revalidated(text_response(text, "application/json"), f"{commit.id.hex}-{len(paths)}")

    def _listed(self, parts: Sequence[str]) -> tuple[Commit, Sequence[FilePath]]:
        """The files at what these parts of an address name. Raises CommitNotFound, PathNotFound."""
        try:
            commit, paths, _ = self.scope.files.all_paths(self.grant, "/".join(parts))
        except CommitNotFound:
            if len(parts) < 2:
                raise
            commit, paths, _ = self.scope.files.all_paths(self.grant, parts[0])
            folder = FilePath.from_text("/".join(parts[1:])).raw + b"/"
            paths = tuple(path for path in paths if path.raw.startswith(folder))
            if not paths:
                raise NotFound("There is no such folder.") from None
        return commit, paths


def _node(path: FilePath) -> dict[str, str]:
    node = {"name": path.text, "type": "file"}
    return node if path.is_utf8 else {**node, "raw_path": path.raw.hex()}
