"""Every kind of page, each with what makes it hard to lay out."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.house import EMPTY, FORK, GONE, HARM, SECRET, SHOP

GIT, HG = SHOP["git"], SHOP["hg"]
LAST_PAGE = 3


@dataclass(frozen=True, slots=True)
class PageKind:
    """A page, and who looks at it: somebody signed in as administrator, or a guest."""

    name: str
    path: str
    as_user: str | None = "admin"
    is_error: bool = False
    pictures: int = 0
    """Pictures that belong to what the repository holds, one request each."""
    has_foreign_text: bool = False
    """Whether it shows a text of others that breaks rules which the page itself keeps."""

    def __str__(self) -> str:
        return self.name


PAGE_KINDS = (
    PageKind("home", "/"),
    PageKind("home-of-a-guest", "/", None),
    PageKind("home-with-nothing-found", "/?filter=nothing-has-this-name"),
    PageKind("group", "/web"),
    PageKind("sign-in", "/_admin/login", None),
    PageKind("account", "/_admin/my_account"),
    PageKind("account-addresses", "/_admin/my_account/emails"),
    PageKind("forgotten-password", "/_admin/password_reset", None),
    PageKind("new-password-over", "/_admin/password_reset_confirmation?token=x", None),
    PageKind("register", "/_admin/register", None),
    PageKind("registration-over", "/_admin/register/confirm?token=x", None),
    PageKind("invitation-over", "/_admin/invitation?token=x", None),
    PageKind("done", "/_admin/done/registered", None),
    PageKind("registrations", "/_admin/registrations"),
    PageKind("invitations", "/_admin/invitations"),
    PageKind("mail", "/_admin/mail"),
    PageKind("security", "/_admin/my_account/security"),
    PageKind("authenticator", "/_admin/my_account/security/app"),
    PageKind("new-passkey", "/_admin/my_account/security/passkey"),
    PageKind("confirm", "/_admin/my_account/security/confirm"),
    PageKind("sessions", "/_admin/my_account/sessions"),
    PageKind("second-factor", "/_admin/second_factor"),
    PageKind("activity", "/_admin/activity"),
    PageKind("administration", "/_admin"),
    PageKind("people", "/_admin/users"),
    PageKind("people-none", "/_admin/users?filter=zzzzzz"),
    PageKind("person", "/_admin/users/2/edit"),
    PageKind("person-owns", "/_admin/users/1/edit/advanced"),
    PageKind("new-person", "/_admin/users/new"),
    PageKind("user-groups", "/_admin/user_groups"),
    PageKind("user-groups-none", "/_admin/user_groups?filter=zzzzzz"),
    PageKind("user-groups-of-an-owner", "/_admin/user_groups", "bob"),
    PageKind("user-group", "/_admin/user_groups/1/edit"),
    PageKind("user-group-members", "/_admin/user_groups/1/edit/members"),
    PageKind("user-group-members-for-its-owner", "/_admin/user_groups/1/edit/members", "bob"),
    PageKind("user-group-access", "/_admin/user_groups/1/edit/advanced"),
    PageKind("new-user-group", "/_admin/user_groups/new"),
    PageKind("jobs", "/_admin/jobs"),
    PageKind("all-repositories", "/_admin/repos"),
    PageKind("deleted-repositories", "/_admin/deleted_repos"),
    PageKind("deleted-repositories-none", "/_admin/deleted_repos?filter=zzzzzz"),
    PageKind("deleted-repository", f"/_admin/deleted_repos/restore?deleted={GONE}"),
    PageKind("repository-deleted", "/_admin/done/repository-deleted"),
    PageKind("site-settings", "/_admin/settings"),
    PageKind("system", "/_admin/system"),
    PageKind("sign-in-sources", "/_admin/auth"),
    PageKind("sign-in-source", "/_admin/auth/settings/ldap"),
    PageKind("signed-out", "/_admin/logout/done/oidc", None),
    PageKind("create", "/_admin/create_repository"),
    PageKind("summary-git", f"/{GIT}", pictures=1),
    PageKind("summary-hg", f"/{HG}", None, pictures=1),
    PageKind("summary-empty", f"/{EMPTY['hg']}"),
    PageKind("history-git", f"/{GIT}/changelog"),
    PageKind("history-hg", f"/{HG}/changelog", None),
    PageKind("history-last-page", f"/{GIT}/changelog?page={LAST_PAGE}"),
    PageKind("history-searched", f"/{HG}/changelog?text=the&author=a&rev=all()"),
    PageKind("history-with-nothing-found", f"/{GIT}/changelog?path=there/is/nothing", None),
    PageKind("history-of-a-file", f"/{GIT}/changelog/main/README.md"),
    PageKind("changeset-of-many-files", f"/{GIT}/changeset/v1.1"),
    PageKind("changeset-merge", f"/{GIT}/changeset/v1.0"),
    PageKind("changeset-hg", f"/{HG}/changeset/release"),
    PageKind("folder-top", f"/{GIT}/files/main", pictures=1),
    PageKind("folder", f"/{HG}/files/default/shop"),
    PageKind("file-code", f"/{GIT}/files/main/shop/basket.py"),
    PageKind("file-one-long-line", f"/{HG}/files/default/web/one-line.js"),
    PageKind("file-image", f"/{GIT}/files/main/docs/sign.png", pictures=1),
    PageKind("file-document", f"/{HG}/files/default/README.md", pictures=1),
    PageKind("file-restructured-text", f"/{GIT}/files/main/docs/rules.rst"),
    PageKind("file-table", f"/{HG}/files/default/docs/prices.csv", None),
    PageKind("file-notebook", f"/{GIT}/files/main/docs/count.ipynb"),
    PageKind("file-binary", f"/{GIT}/files/main/docs/goods.db"),
    PageKind("file-empty", f"/{HG}/files/default/docs/empty.txt"),
    PageKind("annotate", f"/{GIT}/annotate/main/shop/basket.py"),
    PageKind("annotate-hg", f"/{HG}/annotate/default/shop/basket.py", None),
    PageKind("find-a-file", f"/{GIT}/find/main"),
    PageKind("find-a-file-none", f"/{HG}/find/default?q=zzzzzz", None),
    PageKind("compare-chooser", f"/{GIT}/compare"),
    PageKind("compare", f"/{GIT}/compare/tag@v1.0...branch@main?merge=1"),
    PageKind("compare-side-by-side", f"/{HG}/compare/tag@v1.0...branch@default?split=1&ignorews=1", None),
    PageKind("changeset-side-by-side", f"/{HG}/changeset/release?split=1&context=10"),
    PageKind("branches", f"/{GIT}/branches"),
    PageKind("tags", f"/{HG}/tags"),
    PageKind("tags-none", f"/{EMPTY['git']}/tags"),
    PageKind("bookmarks", f"/{HG}/bookmarks"),
    PageKind("fork", f"/{GIT}/fork"),
    PageKind("forks", f"/{GIT}/forks", None),
    PageKind("forks-none", f"/{HG}/forks"),
    PageKind("fork-being-copied", f"/{FORK}"),
    PageKind("followers", f"/{GIT}/followers"),
    PageKind("followers-for-a-guest", f"/{HG}/followers", None),
    PageKind("ssh-keys", "/_admin/my_account/ssh_keys"),
    PageKind("signing-keys", "/_admin/my_account/signing_keys"),
    PageKind("watched", "/_admin/my_account/watched"),
    PageKind("tokens", "/_admin/my_account/tokens"),
    PageKind("statistics", f"/{GIT}/statistics", None),
    PageKind("statistics-hg", f"/{HG}/statistics"),
    PageKind("statistics-not-begun", f"/{EMPTY['git']}/statistics"),
    PageKind("settings", f"/{GIT}/settings"),
    PageKind("deploy-keys", f"/{GIT}/settings/deploy_keys"),
    PageKind("permissions", f"/{GIT}/settings/permissions"),
    PageKind("deploy-tokens", f"/{GIT}/settings/deploy_tokens"),
    PageKind("permissions-explained", f"/{HG}/settings/permissions?who=bob"),
    PageKind("new-group", "/_admin/repo_groups/new?parent_group=web"),
    PageKind("group-settings", "/_admin/repo_groups/web/edit"),
    PageKind("group-permissions", "/_admin/repo_groups/web/edit/permissions?who=bob"),
    PageKind("admin-permissions", "/_admin/permissions"),
    PageKind("admin-addresses", "/_admin/permissions/ips"),
    PageKind("admin-permissions-of", "/_admin/permissions/perms?who=bob"),
    PageKind("admin-groups", "/_admin/repo_groups"),
    PageKind("my-permissions", "/_admin/my_account/perms"),
    PageKind("my-groups", "/_admin/my_account/groups"),
    PageKind("harm-summary", f"/{HARM['git']}", pictures=1, has_foreign_text=True),
    PageKind("harm-history", f"/{HARM['hg']}/changelog"),
    PageKind("harm-changeset", f"/{HARM['git']}/changeset/v<script>"),
    PageKind("harm-folder", f"/{HARM['hg']}/files/default", pictures=1, has_foreign_text=True),
    PageKind("harm-branches", f"/{HARM['git']}/branches"),
    PageKind("not-found", "/there/is/nothing", is_error=True),
    PageKind("not-found-for-a-guest", f"/{SECRET}", None, is_error=True),
    PageKind("forbidden", f"/{GIT}/settings", "bob", is_error=True),
    PageKind("bad-request", f"/{GIT}/changelog?page=none", is_error=True),
)
