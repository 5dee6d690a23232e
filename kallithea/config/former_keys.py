"""The ini keys of Kallithea 0.7 that have no effect here, so that an old ini file still starts and says what changed."""

import re
from collections.abc import Mapping

RENAMED: Mapping[str, str] = {
    # Before Kallithea 0.4.
    "sqlalchemy.db1.url": "sqlalchemy.url",
    "sqlalchemy.db1.pool_recycle": "sqlalchemy.pool_recycle",
    "celeryd.concurrency": "celery.worker_concurrency",
    "celeryd.max.tasks.per.child": "celery.worker_max_tasks_per_child",
    "beaker.session.key": "session.key",
    "beaker.session.secret": "session.secret",
    "beaker.session.timeout": "session.timeout",
}
"""Former names of settings, and what they are called now."""

_LATER = "this release does not have what it configures"
_BEFORE_PROXIES = "list the addresses of the reverse proxies in trusted_proxies instead"
_IN_CACHE_DIR = "everything that can be computed again lies in cache_dir"
_DATABASE_SESSIONS = "sessions are kept in the database"
_ALWAYS = "it is always so"

_REASONS = {
    "email_to": _LATER,
    "error_email_from": _LATER,
    "smtp_auth": _LATER,
    "full_stack": _ALWAYS,
    "errorpage.enabled": _ALWAYS,
    "i18n.enabled": _LATER,
    "i18n.lang": _LATER,
    "index_dir": _IN_CACHE_DIR,
    "archive_cache_dir": _IN_CACHE_DIR,
    "remote_addr_variable": _BEFORE_PROXIES,
    "url_scheme_variable": _BEFORE_PROXIES,
    "commit_parse_limit": _LATER,
    "git_hook_interpreter": "no hooks are installed in git repositories",
    "git_rev_filter": "pages show what branches, tags and other refs reach",
    "rss_cut_off_limit": _LATER,
    "rss_items_per_page": _LATER,
    "rss_include_diff": _LATER,
    "show_revision_number": _LATER,
    "show_sha_length": "twelve digits of a commit id are shown",
    "app_instance_uuid": "session.secret is the only secret",
    "gist_alias_url": _LATER,
    "default_encoding": "texts are read as UTF-8, and as Latin-1 where they are not",
    "hgencoding": "Mercurial texts are read as UTF-8",
    "bugtracker": _LATER,
    "auth_ret_code": "hg and git clients are answered as the protocol says",
    "allow_repo_location_change": "the folder of repositories is set in the ini file only",
    "allow_custom_hooks_settings": _LATER,
    "ssh_locale": "SSH needs no locale",
    "kallithea_cli_path": "sshd runs a program of its own, which deployment-create ssh knows",
    "session.httponly": _ALWAYS,
    "session.secure": "the cookie is for https alone whenever the request came over https",
    "session.encrypt_key": _DATABASE_SESSIONS,
    "session.validate_key": _DATABASE_SESSIONS,
    "session.type": _DATABASE_SESSIONS,
    "session.sa.url": _DATABASE_SESSIONS,
    "session.table_name": _DATABASE_SESSIONS,
    "trace_errors.enable": "errors go to the log",
    "instance_id": "instances need no name",
    "use_wsgi_wrapper": _LATER,
    "ignore_alembic_revision": "a database of another release is never used by force",
    "clone_uri_tmpl": _LATER,
}

_FAMILIES = (
    (re.compile(r"index\.(extensions|filenames)"), _LATER),
    (
        re.compile(r"celery\.(?!(broker_url|worker_concurrency|worker_max_tasks_per_child)$).+"),
        "celery-run passes what follows -- on to Celery",
    ),
    (re.compile(r"beaker\..+"), _IN_CACHE_DIR),
    (re.compile(r"trace_errors\..+"), "errors go to the log"),
    (re.compile(r"logview\..+"), "logs are not shown in pages"),
)


def why_ignored(name: str) -> str | None:
    """Why a key that 0.7 knew has no effect; None for a key that it did not know, or that only has another name now."""
    if name in RENAMED:
        return None
    if name in _REASONS:
        return _REASONS[name]
    return next((reason for pattern, reason in _FAMILIES if pattern.fullmatch(name)), None)
