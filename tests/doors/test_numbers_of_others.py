"""A number, fingerprint or link in a form is of the thing that its door is about, or nothing happens: for every such field."""

from __future__ import annotations

import base64
import dataclasses
import importlib
import os
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

import kallithea.controllers
from kallithea.lib.tokens import new_token, token_hash
from kallithea.model import (
    CONFIRM_ADDRESS,
    AccessToken,
    DeployToken,
    MailedLink,
    Passkey,
    SigningKey,
    SynchronisedGroup,
    UserEmail,
)
from kallithea.model.base import Base
from kallithea.services.actors import Member
from tests.worlds import PASSWORD, Browser, Hosted, Person, World

NAMES_A_THING = re.compile(r".*(_id|fingerprint|number|token|job|principal|unlinked|deleted)")
ABOUT_NOBODY_ELSE = {
    # Things of the site, for its administrators alone: there is nobody else whose they could be.
    "mail.MailForm.mail_id",
    "jobs.RetryForm.job",
    "registrations.RegistrationForm.registration_id",
    "invitations.WithdrawForm.invitation_id",
    "deleted_repositories.AboutQuery.deleted",
    "deleted_repositories.RestoreForm.deleted",
    "deleted_repositories.PurgeForm.deleted",
    # Links that were mailed: who has one is whom it is for. Wrong, used and expired ones: test_accounts_by_mail.py.
    "accepting.AcceptForm.token",
    "recovering.LinkQuery.token",
    "recovering.NewPasswordForm.token",
    "registering.LinkForm.token",
    # Whom to give something, anybody may be named; what is asked of the place is the grant.
    "permissions.GrantForm.principal",
}


@dataclass(frozen=True)
class Try:
    """A post that its owner may do and that is tried with the same number from where it does not belong."""

    fields: Mapping[str, str]
    mine: str
    owner: Browser
    theirs: str
    other: Browser
    status: int = 404
    """What the other one is told."""


def _stored(world: World, row: Base) -> int:
    with world.app.session() as session, session.begin():
        session.add(row)
        session.flush()
        return int(row.id)  # type: ignore[attr-defined] # every table has one


def _newest(world: World, table: type[Base]) -> int:
    with world.app.session() as session:
        return int(session.query(table).order_by(table.id.desc()).first().id)  # type: ignore[attr-defined, union-attr]


def _account(world: World, door: str, field: str, make: Callable[[Person], str], *, status: int = 404, **more: str) -> Try:
    """Something of one account at the same door of another."""
    owner, other = world.person(), world.person()
    url = f"/_admin/my_account/{door}"
    fields = {field: make(owner), **more}
    return Try(fields, url, world.browser(owner), url, world.browser(other), status)


def _repositories(world: World, door: str, field: str, make: Callable[[Hosted], str]) -> Try:
    """Something of one repository at the same door of another: the other one's administrator may do all there."""
    owner, other = world.person(), world.person()
    mine, theirs = world.repository(administrators=[owner]), world.repository("hg", administrators=[other])
    here, there = (f"{one.url}/settings/{door}" for one in (mine, theirs))
    return Try({field: make(mine)}, here, world.browser(owner), there, world.browser(other))


def _key() -> str:
    return f"ssh-ed25519 {base64.b64encode(_KEY + os.urandom(32)).decode()} x"


_KEY = b"\0\0\0\x0bssh-ed25519\0\0\0 "


def _session(world: World, person: Person) -> str:
    token = world.session_token(person)
    with world.app.system_scope() as scope:
        sessions = scope.accounts.sessions(Member(person.id, person.name))
        return str(next(row.id for row in sessions if row.token_hash == token_hash(token)))


def _token(world: World, person: Person) -> str:
    world.token(person)
    return str(_newest(world, AccessToken))


def _ssh_key(world: World, person: Person) -> str:
    with world.app.system_scope() as scope:
        return scope.ssh_keys.add(scope.accounts.get(person.id), _key()).fingerprint


def _signing_key(world: World, person: Person) -> str:
    row = SigningKey(
        user_id=person.id,
        name="a key",
        format="OpenPGP",
        algorithm="Ed25519",
        bits=255,
        fingerprint=new_token()[:40],
        content="",
        content_hash="0" * 64,
        addresses="",
        created_at=world.clock.now,
    )
    _stored(world, row)
    return row.fingerprint


def _email(world: World, person: Person) -> str:
    address = f"further{world.number}@example.com"
    row = UserEmail(user_id=person.id, email=address, email_key=address, confirmed_at=world.clock.now)
    return str(_stored(world, row))


def _link(world: World, person: Person) -> tuple[str, str]:
    """Its number, and what was mailed."""
    token, now = new_token(), world.clock.now
    row = MailedLink(
        purpose=CONFIRM_ADDRESS,
        token_hash=token_hash(token),
        user_id=person.id,
        email=f"waiting{world.number}@example.com",
        created_at=now,
        expires_at=now.replace(year=now.year + 1),
    )
    return str(_stored(world, row)), token


def _passkey(world: World, person: Person) -> str:
    row = Passkey(
        user_id=person.id,
        name="a key",
        credential_hash=new_token()[:64],
        credential_id=b"x",
        public_key=b"x",
        sign_count=0,
        handle="x",
        transports="",
        created_at=world.clock.now,
        used_at=None,
    )
    return str(_stored(world, row))


def _deploy_token(world: World, repository: Hosted) -> str:
    world.deploy_token(repository.path)
    return str(_newest(world, DeployToken))


def _deploy_key(world: World, repository: Hosted) -> str:
    with world.app.system_scope() as scope:
        grant = scope.access.administer_repository(scope.access.at(repository.path))
        return scope.ssh_keys.add_to_repository(grant, _key()).fingerprint


def _members(world: World) -> Try:
    owner, other, member = world.person(), world.person(), world.person()
    mine, theirs = world.user_group(owner, member), world.user_group(other)
    here, there = (f"/_admin/user_groups/{number}/members/delete" for number in (mine, theirs))
    return Try({"user_id": str(member.id)}, here, world.browser(owner), there, world.browser(other))


def _of_user_group(world: World) -> Try:
    """The number is in the address: that of a group that somebody else owns."""
    owner, other, member = world.person(), world.person(), world.person()
    here = f"/_admin/user_groups/{world.user_group(owner, member)}/members/delete"
    return Try({"user_id": str(member.id)}, here, world.browser(owner), here, world.browser(other))


def _grants(world: World) -> Try:
    owner, other, member = world.person(), world.person(), world.person()
    mine = world.repository(administrators=[owner], readers=[member])
    theirs = world.repository(administrators=[other])
    here, there = (f"{one.url}/settings/permissions/delete" for one in (mine, theirs))
    return Try({"principal": f"user:{member.name}"}, here, world.browser(owner), there, world.browser(other), status=303)


def _grants_of_groups(world: World) -> Try:
    owner, other, member = world.person(), world.person(), world.person()
    mine, theirs = world.group(administrators=[owner], readers=[member]), world.group(administrators=[other])
    here, there = (f"/_admin/repo_groups/{one}/edit/permissions/delete" for one in (mine, theirs))
    return Try({"principal": f"user:{member.name}"}, here, world.browser(owner), there, world.browser(other), status=303)


def _followed(world: World) -> Try:
    """One may follow what one may read."""
    owner, other = world.person(), world.person()
    private = world.repository(owner=owner, private=True)
    url = "/_admin/toggle_following"
    return Try({"follows_repository_id": str(private.id)}, url, world.browser(owner), url, world.browser(other))


def _synchronised(world: World) -> Try:
    """A group that follows one of a source, at the page of another source."""
    boss = world.browser(world.administrator)
    group = world.user_group(world.administrator)
    row = SynchronisedGroup(source="ldap", external_name=f"x{world.number}", user_group_id=group)
    here, there = (f"/_admin/auth/groups/delete/{source}" for source in ("ldap", "oidc"))
    return Try({"number": str(_stored(world, row))}, here, boss, there, boss)


def _linked(world: World) -> Try:
    """Somebody who is linked to one source, at the page of another one."""
    boss, person = world.browser(world.administrator), world.person()
    with world.app.system_scope() as scope:
        scope.external_accounts.link("ldap", f"subject{world.number}", scope.accounts.get(person.id))
    here, there = (f"/_admin/auth/people/delete/{source}" for source in ("ldap", "oidc"))
    return Try({"unlinked": person.name}, here, boss, there, boss, status=400)


TRIES: dict[str, Callable[[World], Try]] = {
    "sessions.EndSessionForm.session_id": lambda w: _account(w, "sessions/delete", "session_id", lambda p: _session(w, p)),
    "token_forms.RevokeTokenForm.token_id": lambda w: _account(w, "tokens/delete", "token_id", lambda p: _token(w, p)),
    "key_forms.RemoveKeyForm.del_public_key_fingerprint": lambda w: _account(
        w, "ssh_keys/delete", "del_public_key_fingerprint", lambda p: _ssh_key(w, p)
    ),
    "keys for signing": lambda w: _account(
        w, "signing_keys/delete", "del_public_key_fingerprint", lambda p: _signing_key(w, p)
    ),
    "emails.RemoveForm.del_email_id": lambda w: _account(w, "emails/delete", "del_email_id", lambda p: _email(w, p)),
    "emails.RemoveForm.del_link_id": lambda w: _account(w, "emails/delete", "del_link_id", lambda p: _link(w, p)[0]),
    "emails.PrimaryForm.email_id": lambda w: _account(
        w, "emails/primary", "email_id", lambda p: _email(w, p), current_password=PASSWORD
    ),
    "emails.ConfirmForm.token": lambda w: _account(w, "emails/confirm", "token", lambda p: _link(w, p)[1], status=400),
    "security.RemovePasskeyForm.passkey_id": lambda w: _account(
        w, "security/passkey/delete", "passkey_id", lambda p: _passkey(w, p)
    ),
    "deploy tokens of a repository": lambda w: _repositories(
        w, "deploy_tokens/delete", "token_id", lambda r: _deploy_token(w, r)
    ),
    "deploy keys of a repository": lambda w: _repositories(
        w, "deploy_keys/delete", "del_public_key_fingerprint", lambda r: _deploy_key(w, r)
    ),
    "user_group.RemoveForm.user_id": _members,
    "groups of users by their address": _of_user_group,
    "permissions.RevokeForm.principal": _grants,
    "grants of a group": _grants_of_groups,
    "toggle_following.ToggleForm.follows_repository_id": _followed,
    "auth.LeaveForm.number": _synchronised,
    "auth.UnlinkForm.unlinked": _linked,
}


OF_ANYBODY = {"permissions.RevokeForm.principal", "grants of a group"}
"""They name people, who may be named everywhere: what nobody has there is taken away from them, and that is nothing."""


def _fields() -> set[str]:
    """Every field of a form or query that names a thing, as `module.Class.field`."""
    found = set()
    for module in pkgutil.walk_packages(kallithea.controllers.__path__, "kallithea.controllers."):
        for kind in vars(importlib.import_module(module.name)).values():
            is_form = dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind.__name__.endswith(("Form", "Query"))
            if is_form and kind.__module__ == module.name:
                short = module.name.rpartition(".")[2]
                names = [field.name for field in dataclasses.fields(kind) if NAMES_A_THING.fullmatch(field.name)]
                found |= {f"{short}.{kind.__name__}.{name}" for name in names}
    return found


def test_every_field_that_names_a_thing_is_tried_or_has_its_reason() -> None:
    found = _fields()

    assert found - {*TRIES} - ABOUT_NOBODY_ELSE == set()
    assert {name for name in TRIES if "." in name} <= found
    assert found >= ABOUT_NOBODY_ELSE


@pytest.mark.parametrize("name", TRIES)
def test_a_thing_of_somebody_else_is_not_found_and_nothing_changes(world: World, name: str) -> None:
    one = TRIES[name](world)
    other = one.other
    other.token()
    before = world.rows()

    answer = other.post(one.theirs, one.fields)

    assert answer.status_int == one.status
    assert world.rows() == before


@pytest.mark.parametrize("name", TRIES)
def test_its_owner_may_do_the_same(world: World, name: str) -> None:
    """Else the test above could be about a door that refuses everybody."""
    one = TRIES[name](world)
    before = world.rows()

    answer = one.owner.post(one.mine, one.fields)

    assert answer.status_int in (200, 303), answer.text
    assert world.rows() != before


@pytest.mark.parametrize("name", [name for name in TRIES if name not in OF_ANYBODY])
def test_what_is_nowhere_gets_the_same_answer(world: World, name: str) -> None:
    one = TRIES[name](world)
    field, value = next(iter(one.fields.items()))
    nowhere = {**one.fields, field: "999999999" if value.isdigit() else f"{value}x"}

    told = [one.other.post(one.theirs, fields) for fields in (one.fields, nowhere)]

    assert [answer.status_int for answer in told] == [one.status, one.status]
