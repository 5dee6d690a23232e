"""Every address of the application, in one place and correctly quoted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from kallithea.lib.vcs import ROOT, ArchiveFormat, CommitId, FilePath, Kind, Ref, RefKind

_DEFAULT_PORTS = {"http": 80, "https": 443}


def revision_of(ref: Ref) -> str:
    """How an address names what a ref points to: by its name, or by the id where the name would not survive a path.

    A slash in a branch name cannot be told from the slash before the file, and proxies refuse or decode `%2F`.
    """
    if "/" in ref.name or ref.name in (".", ".."):
        return ref.target.hex
    return ref.name


def origin_of(url: str) -> str:
    """Scheme, host and port as browsers write them in the header Origin; empty for what has no host."""
    parts = urlsplit(url)
    if not parts.hostname:
        return ""
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if not name.isascii():
        name = name.encode("idna").decode("ascii")
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{name}{port}"


class Urls:
    """Addresses below `prefix`, the path at which the application is mounted (empty, or `/code`)."""

    __slots__ = ("_admin", "prefix")

    def __init__(self, prefix: str = "") -> None:
        self.prefix = quote(prefix.rstrip("/"), safe="/")
        self._admin = f"{self.prefix}/_admin"

    @classmethod
    def of_site(cls, site: str) -> Urls:
        """Whole addresses, for what leaves the site (clone addresses, mails, feeds): below `https://host`, `https://host/code`."""
        parts = urlsplit(site)
        urls = cls()
        # The path may be quoted already, as addresses that people write into settings are.
        path = quote(parts.path.rstrip("/"), safe="/%!$&'()*+,;=:@~")
        urls.prefix = f"{parts.scheme}://{parts.netloc}{path}"
        urls._admin = f"{urls.prefix}/_admin"
        return urls

    # --- the whole instance

    def home(self, *, filter_text: str = "", kind: Kind | None = None, page: int = 1, after: str = "", before: str = "") -> str:
        """A page of the list that goes on behind a path, or ends before one; without them, behind the pages before it."""
        return f"{self.prefix}/{_listing_query(filter_text, kind, page, after, before)}"

    def assets(self) -> str:
        """The folder of the built style sheets and scripts, without a slash at its end."""
        return f"{self.prefix}/_assets"

    def login(self, *, came_from: str = "") -> str:
        return f"{self._admin}/login{_query({'came_from': came_from})}"

    def password_reset(self) -> str:
        return f"{self._admin}/password_reset"

    def password_reset_confirmation(self) -> str:
        return f"{self._admin}/password_reset_confirmation"

    def password_reset_link(self, token: str) -> str:
        return self.password_reset_confirmation() + _query({"token": token})

    def register(self) -> str:
        return f"{self._admin}/register"

    def register_confirmation(self) -> str:
        return f"{self._admin}/register/confirm"

    def register_link(self, token: str) -> str:
        return self.register_confirmation() + _query({"token": token})

    def invitation(self) -> str:
        return f"{self._admin}/invitation"

    def invitation_link(self, token: str) -> str:
        return self.invitation() + _query({"token": token})

    def done(self, what: str) -> str:
        """Says in a sentence what was just done, to people who may not be signed in."""
        return f"{self._admin}/done/{what}"

    def login_with(self, source: str, *, came_from: str = "") -> str:
        """Where a browser is sent to another site to sign in."""
        return f"{self._admin}/login/with/{quote(source, safe='')}{_query({'came_from': came_from})}"

    def login_back(self, source: str) -> str:
        """Where the other site sends it back to."""
        return f"{self._admin}/login/back/{quote(source, safe='')}"

    def login_leave(self, source: str) -> str:
        """Where one signs out of the other site."""
        return f"{self._admin}/login/leave/{quote(source, safe='')}"

    def signed_out(self, source: str) -> str:
        return f"{self._admin}/logout/done/{quote(source, safe='')}"

    def sign_in_source(self, source: str) -> str:
        """The settings of a source of sign-ins; saving posts there."""
        return f"{self._admin}/auth/settings/{quote(source, safe='')}"

    def sign_in_part(self, part: str, source: str) -> str:
        """Takes a form about one source of sign-ins: `check`, `groups`, `groups/delete`, `people`, `people/delete`."""
        return f"{self._admin}/auth/{part}/{quote(source, safe='')}"

    def logout(self) -> str:
        return f"{self._admin}/logout"

    def my_account(self, section: str = "") -> str:
        return f"{self._admin}/my_account/{section}" if section else f"{self._admin}/my_account"

    def administration(self, section: str = "") -> str:
        return f"{self._admin}/{section}" if section else self._admin

    def activity(self, download: str = "", query: Mapping[str, str] | None = None) -> str:
        """What was done, as a page or as a download (csv, jsonl); `query` says which of it."""
        return self.administration(f"activity/{download}" if download else "activity") + _query(query or {})

    def my_password(self) -> str:
        return f"{self._admin}/my_account/password"

    def my_profile(self) -> str:
        return f"{self._admin}/my_account/profile"

    def my_emails(self) -> str:
        return f"{self._admin}/my_account/emails"

    def my_emails_delete(self) -> str:
        return f"{self._admin}/my_account/emails/delete"

    def my_emails_primary(self) -> str:
        return f"{self._admin}/my_account/emails/primary"

    def my_email_confirmation(self) -> str:
        return f"{self._admin}/my_account/emails/confirm"

    def my_email_link(self, token: str) -> str:
        return self.my_email_confirmation() + _query({"token": token})

    def my_picture(self) -> str:
        return f"{self._admin}/my_account/picture"

    def my_picture_delete(self) -> str:
        return f"{self._admin}/my_account/picture/delete"

    def picture(self, user: int, digest: str) -> str:
        """The picture of an account; another one gets another address."""
        return f"{self._admin}/pictures/{user}/{digest}"

    def second_step(self, *, came_from: str = "") -> str:
        return f"{self._admin}/login/second{_query({'came_from': came_from})}"

    def login_with_passkey(self) -> str:
        return f"{self._admin}/login/passkey"

    def security(self) -> str:
        return f"{self._admin}/my_account/security"

    def confirm(self, *, came_from: str = "") -> str:
        """Where one proves once more who one is."""
        return f"{self.security()}/confirm{_query({'came_from': came_from})}"

    def authenticator(self) -> str:
        return f"{self.security()}/app"

    def authenticator_delete(self) -> str:
        return f"{self.security()}/app/delete"

    def recovery_codes(self) -> str:
        return f"{self.security()}/codes"

    def new_passkey(self) -> str:
        return f"{self.security()}/passkey"

    def passkey_delete(self) -> str:
        return f"{self.security()}/passkey/delete"

    def my_sessions(self) -> str:
        return f"{self._admin}/my_account/sessions"

    def my_sessions_delete(self) -> str:
        """Takes `session_id`: the number of a session, `others` for all but the one in use, or `all`."""
        return f"{self._admin}/my_account/sessions/delete"

    def my_signing_keys_delete(self) -> str:
        """Takes `del_public_key_fingerprint`."""
        return f"{self._admin}/my_account/signing_keys/delete"

    def my_ssh_keys_delete(self) -> str:
        """Takes `del_public_key_fingerprint`."""
        return f"{self._admin}/my_account/ssh_keys/delete"

    def my_watched(self, *, page: int = 1) -> str:
        return f"{self._admin}/my_account/watched" + _query({"page": _page(page)})

    def admin_mail(self, *, state: str = "") -> str:
        return f"{self._admin}/mail" + _query({"state": state})

    def admin_mail_action(self, verb: str) -> str:
        """`retry`, `discard` or `test`."""
        return f"{self._admin}/mail/{verb}"

    def admin_registrations(self) -> str:
        return f"{self._admin}/registrations"

    def admin_registrations_action(self, verb: str) -> str:
        """`mode`, `approve` or `decline`."""
        return f"{self._admin}/registrations/{verb}"

    def admin_invitations(self) -> str:
        return f"{self._admin}/invitations"

    def admin_invitations_withdraw(self) -> str:
        return f"{self._admin}/invitations/withdraw"

    def my_tokens(self) -> str:
        return f"{self._admin}/my_account/tokens"

    def my_tokens_delete(self) -> str:
        """Takes `token_id`."""
        return f"{self._admin}/my_account/tokens/delete"

    def create_repository(self, *, parent_group: str = "") -> str:
        return f"{self._admin}/create_repository{_query({'parent_group': parent_group})}"

    def save_repository(self, repository: str) -> str:
        return f"{self._admin}/repos/{_path(repository)}"

    def delete_repository(self, repository: str) -> str:
        return f"{self._admin}/repos/{_path(repository)}/delete"

    def deleted_repositories(self, verb: str = "", *, after: str = "", filter_text: str = "") -> str:
        """The list of them, or `restore` or `purge`, where forms about one are posted."""
        address = f"{self._admin}/deleted_repos/{verb}" if verb else f"{self._admin}/deleted_repos"
        return address + _query({"filter": filter_text, "after": after})

    def deleted_repository(self, folder: str) -> str:
        """What comes back with the one in this folder."""
        return f"{self._admin}/deleted_repos/restore" + _query({"deleted": folder})

    def groups(self, *, after: str = "", filter_text: str = "") -> str:
        """All groups, for administrators; new ones are posted here."""
        return f"{self._admin}/repo_groups" + _query({"filter": filter_text, "after": after})

    def new_group(self, *, parent_group: str = "") -> str:
        return f"{self._admin}/repo_groups/new" + _query({"parent_group": parent_group})

    def edit_group(self, group: str) -> str:
        """The settings of a group, and where their form goes."""
        return f"{self._admin}/repo_groups/{_path(group)}/edit"

    def delete_group(self, group: str) -> str:
        return f"{self.edit_group(group)}/delete"

    def group_permissions(self, group: str) -> str:
        return f"{self.edit_group(group)}/permissions"

    def site_permissions(self) -> str:
        """Who may do what everywhere, for administrators."""
        return f"{self._admin}/permissions"

    def site_addresses(self, *, who: str = "") -> str:
        """From where people may come: everybody, or somebody."""
        return f"{self._admin}/permissions/ips" + _query({"who": who})

    def permissions_of(self, who: str = "", *, after: str = "") -> str:
        """What somebody may do, for administrators."""
        return f"{self._admin}/permissions/perms" + _query({"who": who, "after": after})

    def why(self, path: str, who: str, *, is_group: bool) -> str:
        """The reasons for what somebody may do with a repository or group."""
        page = self.group_permissions(path) if is_group else self.permissions(path)
        return page + _query({"who": who})

    def my_permissions(self, *, after: str = "") -> str:
        return f"{self._admin}/my_account/perms" + _query({"after": after})

    def group(
        self,
        group: str,
        *,
        filter_text: str = "",
        kind: Kind | None = None,
        page: int = 1,
        after: str = "",
        before: str = "",
    ) -> str:
        """A page of the list below a group, as `home` has them."""
        return f"{self.prefix}/{_path(group)}{_listing_query(filter_text, kind, page, after, before)}"

    # --- people and groups of users, for administrators

    def users(self, *, filter_text: str = "", which: str = "", after: str = "", before: str = "") -> str:
        """A page of a list that goes on behind a name, or ends before one."""
        query = {"filter": filter_text, "which": which, "after": after, "before": before}
        return f"{self._admin}/users{_query(query)}"

    def new_user(self) -> str:
        return f"{self._admin}/users/new"

    def user(self, number: int, *rooms: str) -> str:
        """Where the forms about an account go; its page is the room `edit`."""
        return "/".join((f"{self._admin}/users/{number}", *rooms))

    def user_groups(self, *, filter_text: str = "", after: str = "", before: str = "") -> str:
        return f"{self._admin}/user_groups{_query({'filter': filter_text, 'after': after, 'before': before})}"

    def new_user_group(self) -> str:
        return f"{self._admin}/user_groups/new"

    def user_group(self, number: int, *rooms: str) -> str:
        """Where the forms about a group of users go; its page is the room `edit`."""
        return "/".join((f"{self._admin}/user_groups/{number}", *rooms))

    def user_group_members(self, number: int, *, filter_text: str = "", after: str = "", before: str = "") -> str:
        query = {"filter": filter_text, "after": after, "before": before}
        return self.user_group(number, "edit", "members") + _query(query)

    # --- one repository

    def repository(self, repository: str) -> str:
        return f"{self.prefix}/{_path(repository)}"

    def over_ssh(self, template: str, repository: str, number: int) -> str:
        """The address of a repository as `template` has it, with {hostname}, {repo} and {repoid}; for addresses of a site."""
        host = urlsplit(self.prefix).hostname or "localhost"
        # git and hg decode what is written as an address (connect.c, urlutil.py), and nothing else.
        path = quote(repository, safe="/~") if template.startswith("ssh://") else repository
        values = {"hostname": f"[{host}]" if ":" in host else host, "repo": path, "repoid": str(number)}
        return re.sub(r"\{(hostname|repo|repoid)\}", lambda found: values[found[1]], template)

    def repository_by_number(self, number: int) -> str:
        """The permanent address, which outlives a rename."""
        return f"{self.prefix}/_{number}"

    def changelog(
        self,
        repository: str,
        *,
        branch: str = "",
        page: int = 1,
        after: str = "",
        size: int = 0,
        filters: Mapping[str, str] | None = None,
    ) -> str:
        """`after` says where a page begins, and then the number of the page does not matter; `filters` are further fields."""
        query = {"branch": branch, **(filters or {}), "size": str(size or ""), "page": _page(page), "after": after}
        return self._in(repository, "changelog") + _query(query)

    def file_changelog(
        self, repository: str, revision: str, path: FilePath, *, page: int = 1, after: str = "", size: int = 0
    ) -> str:
        query = {"size": str(size or ""), "page": _page(page), "after": after}
        return self._file(repository, "changelog", revision, path, query)

    def changeset(self, repository: str, revision: CommitId | str) -> str:
        return self._in(repository, "changeset", str(revision))

    def feed(self, repository: str, kind: str, *, branch: str = "", file: FilePath = ROOT) -> str:
        """The newest commits as `atom` or `rss`, of a branch, or those that changed a path."""
        base, query = self._in(repository, "feed", kind), {"branch": branch}
        if not file.raw:
            return base + _query(query)
        if _survives(file):
            return f"{base}/{quote(file.raw, safe='/')}{_query(query)}"
        return f"{base}/raw{_query({'raw_path': file.raw.hex(), **query})}"

    def compare(self, repository: str) -> str:
        """Takes `old` and `new`, names or ids, and leads to their comparison."""
        return self._in(repository, "compare")

    def comparison(
        self,
        repository: str,
        old: tuple[str, str],
        new: tuple[str, str],
        *,
        from_base: bool = True,
        full_diff: bool = False,
        other: str = "",
    ) -> str:
        """`old` and `new` are a kind (branch, tag, book, rev) and a name each; `new` is one of the repository `other`."""
        spec = "...".join(f"{kind}@{quote(name, safe='/')}" for kind, name in (old, new))
        return f"{self._in(repository, 'compare')}/{spec}" + _query(
            {"other_repo": other, "merge": "1" if from_base else "", "fulldiff": "1" if full_diff else ""}
        )

    def changeset_diff(self, repository: str, revision: CommitId | str) -> str:
        return self._in(repository, "changeset-diff", str(revision))

    def changeset_patch(self, repository: str, revision: CommitId | str) -> str:
        return self._in(repository, "changeset-patch", str(revision))

    def diff_lines(self, repository: str, revision: CommitId | str, path: FilePath) -> str:
        """Lines of a file that did not change; takes `start`, `count` and how a diff shows them."""
        return self._file(repository, "diff-lines", str(revision), path)

    def files(self, repository: str, revision: str, path: FilePath, *, page: int = 1, source: bool = False) -> str:
        """A folder or a file; with `source` the lines of a file that is otherwise shown laid out."""
        return self._file(repository, "files", revision, path, {"page": _page(page), "source": "1" if source else ""})

    def annotate(self, repository: str, revision: str, path: FilePath, *, line: int = 0) -> str:
        return self._file(repository, "annotate", revision, path) + (f"#L{line}" if line else "")

    def archive(self, repository: str, revision: CommitId | str, kind: ArchiveFormat, path: FilePath = ROOT) -> str:
        return self._in(repository, "archive", f"{revision}.{kind.value}") + _query(file_query(path))

    def find(self, repository: str, revision: str, *, wanted: str = "") -> str:
        return self._in(repository, "find", revision) + _query({"q": wanted})

    def all_files(self, repository: str, revision: CommitId | str) -> str:
        """Every file of a revision, for programs."""
        return self._in(repository, "nodelist", str(revision))

    def raw(self, repository: str, revision: str, path: FilePath) -> str:
        return self._file(repository, "raw", revision, path)

    def raw_file(self, repository: str, revision: str, path: FilePath) -> str:
        """The same bytes as `raw`, always as a download."""
        return self._file(repository, "rawfile", revision, path)

    def refs(self, repository: str, kind: RefKind, *, text: str = "", page: int = 1) -> str:
        """The names of a kind, a page of those that have a text in them."""
        rooms = {RefKind.BRANCH: "branches", RefKind.TAG: "tags", RefKind.BOOKMARK: "bookmarks"}
        return self._in(repository, rooms[kind]) + _query({"filter": text, "page": _page(page)})

    def fork(self, repository: str) -> str:
        return self._in(repository, "fork")

    def forks(self, repository: str, *, page: int = 1) -> str:
        return self._in(repository, "forks") + _query({"page": _page(page)})

    def followers(self, repository: str, *, page: int = 1) -> str:
        return self._in(repository, "followers") + _query({"page": _page(page)})

    def follow(self, repository: str) -> str:
        return self._in(repository, "follow")

    def unfollow(self, repository: str) -> str:
        return self._in(repository, "unfollow")

    def statistics(self, repository: str) -> str:
        return self._in(repository, "statistics")

    def branches(self, repository: str) -> str:
        return self._in(repository, "branches")

    def tags(self, repository: str) -> str:
        return self._in(repository, "tags")

    def bookmarks(self, repository: str) -> str:
        return self._in(repository, "bookmarks")

    def settings(self, repository: str) -> str:
        return self._in(repository, "settings")

    def permissions(self, repository: str) -> str:
        return self._in(repository, "settings", "permissions")

    def deploy_tokens(self, repository: str) -> str:
        return self._in(repository, "settings", "deploy_tokens")

    def deploy_tokens_delete(self, repository: str) -> str:
        """Takes `token_id`."""
        return self._in(repository, "settings", "deploy_tokens", "delete")

    def deploy_keys(self, repository: str) -> str:
        return self._in(repository, "settings", "deploy_keys")

    def deploy_keys_delete(self, repository: str) -> str:
        return self._in(repository, "settings", "deploy_keys", "delete")

    def _in(self, repository: str, *parts: str) -> str:
        return "/".join((self.repository(repository), *(quote(part, safe="") for part in parts)))

    def _file(self, repository: str, room: str, revision: str, path: FilePath, query: Mapping[str, str] | None = None) -> str:
        base = self._in(repository, room, revision)
        if not path.raw:
            return base + _query(query or {})
        if _survives(path):
            return f"{base}/{quote(path.raw, safe='/')}{_query(query or {})}"
        return base + _query({"raw_path": path.raw.hex(), **(query or {})})


def file_query(path: FilePath) -> dict[str, str]:
    """How a query string names a file."""
    return {"path": path.text} if _survives(path) else {"raw_path": path.raw.hex()}


def _survives(path: FilePath) -> bool:
    """Whether a path comes back unchanged through browsers, proxies and WSGI: UTF-8, and no part that they would fold."""
    return path.is_utf8 and b"\\" not in path.raw and not {b"", b".", b".."} & set(path.raw.split(b"/"))


def _path(path: str) -> str:
    return quote(path, safe="/")


def _query(values: Mapping[str, str]) -> str:
    given = {name: value for name, value in values.items() if value}
    return f"?{urlencode(given, encoding='utf-8', errors='surrogatepass')}" if given else ""


def _page(number: int) -> str:
    return str(number) if number > 1 else ""


def _listing_query(filter_text: str, kind: Kind | None, page: int, after: str, before: str) -> str:
    query = {"filter": filter_text, "kind": kind.value if kind else "", "page": _page(page), "after": after, "before": before}
    return _query(query)
