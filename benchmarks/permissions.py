"""Permissions of a large house: `python -m benchmarks.permissions [--repositories 100000] [--grants 1000000] [--rounds 15]`.

Makes the rows of a ledger (people, groups of users, groups, repositories, grants; no repository lies on disk), and asks for
what must not become slow with them. Printed is how many statements each takes, and how many milliseconds. The variable
KALLITHEA_TEST_DATABASE says on which database. At full size, on two cores with nothing else to do, the milliseconds for a
member, a visitor, an administrator:

SQLite: list 13, 15, 3; its page 100 9, 14, 2; behind its half 12, 16, 2; filters: for some 16, 10, 8, for one 11, 5, 5, for
all 15, 18, 6, for none 4, 3, 3, of two letters 15, 17, 3, below large groups 13, 8, 7, of nothing frequent 24, 20, 17.
Group 14, permission page 3, what one may 18, people 2, push 0.2, sign-in 4.

PostgreSQL: list 20, 25, 5; its page 100 16, 24, 6; behind its half 20, 24, 5; filters: for some 24, 21, 18, for one 14, 9, 12,
for all 23, 28, 14, for none 6, 5, 8, of two letters 20, 27, 11, below large groups 38, 28, 38, of nothing frequent 48, 39, 47
(one of three runs: a visitor 61). Group 47, permission page 12, what one may 28, people 5, push 3, sign-in 16.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from kallithea.config.database import writing
from kallithea.lib.access import Access
from kallithea.model import AuditEntry, GrantRow, Group, Namespace, Repository, User, UserGroup, UserGroupMember
from kallithea.pages.site import CSRF_FIELD
from kallithea.services.access.control import AccessControl
from kallithea.services.access.sources import GrantSources
from kallithea.services.searching import SearchIndex
from tests.worlds import Person, World, counted_statements

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Sizes:
    repositories: int
    people: int
    user_groups: int
    grants: int

    @property
    def groups(self) -> int:
        """Groups at the top; each has as many again in it."""
        return max(1, self.repositories // 200)


def fill(connection: Connection, sizes: Sizes, chance: random.Random) -> None:
    """The rows. Every eleventh repository is private; a hundredth of the groups can be read by anyone, a tenth by members."""
    first = 1000
    people = range(first, first + sizes.people)
    _rows(connection, User, (_person(number) for number in people))
    _rows(
        connection,
        UserGroup,
        (
            {
                "id": n,
                "name": f"team{n}",
                "name_key": f"team{n}",
                "description": "",
                "active": True,
                "owner_id": first,
                "created_at": NOW,
            }
            for n in _user_groups(sizes)
        ),
    )
    _rows(
        connection,
        UserGroupMember,
        (
            {"user_group_id": group, "user_id": person}
            for group in _user_groups(sizes)
            for person in chance.sample(people, min(100, sizes.people))
        ),
    )
    outer = range(first, first + sizes.groups)
    inner = range(outer.stop, outer.stop + sizes.groups)
    repositories = range(inner.stop, inner.stop + sizes.repositories)
    _rows(connection, Namespace, (_place(n, f"group{n}", 1) for n in outer))
    _rows(connection, Namespace, (_place(n, f"group{n - sizes.groups}/inner", n - sizes.groups) for n in inner))
    _rows(
        connection,
        Group,
        (
            {"namespace_id": n, "description": "A group", "owner_id": chance.choice(people), "created_at": NOW}
            for n in (*outer, *inner)
        ),
    )
    parents = {n: inner[(n - repositories.start) % sizes.groups] for n in repositories}
    _rows(
        connection,
        Namespace,
        (_place(n, f"group{parents[n] - sizes.groups}/inner/repository{n}", parents[n]) for n in repositories),
    )
    _rows(
        connection,
        Repository,
        (
            {
                "namespace_id": n,
                "kind": "git",
                "description": f"Repository number {n}",
                "is_private": n % 11 == 0,
                "owner_id": chance.choice(people),
                "created_at": NOW,
                "location": f".store/{n}",
                "publishing": True,
            }
            for n in repositories
        ),
    )
    _rows(connection, GrantRow, _grants(sizes, chance, people, outer, repositories))
    _rows(connection, AuditEntry, (_deed(number, chance.choice(people)) for number in range(sizes.grants // 5)))


def _grants(
    sizes: Sizes, chance: random.Random, people: Sequence[int], outer: Sequence[int], repositories: Sequence[int]
) -> Iterator[dict[str, Any]]:
    given = set()
    for n in outer:
        principal = "anyone" if n % 100 == 0 else "members" if n % 10 == 0 else f"group:{chance.choice(_user_groups(sizes))}"
        given.add((n, principal))
        yield _grant(n, principal, Access.READ)
    while len(given) < sizes.grants:
        is_user = chance.random() < 0.7
        principal = f"user:{chance.choice(people)}" if is_user else f"group:{chance.choice(_user_groups(sizes))}"
        place = chance.choice(repositories)
        if (place, principal) not in given:
            given.add((place, principal))
            yield _grant(place, principal, chance.choice([Access.READ, Access.WRITE]))


def _user_groups(sizes: Sizes) -> range:
    """Their numbers; the world has made one already."""
    return range(2, sizes.user_groups + 2)


def _grant(namespace: int, principal: str, access: Access) -> dict[str, Any]:
    kind, _, number = principal.partition(":")
    return {
        "namespace_id": namespace,
        "principal": principal,
        "user_id": int(number) if kind == "user" else None,
        "user_group_id": int(number) if kind == "group" else None,
        "access": int(access),
        "may_create": False,
    }


def _deed(number: int, person: int) -> dict[str, Any]:
    return {
        "at": NOW + timedelta(seconds=number),
        "action": "access.give" if number % 3 else "sign-in",
        "actor_id": person,
        "actor_name": f"member{person}",
        "transport": "http",
        "address": "192.0.2.1",
        "client": "a browser",
        "target_kind": "repository",
        "target_id": number,
        "target_name": f"group{number}/inner/repository{number}",
    }


def _person(number: int) -> dict[str, Any]:
    name = f"member{number}"
    return {
        "id": number,
        "name": name,
        "name_key": name,
        "email": f"{name}@example.com",
        "email_key": f"{name}@example.com",
        "password_hash": "none",
        "is_active": True,
        "is_administrator": False,
        "created_at": NOW,
    }


def _place(number: int, path: str, parent: int) -> dict[str, Any]:
    return {"id": number, "path": path, "path_key": path, "parent_id": parent, "inherits": number % 50 != 7}


def _rows(connection: Connection, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_ONCE:
            connection.execute(insert(table), some)
            some = []
    if some:
        connection.execute(insert(table), some)


def measured(world: World, act: Callable[[], object], rounds: int) -> tuple[int, float]:
    """How many statements it takes, and the median of the milliseconds."""
    act()
    with counted_statements(world.app.engine) as seen:
        act()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        act()
        times.append((time.perf_counter() - begun) * 1000)
    return len(seen), statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repositories", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--user-groups", type=int, default=1_000)
    parser.add_argument("--grants", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    given = parser.parse_args()
    sizes = Sizes(given.repositories, given.people, given.user_groups, given.grants)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        begun = time.perf_counter()
        with writing(world.app.engine).begin() as connection:
            fill(connection, sizes, random.Random(6))
        with world.app.session() as session, session.begin():
            GrantSources(session).repair()
            SearchIndex(session).repair()
        with world.app.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            # PostgreSQL does it by itself some time after so many rows came.
            connection.exec_driver_sql("VACUUM ANALYZE" if connection.dialect.name == "postgresql" else "ANALYZE")
        print(f"{sizes}: made in {time.perf_counter() - begun:.0f} s")
        _report(world, sizes, given.rounds)
        world.close()


def _report(world: World, sizes: Sizes, rounds: int) -> None:
    member = Person(1500, "member1500")
    with world.app.session() as session:
        first = select(Namespace.path, Repository.owner_id).join(Repository, Repository.namespace_id == Namespace.id).limit(1)
        path, owner_id = session.execute(first).one()
    boss, mine = world.browser(world.administrator), world.browser(member)
    owner = world.browser(Person(owner_id, f"member{owner_id}"))
    permissions = f"/{path}/settings/permissions"
    pages = [
        (f"{what} for {who}", browser, url)
        for who, browser in (("a member", mine), ("a visitor", world.browser()), ("an administrator", boss))
        for what, url in (
            ("list", "/"),
            ("list, page 100", "/?page=100"),
            ("list, behind half", f"/?page=9&after=group{1000 + sizes.groups // 2}"),
            ("filter, some", "/?filter=repository77"),
            ("filter, one", f"/?filter=y{1000 + 2 * sizes.groups + 4711}"),
            ("filter, all", "/?filter=repository"),
            ("filter, none", "/?filter=repositori"),
            ("filter, two letters", "/?filter=re"),
            ("filter, below some groups", "/?filter=group11+number"),
            ("filter, nothing frequent", "/?filter=number+inner/repository1+y10"),
        )
    ]
    pages += [
        ("group", mine, "/group1000"),
        ("permission page", owner, permissions),
        ("why somebody may", owner, f"{permissions}?who={member.name}"),
        ("what a person may do", boss, f"/_admin/permissions/perms?who={member.name}"),
        ("what I may do", mine, "/_admin/my_account/perms"),
        ("all groups", boss, "/_admin/repo_groups"),
        ("people", boss, "/_admin/users"),
        ("people, filtered", boss, "/_admin/users?filter=member77"),
        ("user groups", boss, "/_admin/user_groups"),
        ("members of a user group", boss, "/_admin/user_groups/7/edit/members"),
        ("what a user group may do", boss, "/_admin/user_groups/7/edit/advanced"),
        ("a person", boss, "/_admin/users/1500/edit/advanced"),
        ("audit log", boss, "/_admin/activity"),
        ("where to create", mine, "/_admin/create_repository"),
    ]
    for what, browser, url in pages:
        _print(what, *measured(world, partial(browser.get, url, status=200), rounds))
    fields = {"principal": "members", "access": "write", "preview": "True", CSRF_FIELD: owner.token()}
    _print("who gains and loses", *measured(world, lambda: owner.post(permissions, fields, token=False, status=200), rounds))
    with world.app.system_scope() as scope:
        acting = scope.accounts.member(member.id)
    assert acting is not None

    def check() -> None:
        with world.app.session() as session:
            access = AccessControl(session, acting)
            access.decide(access.locate(path.split("/")))

    _print("permission check of a push", *measured(world, check, rounds))
    _print("sign-in, with its password", *measured(world, lambda: world.browser().sign_in(world.administrator), rounds))


def _print(what: str, statements: int, milliseconds: float) -> None:
    print(f"{what:40} {statements:3} statements {milliseconds:8.1f} ms")


if __name__ == "__main__":
    main()
