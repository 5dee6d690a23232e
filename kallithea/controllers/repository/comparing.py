"""Two revisions beside each other."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.diffing import DiffQuery
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import NotFound
from kallithea.lib.vcs import RefKind
from kallithea.pages.repository.compare import KIND_WORDS, ComparePage, compare_page, spec_of
from kallithea.services.commits import NamedRevision

_SPEC = re.compile(r"(?P<old_kind>branch|tag|book|rev)@(?P<old>.+?)\.\.\.(?P<new_kind>branch|tag|book|rev)@(?P<new>.+)")
_KINDS: dict[str, RefKind | None] = {word: kind for kind, word in KIND_WORDS.items()}


@dataclass(frozen=True, slots=True)
class CompareQuery(DiffQuery):
    """`old` and `new` come from the form; `merge` shows the changes since the two parted."""

    old: str = ""
    new: str = ""
    merge: bool = False


class ComparingPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True, costly=True)
    def compare(self, *spec: str) -> ComparePage | Response:
        """The comparison of `branch@a...tag@b`, or the form to choose what to compare."""
        query = self.query(CompareQuery)
        urls, name, commits = self.visit.urls, self.grant.target.path, self.scope.commits
        if spec:
            old, new = _revisions("/".join(spec))
            options = query.options(self.visit.settings.cut_off)
            found = commits.compare(self.grant, old, new, options, from_base=query.merge)
            told = self._telling(found.commits)
            return compare_page(urls, told, old=old, new=new, refs=found.refs, comparison=found, view=query.view)
        if query.old and query.new:
            old, new = (commits.named(self.grant, text.strip()) for text in (query.old, query.new))
            return self.visit.redirect(urls.comparison(name, spec_of(old), spec_of(new)))
        refs = commits.all_names(self.grant)
        old = NamedRevision(None, query.old or (refs.default.name if refs.default else ""))
        return compare_page(urls, self.shown, old=old, new=NamedRevision(None, query.new), refs=refs)


def _revisions(text: str) -> tuple[NamedRevision, NamedRevision]:
    match = _SPEC.fullmatch(text)
    if match is None:
        raise NotFound("This is no comparison.", hint="Compare as in branch@default...rev@1f0c2d3e.")
    return NamedRevision(_KINDS[match["old_kind"]], match["old"]), NamedRevision(_KINDS[match["new_kind"]], match["new"])
