"""Commands on invitations."""

from __future__ import annotations

from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.lib.access import Access
from kallithea.lib.errors import Forbidden, NotFound
from kallithea.pages.urls import Urls
from kallithea.services.actors import Member
from kallithea.services.invitations import NewInvitation, OpenInvitation
from kallithea.services.scope import Scope


@click.command("user-invite")
@click.argument("email")
@click.option("--by", metavar="NAME", help="The administrator who invites; the first one if left out.")
@click.option("--group", default="", metavar="GROUP", help="A group of users to which whoever accepts belongs.")
@click.option("--path", default="", help="A repository or group to which whoever accepts has access.")
@click.option(
    "--access",
    type=click.Choice([access.word for access in Access if access is not Access.NONE]),
    default=Access.READ.word,
    show_default=True,
    help="What access to PATH.",
)
@config_option
def user_invite(email: str, by: str | None, group: str, path: str, access: str, config_file: Path) -> None:
    """Mail EMAIL a link with which somebody makes an own account; one that was mailed before works no more."""
    with system_scope(config_file) as scope:
        link_to = Urls.of_site(scope.mails.site).invitation_link
        made = scope.invitations.invite(_administrator(scope, by), NewInvitation(email, group, path, access), link_to)
    click.echo(f"Invited {made.email}, until {made.expires_at:%Y-%m-%d %H:%M} UTC.")


@click.command("user-invitation-list")
@config_option
def user_invitation_list(config_file: Path) -> None:
    """List the invitations that nobody accepted yet."""
    with system_scope(config_file) as scope:
        found = scope.invitations.open()
    for one in found:
        click.echo("  ".join([one.email, f"by {one.invited_by}", f"until {one.expires_at:%Y-%m-%d %H:%M} UTC", *_offers(one)]))


@click.command("user-invitation-withdraw")
@click.argument("email")
@config_option
def user_invitation_withdraw(email: str, config_file: Path) -> None:
    """Let the link that was mailed to EMAIL work no more."""
    with system_scope(config_file) as scope:
        wanted = email.strip().casefold()
        numbers = [one.id for one in scope.invitations.open() if one.email.casefold() == wanted]
        if not numbers:
            raise NotFound(f"{email} is not invited.", hint="See 'kallithea-cli user-invitation-list'.")
        for number in numbers:
            withdrawn = scope.invitations.withdraw(number)
    click.echo(f"The invitation of {withdrawn} works no more.")


def _administrator(scope: Scope, name: str | None) -> Member:
    """Who invites: links of anybody else would open nothing. Raises NotFound, Forbidden."""
    user = scope.accounts.by_name(name) if name else scope.accounts.first_administrator()
    if not (user.is_active and user.is_administrator):
        raise Forbidden(f"{user.name} is no active administrator, and only those invite.")
    return Member(user.id, user.name, is_administrator=True)


def _offers(one: OpenInvitation) -> list[str]:
    offers = [f"group {one.user_group}"] if one.user_group else []
    return [*offers, f"{one.access.word} on {one.path}"] if one.path else offers
