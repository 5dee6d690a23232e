"""How many statements each kind of page costs. A page that needs more than before says so here first."""

from __future__ import annotations

import pytest

from tests.worlds import Browser, Hosted, World, counted_statements

# Kind of page: its address, the statements for a member, the statements for a visitor. A member costs one more: the session.
COUNTS = {
    "list":         ("/",                                   4, 2),
    "group":        ("/{group}",                            6, 5),
    "summary":      ("/{repository}",                       2, 1),
    "by number":    ("/_{id}",                              3, 2),
    "history":      ("/{repository}/changelog",             2, 1),
    "changeset":    ("/{repository}/changeset/tip",         2, 1),
    "diff":         ("/{repository}/changeset-diff/tip",    2, 1),
    "folder":       ("/{repository}/files/tip",             2, 1),
    "file":         ("/{repository}/files/tip/README.md",   2, 1),
    "annotate":     ("/{repository}/annotate/tip/README.md", 2, 1),
    "archive":      ("/{repository}/archive/tip.tar",       2, 1),
    "find":         ("/{repository}/find/tip?q=read",       2, 1),
    "compare":      ("/{repository}/compare",               2, 1),
    "comparison":   ("/{repository}/compare/rev@tip...rev@tip", 2, 1),
    "feed":         ("/{repository}/feed/atom",             3, 2),
    "raw":          ("/{repository}/raw/tip/README.md",     2, 1),
    "file history": ("/{repository}/changelog/tip/README.md", 2, 1),
    "forks":        ("/{repository}/forks",                 4, 3),
    "followers":    ("/{repository}/followers",             4, 2),
    "fork":         ("/{repository}/fork",                  5, 1),
    "statistics":   ("/{repository}/statistics",            4, 3),
    "branches":     ("/{repository}/branches",              2, 1),
    "settings":     ("/{repository}/settings",              3, 1),
    "permissions":  ("/{repository}/settings/permissions",  4, 1),
    "deploy tokens": ("/{repository}/settings/deploy_tokens", 3, 1),
    "tokens":       ("/_admin/my_account/tokens",           3, 0),
    "deploy keys":  ("/{repository}/settings/deploy_keys",  3, 1),
    "ssh keys":     ("/_admin/my_account/ssh_keys",         2, 0),
    "explained":    ("/{repository}/settings/permissions?who={owner}", 7, 1),
    "group settings": ("/_admin/repo_groups/{group}/edit",  3, 1),
    "group grants": ("/_admin/repo_groups/{group}/edit/permissions", 4, 1),
    "everywhere":   ("/_admin/permissions",                 2, 0),
    "addresses":    ("/_admin/permissions/ips",             3, 0),
    "what one may": ("/_admin/permissions/perms?who={owner}", 4, 0),
    "what I may":   ("/_admin/my_account/perms",            2, 0),
    "all groups":   ("/_admin/repo_groups",                 2, 0),
    "create":       ("/_admin/create_repository",           4, 0),
    "watched":      ("/_admin/my_account/watched",          3, 0),
    "my account":   ("/_admin/my_account",                  3, 0),
    "security":     ("/_admin/my_account/security",         3, 0),
    "sessions":     ("/_admin/my_account/sessions",         2, 0),
    "second factor": ("/_admin/second_factor",              3, 0),
    "activity":     ("/_admin/activity",                    2, 0),
    "e-mail":       ("/_admin/my_account/emails",           4, 0),
    "mail":         ("/_admin/mail",                        4, 0),
    "registration": ("/_admin/registrations",               3, 0),
    "invitations":  ("/_admin/invitations",                 2, 0),
    "sign in":      ("/_admin/login",                       1, 1),
    "register":     ("/_admin/register",                    2, 1),
    "reset":        ("/_admin/password_reset",              1, 0),
    "administration": ("/_admin",                           5, 0),
    "people":       ("/_admin/users",                       3, 0),
    "person":       ("/_admin/users/{owner_id}/edit",       4, 0),
    "person owns":  ("/_admin/users/{owner_id}/edit/advanced", 4, 0),
    "user groups":  ("/_admin/user_groups",                 3, 0),
    "members":      ("/_admin/user_groups/1/edit/members",  4, 0),
    "user group":   ("/_admin/user_groups/1/edit",          3, 0),
    "user group access": ("/_admin/user_groups/1/edit/advanced", 5, 0),
    "jobs":         ("/_admin/jobs",                        6, 0),
    "largest":      ("/_admin/repos",                       3, 0),
    "missing":      ("/nothing-of-this-name",               4, 3),
}  # fmt: skip


@pytest.fixture(scope="module", name="places")
def _places(world: World) -> dict[str, str]:
    owner, group = world.person(), world.group()
    repository: Hosted = world.repository(path=f"{group}/counted", owner=owner)
    world.filled(repository, {"README.md": b"# Read me\n"}, {"b.txt": b"b\n"})
    for _ in range(8):
        # More rows of everything, so that a query for each of them would show.
        world.repository(path=f"{group}/more{world.number}", owner=owner, readers=[world.person()])
    return {
        "group": group,
        "repository": repository.path,
        "id": str(repository.id),
        "owner": owner.name,
        "owner_id": str(owner.id),
    }


def _count(world: World, browser: Browser, url: str) -> int:
    browser.get(url)
    with counted_statements(world.app.engine) as seen:
        browser.get(url)
    return len(seen)


@pytest.mark.parametrize("kind", COUNTS)
def test_page_costs_as_many_statements_as_written_here(world: World, places: dict[str, str], kind: str) -> None:
    url, for_member, for_visitor = COUNTS[kind]
    target = url.format(**places)

    found = _count(world, world.browser(world.administrator), target), _count(world, world.browser(), target)

    assert found == (for_member, for_visitor)
