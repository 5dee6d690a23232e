"""Two revisions beside each other."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.exposing import page
from kallithea.controllers.repository.diffing import DiffQuery
from kallithea.controllers.repository.place import RepositoryPlace
from kallithea.lib.access import Access
from kallithea.lib.errors import Invalid, NotFound
from kallithea.lib.vcs import RefKind
from kallithea.pages.repository.compare import KIND_WORDS, ComparePage, compare_page, spec_of
from kallithea.services.access.grants import ReadGrant, RepositoryFacts
from kallithea.services.commits import NamedRevision

_SPEC = re.compile(r"(?P<old_kind>branch|tag|book|rev)@(?P<old>.+?)\.\.\.(?P<new_kind>branch|tag|book|rev)@(?P<new>.+)")
_KINDS: dict[str, RefKind | None] = {word: kind for kind, word in KIND_WORDS.items()}


@dataclass(frozen=True, slots=True)
class CompareQuery(DiffQuery):
    """`old` and `new` come from the form; `merge` shows the changes since the two parted. `other_repo` has the second."""

    old: str = ""
    new: str = ""
    merge: bool = False
    other_repo: str = ""


class ComparingPages(RepositoryPlace):
    @page(requires=Access.READ, remembered=True, costly=True, reads=[CompareQuery])
    def compare(self, *spec: str) -> ComparePage | Response:
        """The comparison of `branch@a...tag@b`, or the form to choose what to compare."""
        query = self.query(CompareQuery)
        urls, name, commits = self.visit.urls, self.grant.target.path, self.scope.commits
        other = self._other(query.other_repo.strip().strip("/"))
        other_name = other.target.path if other else ""
        if spec:
            old, new = _revisions("/".join(spec))
            options = query.options(self.visit.settings.cut_off)
            found = commits.compare(self.grant, old, new, options, from_base=query.merge, other=other)
            told = self.shown if other else self._telling(found.commits)
            shown = compare_page(
                urls, told, old=old, new=new, refs=found.refs, comparison=found, view=query.view, other=other_name
            )
            # What it shows depends on the other repository too, and on what the visitor may see there.
            return self.visit.rendered(shown) if other else shown
        if query.old and query.new:
            old = commits.named(self.grant, query.old.strip())
            new = commits.named(other or self.grant, query.new.strip())
            return self.visit.redirect(urls.comparison(name, spec_of(old), spec_of(new), other=other_name))
        refs = commits.all_names(self.grant)
        old = NamedRevision(None, query.old or (refs.default.name if refs.default else ""))
        shown = compare_page(urls, self.shown, old=old, new=NamedRevision(None, query.new), refs=refs, other=other_name)
        return self.visit.rendered(shown) if other else shown

    def _other(self, path: str) -> ReadGrant[RepositoryFacts] | None:
        """The other repository, if one is named. Raises NotFound, also where the visitor may not read it; Invalid."""
        if not path:
            return None
        access = self.scope.access
        other = access.read_repository(access.locate_path(path))
        if other.target.id == self.grant.target.id:
            return None
        if other.target.kind is not self.grant.target.kind:
            raise Invalid("Only repositories of the same kind can be compared.")
        return other


def _revisions(text: str) -> tuple[NamedRevision, NamedRevision]:
    match = _SPEC.fullmatch(text)
    if match is None:
        raise NotFound("This is no comparison.", hint="Compare as in branch@default...rev@1f0c2d3e.")
    return NamedRevision(_KINDS[match["old_kind"]], match["old"]), NamedRevision(_KINDS[match["new_kind"]], match["new"])
