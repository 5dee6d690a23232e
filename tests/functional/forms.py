"""Finding the form of a page as a person does: by where it leads and what is in it."""

from __future__ import annotations

from webtest import Form, TestResponse


def form_with(page: TestResponse, field: str, *, to: str | None = None) -> Form:
    """The first form of the page that has the field, and that leads to an address if one is given."""
    for form in page.forms.values():
        if field in form.fields and (to is None or form.action == to):
            return form
    raise AssertionError(f"no form with {field} on {page.request.path}")


def form_to(page: TestResponse, action: str) -> Form:
    """The form of the page that leads to an address."""
    for form in page.forms.values():
        if form.action == action:
            return form
    raise AssertionError(f"no form to {action} on {page.request.path}")


def confirmed(form: Form) -> TestResponse:
    """What comes of sending the form, and of saying yes where it is shown first who gains and who loses."""
    answer = form.submit(status="*")
    if answer.status_int == 200 and "Make this change" in answer.text:
        return form_to(answer, form.action).submit(status="*")
    return answer
