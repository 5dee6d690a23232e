"""How many statements each kind of page costs. A page that needs more than before says so here first."""

from __future__ import annotations

import pytest

from tests.worlds import Browser, Hosted, World, counted_statements

# Kind of page: its address, the statements for a member, the statements for a visitor. A member costs one more: the session.
# The sign-in form, which visitors get in place of what is not theirs, costs one: what else one can sign in with.
COUNTS = {
    "list":         ("/",                                   3, 3),
    "group":        ("/{group}",                            5, 6),
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
    "forks":        ("/{repository}/forks",                 3, 2),
    "followers":    ("/{repository}/followers",             4, 2),
    "fork":         ("/{repository}/fork",                  5, 2),
    "statistics":   ("/{repository}/statistics",            4, 3),
    "branches":     ("/{repository}/branches",              2, 1),
    "settings":     ("/{repository}/settings",              3, 2),
    "permissions":  ("/{repository}/settings/permissions",  4, 2),
    "deploy tokens": ("/{repository}/settings/deploy_tokens", 3, 2),
    "tokens":       ("/_admin/my_account/tokens",           3, 1),
    "deploy keys":  ("/{repository}/settings/deploy_keys",  3, 2),
    "ssh keys":     ("/_admin/my_account/ssh_keys",         2, 1),
    "signing keys": ("/_admin/my_account/signing_keys",     4, 1),
    "explained":    ("/{repository}/settings/permissions?who={owner}", 7, 2),
    "group settings": ("/_admin/repo_groups/{group}/edit",  6, 2),
    "group grants": ("/_admin/repo_groups/{group}/edit/permissions", 4, 2),
    "everywhere":   ("/_admin/permissions",                 2, 1),
    "addresses":    ("/_admin/permissions/ips",             3, 1),
    "what one may": ("/_admin/permissions/perms?who={owner}", 6, 1),
    "what I may":   ("/_admin/my_account/perms",            3, 1),
    "my groups":    ("/_admin/my_account/groups",           2, 1),
    "all groups":   ("/_admin/repo_groups",                 2, 1),
    "create":       ("/_admin/create_repository",           4, 1),
    "watched":      ("/_admin/my_account/watched",          2, 1),
    "my account":   ("/_admin/my_account",                  3, 1),
    "security":     ("/_admin/my_account/security",         3, 1),
    "sessions":     ("/_admin/my_account/sessions",         2, 1),
    "second factor": ("/_admin/second_factor",              3, 1),
    "activity":     ("/_admin/activity",                    2, 1),
    "e-mail":       ("/_admin/my_account/emails",           4, 1),
    "mail":         ("/_admin/mail",                        4, 1),
    "registration": ("/_admin/registrations",               3, 1),
    "invitations":  ("/_admin/invitations",                 2, 1),
    "sign in":      ("/_admin/login",                       1, 2),
    "register":     ("/_admin/register",                    2, 1),
    "reset":        ("/_admin/password_reset",              1, 0),
    "administration": ("/_admin",                           5, 1),
    "people":       ("/_admin/users",                       3, 1),
    "person":       ("/_admin/users/{owner_id}/edit",       4, 1),
    "person owns":  ("/_admin/users/{owner_id}/edit/advanced", 4, 1),
    "user groups":  ("/_admin/user_groups",                 3, 1),
    "members":      ("/_admin/user_groups/1/edit/members",  4, 1),
    "user group":   ("/_admin/user_groups/1/edit",          3, 1),
    "user group access": ("/_admin/user_groups/1/edit/advanced", 5, 1),
    "jobs":         ("/_admin/jobs",                        6, 1),
    "largest":      ("/_admin/repos",                       3, 1),
    "deleted":      ("/_admin/deleted_repos",               1, 1),
    "to restore":   ("/_admin/deleted_repos/restore?deleted={deleted}", 6, 1),
    "sources":      ("/_admin/auth",                        2, 1),
    "source":       ("/_admin/auth/settings/ldap",          4, 1),
    "missing":      ("/nothing-of-this-name",               4, 4),
}  # fmt: skip


@pytest.fixture(scope="module", name="places")
def _places(world: World) -> dict[str, str]:
    owner, group = world.person(), world.group()
    repository: Hosted = world.repository(path=f"{group}/counted", owner=owner)
    world.filled(repository, {"README.md": b"# Read me\n"}, {"b.txt": b"b\n"})
    for _ in range(8):
        # More rows of everything, so that a query for each of them would show.
        world.repository(path=f"{group}/more{world.number}", owner=owner, readers=[world.person()])
    gone: Hosted = world.repository(path=f"{group}/gone", owner=owner, readers=[world.person()])
    with world.app.system_scope() as scope:
        scope.repositories.delete(scope.access.administer_repository(scope.access.at(gone.path)))
    return {
        "group": group,
        "deleted": gone.path,
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
