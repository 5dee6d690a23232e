"""What the settings accept, and what they say about the rest."""

import dataclasses
import ipaddress
import logging
from pathlib import Path

import pytest

from kallithea.config.settings import BY_NAME, Settings
from kallithea.lib.errors import ConfigError

NEEDED = {
    "repos_path": "/srv/repos",
    "cache_dir": "/srv/cache",
    "sqlalchemy.url": "sqlite:////srv/kallithea.db",
    "session.secret": "fedcba9876543210",
}


def settings(**changes: str) -> Settings:
    return Settings.from_conf({}, {**NEEDED, **{name.replace("__", "."): value for name, value in changes.items()}})


def test_what_is_not_given_has_its_default() -> None:
    assert settings().session_timeout == 30 * 24 * 3600


def test_defaults_of_the_class_are_those_of_the_ini_file() -> None:
    made = Settings(
        repos_path=Path("/srv/repos"),
        cache_dir=Path("/srv/cache"),
        sqlalchemy_url="sqlite:////srv/kallithea.db",
        session_secret="fedcba9876543210",
    )
    assert made == settings()


def test_the_application_section_wins_over_the_default_section() -> None:
    assert Settings.from_conf({**NEEDED, "title": "far"}, {"title": "near"}).title == "near"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings().title = "other"  # type: ignore[misc] # this is what must fail


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_a_missing_key_is_named(missing: str) -> None:
    given = {name: value for name, value in NEEDED.items() if name != missing}
    with pytest.raises(ConfigError, match=missing):
        Settings.from_conf({}, given)


def test_an_unknown_key_names_the_nearest_one() -> None:
    with pytest.raises(ConfigError) as caught:
        settings(cutof_limit="1")
    assert (caught.value.message, caught.value.hint) == (
        "cutof_limit is not a setting of Kallithea.",
        "Did you mean cut_off_limit?",
    )


def test_a_misspelt_key_in_the_default_section_stops() -> None:
    with pytest.raises(ConfigError, match="cut_of_limit"):
        Settings.from_conf({"cut_of_limit": "1"}, NEEDED)


def test_a_name_for_other_values_may_stand_in_the_default_section() -> None:
    assert Settings.from_conf({"storage": "/srv", "here": "/srv", "__file__": "/srv/my.ini"}, NEEDED)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sqlalchemy.url", "kallithea.db"),
        ("sqlalchemy.url", "oracle://localhost/x"),
        ("sqlalchemy.pool_recycle", "-2"),
        ("repos_path", "repos"),
        ("repos_path", ""),
        ("session.secret", "short"),
        ("session.secret", ""),
        ("session.key", "a b"),
        ("session.timeout", "0"),
        ("session.timeout", "1_000"),
        ("session.timeout", "٣٠٠٠"),
        ("canonical_url", "example.com"),
        ("canonical_url", "ftp://example.com"),
        ("canonical_url", "https://[::1"),
        ("canonical_url", "https://me@example.com/"),
        ("canonical_url", "https://example.com:99999"),
        ("trusted_proxies", "localhost"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("force_https", "perhaps"),
        ("dashboard_items", "0"),
        ("cut_off_limit", "250k"),
        ("cut_off_limit", "9" * 30),
        ("hg_helpers", "-1"),
        ("git_path", ""),
        ("title", ""),
    ],
)
def test_a_bad_value_is_named_with_what_is_accepted(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name.replace(".", r"\.")) as caught:
        settings(**{name.replace(".", "__"): value})
    assert (caught.value.hint or "").startswith("Accepted is ")


def test_a_refused_secret_is_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        settings(session__secret="hunter2")
    assert "hunter2" not in caught.value.message


def test_secrets_do_not_show_in_the_representation() -> None:
    assert not any(NEEDED[name] in repr(settings()) for name in ("session.secret", "sqlalchemy.url"))


def test_proxies_are_addresses_and_networks() -> None:
    assert settings(trusted_proxies="127.0.0.1, ::1 10.0.0.0/8").trusted_proxies == (
        ipaddress.ip_network("127.0.0.1"),
        ipaddress.ip_network("::1"),
        ipaddress.ip_network("10.0.0.0/8"),
    )


def test_the_site_address_has_no_slash_at_its_end() -> None:
    assert settings(canonical_url="https://example.com/code/").canonical_url == "https://example.com/code"


def test_no_number_of_helpers_means_one_per_processor() -> None:
    assert settings(hg_helpers="0").hg_helpers >= 1


@pytest.mark.parametrize(
    "name",
    ["ssh_locale", "bugtracker", "celery.result_backend", "beaker.cache.regions", "i18n.lang", "remote_addr_variable"],
)
def test_a_key_of_the_predecessor_is_named_in_a_warning(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        Settings.from_conf({}, {**NEEDED, name: "whatever"})
    assert f"The setting {name} has no effect" in caplog.text


@pytest.mark.parametrize("name", ["remote_addr_variable", "url_scheme_variable"])
def test_the_warning_about_proxy_headers_says_what_to_use(name: str, caplog: pytest.LogCaptureFixture) -> None:
    Settings.from_conf({}, {**NEEDED, name: "HTTP_X"})
    assert "trusted_proxies" in caplog.text


@pytest.mark.parametrize(
    "name",
    [
        *("app_email_from", "email_prefix", "email_to", "error_email_from", "smtp_server", "smtp_username", "smtp_password"),
        *("smtp_port", "smtp_use_ssl", "smtp_use_tls", "smtp_auth", "full_stack", "static_files", "i18n.enabled", "i18n.lang"),
        *("cache_dir", "index_dir", "archive_cache_dir", "app_instance_uuid", "cut_off_limit", "remote_addr_variable"),
        *("url_scheme_variable", "force_https", "use_htsts", "commit_parse_limit", "git_hook_interpreter", "git_path"),
        *("git_rev_filter", "rss_cut_off_limit", "rss_items_per_page", "rss_include_diff", "show_sha_length"),
        *("show_revision_number", "canonical_url", "gist_alias_url", "default_encoding", "hgencoding", "bugtracker"),
        *("issue_pat", "issue_server_link", "issue_sub", "auth_ret_code"),
        *("allow_repo_location_change", "allow_custom_hooks_settings", "index.extensions", "index.filenames", "ssh_enabled"),
        *("ssh_authorized_keys", "kallithea_cli_path", "ssh_locale", "use_celery", "celery.broker_url"),
        *("celery.worker_concurrency", "celery.worker_max_tasks_per_child", "beaker.cache.data_dir", "beaker.cache.lock_dir"),
        *("beaker.cache.regions", "beaker.cache.long_term.type", "session.key", "session.httponly", "session.timeout"),
        *("session.secret", "session.encrypt_key", "session.validate_key", "session.type", "session.sa.url"),
        *("session.table_name", "errorpage.enabled", "debug", "trace_errors.enable", "trace_errors.smtp_server"),
        *("logview.sqlalchemy", "sqlalchemy.url", "sqlalchemy.pool_recycle", "instance_id", "use_wsgi_wrapper"),
        *("ignore_alembic_revision", "clone_uri_tmpl"),
    ],
)
def test_every_key_of_the_predecessor_is_known(name: str) -> None:
    value = BY_NAME[name].default or NEEDED.get(name, "") if name in BY_NAME else "x"
    assert Settings.from_conf({}, {**NEEDED, name: value})
