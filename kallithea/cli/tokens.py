"""Commands on access tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import click

from kallithea.cli import config_option
from kallithea.cli.instance import system_scope
from kallithea.lib.access import Access
from kallithea.lib.errors import Conflict
from kallithea.services.tokens import DEFAULT_LIFETIME, NewToken, TokenFacts

API = "api"
NEVER = "never"
_LEVELS = {access.word: access for access in Access if access > Access.NONE}


def _lifetime(_context: click.Context, _option: click.Parameter, value: str) -> timedelta | None:
    """A number of days, or never."""
    if value == NEVER:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 6):
        raise click.BadParameter("Give a number of days, or never.")
    return timedelta(days=int(value))


@click.command("token-create")
@click.argument("user")
@click.option("--name", help="What it is for; by default when it was made.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([*_LEVELS, API]),
    default=[Access.READ.word],
    show_default=True,
    help="What it may do; may be given more than once. api is for the API, the others include those before them.",
)
@click.option(
    "--expires",
    "lifetime",
    metavar="DAYS|never",
    callback=_lifetime,
    default=str(DEFAULT_LIFETIME.days),
    show_default=True,
    help="After how many days it opens nothing any more.",
)
@click.option("--only", "places", multiple=True, metavar="PATH", help="A repository or group to which it is bound.")
@config_option
def token_create(
    user: str, name: str | None, scopes: Sequence[str], lifetime: timedelta | None, places: Sequence[str], config_file: Path
) -> None:
    """Make an access token of USER and print it, this once."""
    new = NewToken(
        name=name or f"command line, {datetime.now():%Y-%m-%d %H:%M:%S}",
        access=max((_LEVELS[scope] for scope in scopes if scope != API), default=Access.READ),
        may_use_api=API in scopes,
        lifetime=lifetime,
        places=tuple(places),
    )
    with system_scope(config_file) as scope:
        member = scope.accounts.member(scope.accounts.by_name(user).id)
        if member is None:
            raise Conflict(f"The account {user} is disabled.")
        _, text = scope.tokens.create(member, new)
    click.echo(text)


@click.command("token-list")
@click.argument("user", required=False)
@config_option
def token_list(user: str | None, config_file: Path) -> None:
    """List the access tokens of everybody, or of USER: what they may do, until when, and when they were last used."""
    with system_scope(config_file) as scope:
        owner = scope.accounts.by_name(user).name if user else None
        tokens = [token for token in scope.tokens.all() if owner in (None, token.owner)]
    for token in tokens:
        click.echo(_line(token))
    click.echo(f"{len(tokens)} {'token' if len(tokens) == 1 else 'tokens'}.")


@click.command("token-revoke")
@click.argument("number", type=click.IntRange(min=1))
@config_option
def token_revoke(number: int, config_file: Path) -> None:
    """Revoke the access token with this NUMBER, as token-list has it."""
    with system_scope(config_file) as scope:
        name = scope.tokens.revoke_any(number)
    click.echo(f"Revoked the token {name}.")


def _line(token: TokenFacts) -> str:
    parts = [str(token.id), token.owner, token.name, token.access.word + (" api" if token.may_use_api else "")]
    if token.places is not None:
        parts.append("only " + (", ".join(token.places) or "what was deleted since"))
    parts.append("expired" if token.has_expired else f"expires {_day(token.expires_at)}")
    parts.append(f"used {_day(token.used_at)}" + (f" from {token.used_address}" if token.used_address else ""))
    return "  ".join(parts)


def _day(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d}" if when else NEVER
