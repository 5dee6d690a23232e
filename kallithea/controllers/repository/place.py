"""What all rooms of one repository share: the grant with which they work."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import ClassVar

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import AsMember, Door, Requirement
from kallithea.controllers.kept import Lasting
from kallithea.controllers.responses import HeldChunks, is_large
from kallithea.controllers.visit import Visit
from kallithea.lib.access import Access
from kallithea.lib.errors import Unauthenticated
from kallithea.lib.issues import repository_rules
from kallithea.lib.lazy import lazy
from kallithea.lib.messages import MessageLinks
from kallithea.lib.vcs import Commit, Signature
from kallithea.model import COPY_FAILED
from kallithea.pages.faces import Faces
from kallithea.pages.parts import ShownRepository
from kallithea.pages.repository.copying import CopyState, copying_page
from kallithea.pages.urls import Urls
from kallithea.services.access.control import Located
from kallithea.services.access.grants import AdminGrant, ReadGrant, RepositoryFacts
from kallithea.services.actors import Anonymous
from kallithea.services.jobs import JobFacts, JobState

WITHOUT_DISK = frozenset({"repo_check_creating"})
AGAIN = 5
"""Seconds after which a browser looks again how far a copy is."""
FIRST_PAGES = frozenset({"repository.summary.index", "repository.summary.summary"})


class RepositoryPlace(Room):
    """A room of one repository; entering needs READ, which a missing one never gives."""

    grant: ReadGrant[RepositoryFacts]
    works_without_disk: ClassVar[bool] = False
    """Whether its doors make sense for a fork that is still being copied."""

    def __init__(self, visit: Visit, located: Located) -> None:
        super().__init__(visit)
        self.located = located

    def _check_security(self) -> None:
        self.grant = self.scope.access.read_repository(self.located)
        self.visit.repository = self.grant.target.path

    def admit(self, requirement: Requirement) -> None:
        access = self.scope.access
        if requirement is Access.WRITE:
            self.grant = access.write_repository(self.located)
        elif requirement is Access.ADMIN:
            self.grant = access.administer_repository(self.located)
        elif requirement is AsMember.READ:
            if isinstance(self.scope.actor, Anonymous):
                raise Unauthenticated("Sign in to do that.")
        elif requirement is not Access.READ:
            super().admit(requirement)

    def content_key(self) -> Hashable:
        """The repository as the ledger has it, what the visitor may do and why, what it may know of the parent, and the state
        of the repository on disk.

        The fingerprint is read before the content: if a push comes between, newer content is kept under a key that is never
        asked for again.
        """
        return self._of_ledger, self.scope.commits.fingerprint(self.grant)

    def _lasting(self, shows: Hashable, make: Callable[[], object]) -> Lasting:
        """A page of what a full id names; `shows` has all that it tells besides that and the ledger."""
        return Lasting((self._of_ledger, shows), make)

    @property
    def _of_ledger(self) -> Hashable:
        """What the head of every page depends on."""
        return self.grant.target, self.grant.decision, self.parent

    @lazy
    def parent(self) -> str | None:
        """The path of the repository that this one was forked from, where the visitor may read it."""
        return self.scope.access.readable_parent(self.grant.target)

    def instead(self, door: Door) -> Response | None:
        """While a fork is not complete, all but its settings says so."""
        facts = self.grant.target
        if facts.is_ready or self.works_without_disk or door.path in WITHOUT_DISK:
            return None
        job = self.scope.forks.progress(facts)
        state = _state_of(facts, job)
        percent = self.scope.forks.percent(facts) if state is CopyState.RUNNING else None
        since = job.started_at if job else None
        shown = copying_page(self.visit.urls, self.shown, state=state, since=since, percent=percent)
        response = self.visit.rendered(shown, status=200 if door.label in FIRST_PAGES else 503)
        response.headers["Retry-After"] = "10"
        if shown.again_url:
            # Understood by every browser, and by the pages of those who switched scripts off.
            response.headers["Refresh"] = str(AGAIN)
        return response

    def sent(self, response: Response) -> Response:
        """What is large is a transfer like a clone: it has a place until the client has it or is gone. Raises Unavailable."""
        if is_large(response) and self.visit.method == "GET":
            place = self.visit.transfer_place(self.grant.target.id)
            response.app_iter = HeldChunks(response.app_iter, place)
        return response

    @property
    def admin_grant(self) -> AdminGrant[RepositoryFacts]:
        """The grant of a door that requires ADMIN."""
        assert isinstance(self.grant, AdminGrant)
        return self.grant

    def _telling(self, commits: Iterable[Commit], *, whole: bool = False, urls: Urls | None = None) -> ShownRepository:
        """The repository for a page that tells of commits, by their summaries or by `whole` messages: ids in them are links."""
        urls = urls or self.visit.urls
        named = self.scope.commits.mentioned(self.grant, (commit.message if whole else commit.summary for commit in commits))
        path = self.grant.target.path
        addresses = {word: urls.changeset(path, commit_id) for word, commit_id in named.items()}
        shown = self.shown
        return replace(shown, links=replace(shown.links, commits=addresses, history=urls.changelog(path)))

    def _with_faces(self, shown: ShownRepository, people: Iterable[Signature]) -> ShownRepository:
        """The same with the pictures that these people gave themselves: for pages of few people, as each costs a request."""
        found = self.scope.pictures.by_address(person.email for person in people)
        own = {address: self.visit.urls.picture(*name) for address, name in found.items()}
        return replace(shown, faces=replace(shown.faces, own=own)) if own else shown

    @property
    def shown(self) -> ShownRepository:
        """The repository as the head of every page of it shows it."""
        facts, access = self.grant.target, self.grant.decision.access
        return ShownRepository(
            path=facts.path,
            kind=facts.kind,
            description=facts.description,
            is_private=facts.is_private,
            features=self.scope.commits.open(self.grant).features,
            may_write=access >= Access.WRITE,
            may_administer=access >= Access.ADMIN,
            links=MessageLinks(
                issues=(*repository_rules(facts.issue_links), *self.visit.settings.issues), repository=facts.path
            ),
            faces=Faces(elsewhere=self.visit.settings.gravatar),
            forked_from=self.parent,
        )


def _state_of(facts: RepositoryFacts, job: JobFacts | None) -> CopyState:
    if facts.state == COPY_FAILED:
        return CopyState.IMPOSSIBLE
    if job is None or job.state is JobState.FAILED:
        return CopyState.FAILED
    if job.state is JobState.RUNNING:
        return CopyState.RUNNING
    return CopyState.RETRIED if job.error and job.attempts else CopyState.WAITING
