"""The outbox, and a test mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webob import Response

from kallithea.controllers.base import Room
from kallithea.controllers.exposing import Visitor, action, page
from kallithea.lib.errors import Invalid
from kallithea.pages.admin.mail import MailItem, MailPage, OutboxState, mail_page
from kallithea.services.letters import Letter, samples
from kallithea.services.mails import SEND, MailFacts, MailState


@dataclass(frozen=True, slots=True)
class MailQuery:
    state: str = ""


@dataclass(frozen=True, slots=True)
class MailForm:
    mail_id: int


@dataclass(frozen=True, slots=True)
class TestForm:
    test_email: str
    test_letter: str = "test"


class MailRoom(Room):
    @page(requires=Visitor.ADMINISTRATOR)
    def index(self) -> MailPage:
        state = self.query(MailQuery).state
        if state and state not in (known.value for known in MailState):
            raise Invalid("The state is waiting, failed or sent.")
        return self._page(state)

    @action(requires=Visitor.ADMINISTRATOR)
    def retry(self) -> Response:
        self.scope.mails.again(self.form(MailForm).mail_id)
        return self._back()

    @action(requires=Visitor.ADMINISTRATOR)
    def discard(self) -> Response:
        self.scope.mails.discard(self.form(MailForm).mail_id)
        return self._back()

    @action(requires=Visitor.ADMINISTRATOR)
    def test(self) -> Response:
        form = self.form(TestForm)
        try:
            letter = self._samples(form.test_email).get(form.test_letter)
            if letter is None:
                raise Invalid("There is no such mail.")
            self.scope.mails.send(letter, form.test_email)
        except Invalid as error:
            return self.visit.rendered(self._page("", {"test_email": error.message}, typed=form.test_email), status=400)
        return self._back()

    def _samples(self, email: str) -> Mapping[str, Letter]:
        mails, member = self.scope.mails, self.scope.member
        zone = self.scope.accounts.get(member.id).time_zone
        return samples(member.name, email, site=f"{mails.site}/", when=mails.now_for(zone))

    def _back(self) -> Response:
        return self.visit.redirect(self.visit.urls.admin_mail())

    def _page(self, state: str, errors: Mapping[str, str] | None = None, *, typed: str = "") -> MailPage:
        mails, job = self.scope.mails, self.scope.jobs.find(SEND)
        email = self.scope.accounts.get(self.scope.member.id).email
        return mail_page(
            self.visit.urls,
            outbox=OutboxState(
                is_set_up=mails.is_set_up,
                error=job.error if job else None,
                next_try=job.due_at if job and job.error else None,
            ),
            mails=[_item(one) for one in mails.queue(state=MailState(state) if state else None)],
            state=state,
            letters={kind: one.subject for kind, one in self._samples(email).items()} if mails.is_set_up else {},
            typed=typed or email,
            errors=errors,
        )


def _item(mail: MailFacts) -> MailItem:
    return MailItem(
        id=mail.id,
        subject=mail.subject,
        recipient=mail.recipient,
        state=mail.state.value,
        created=mail.created_at,
        due=mail.due_at,
        sent=mail.sent_at,
        attempts=mail.attempts,
        error=mail.error,
    )
