"""Names that must not be: refused with a reason, nothing made, nothing left on disk."""

from __future__ import annotations

import pytest

from tests.worlds import Browser, World, both_kinds, failing_commits, without_token

REFUSED = {
    "an option": "-h",
    "an option with a value": "--config=ui.x=y",
    "an option in a group": "group/-h",
    "hg's folder": ".hg",
    "git's folder": "x/.git",
    "ends like git's": "x.git",
    "ends like hg's": "x.hg",
    "ends like a lock": "x.lock",
    "a device": "con",
    "a device with an ending": "NUL.txt",
    "a numbered device": "group/COM1",
    "300 characters": "x" * 300,
    "256 characters": "x" * 256,
    "bidi control": "a\u202eb",
    "zero width": "a\u200bb",
    "soft hyphen": "a\u00adb",
    "newline": "a\nb",
    "control": "a\x1bb",
    "line separator": "a\u2028b",
    "trailing dot": "x.",
    "trailing dot of a group": "x./y",
    "trailing space of a group": "x /y",
    "leading space": "group/ y",
    "nothing": "",
    "spaces": "   ",
    "parent": "..",
    "parent inside": "a/../b",
    "absolute": "/etc/passwd",
    "trailing slash": "a/",
    "double slash": "a//b",
    "backslash": "a\\b",
    "drive": "c:x",
    "reserved room": "_admin",
    "permanent address": "_1",
    "assets": "_assets/x",
    "robots": "robots.txt",
    "star": "a*",
    "percent": "a%2fb",
    "hash": "a#b",
    "question": "a?b",
    "tag": "<img src=x onerror=alert(1)>",
    "private use": "a\ue000",
}


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


def _create(browser: Browser, name: str, kind: str = "git", **fields: str) -> tuple[int, str]:
    answer = browser.post("/_admin/create_repository", {"repo_name": name, "repo_type": kind, **fields})
    return answer.status_int, without_token(answer.text)


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED.keys())
def test_name_is_refused_and_nothing_is_left(world: World, boss: Browser, name: str) -> None:
    before = world.rows(), world.folders()

    status, shown = _create(boss, name)

    assert status == 400
    assert 'name="repo_name"' in shown
    assert "<img src=x" not in shown
    assert (world.rows(), world.folders()) == before


@pytest.mark.parametrize("name", REFUSED.values(), ids=REFUSED.keys())
def test_name_is_refused_for_a_rename_too(world: World, boss: Browser, name: str) -> None:
    if not name.strip():
        return  # an empty name leaves the old one
    repository = world.repository()

    answer = boss.post(f"/_admin/repos/{repository.path}", {"repo_name": name, "repo_description": "changed"})

    assert answer.status_int == 400
    assert world.exists(repository.path)
    assert "changed" not in boss.get(repository.url, status=200).text


@pytest.mark.parametrize("twin", [str.upper, str.title, lambda name: f"{name}/below"], ids=["upper", "title", "below it"])
@both_kinds
def test_taken_name_is_a_conflict_and_nothing_is_left(world: World, boss: Browser, kind: str, twin: object) -> None:
    repository = world.repository(kind)
    before = world.rows(), world.folders()

    status, shown = _create(boss, twin(repository.path), kind)  # type: ignore[operator] # one of the three above

    assert status == 409
    assert "is taken" in shown
    assert (world.rows(), world.folders()) == before


def test_same_letters_composed_otherwise_are_the_same_name(world: World, boss: Browser) -> None:
    number = world.number
    assert _create(boss, f"caf\u00e9{number}")[0] == 303

    assert _create(boss, f"cafe\u0301{number}")[0] == 409


def test_name_of_a_group_is_taken_for_a_repository(world: World, boss: Browser) -> None:
    assert _create(boss, world.group())[0] == 409


@pytest.mark.parametrize(
    "fields",
    [{"repo_type": "svn"}, {"repo_type": ""}, {"repo_private": "perhaps"}, {"repo_description": "x" * 10_001}],
    ids=str,
)
def test_other_fields_are_checked_before_anything_is_made(world: World, boss: Browser, fields: dict[str, str]) -> None:
    before = world.rows(), world.folders()

    assert _create(boss, f"fields{world.number}", **fields)[0] == 400

    assert (world.rows(), world.folders()) == before


def test_who_may_not_create_is_refused_and_nothing_is_left(world: World) -> None:
    browser, group = world.browser(world.person()), world.group()
    before = world.rows(), world.folders()

    status, _ = _create(browser, f"{group}/mine")

    assert status == 403
    assert (world.rows(), world.folders()) == before


def test_who_may_not_create_cannot_find_out_what_there_is(world: World) -> None:
    group = world.group()
    private = world.repository(path=f"{group}/private", private=True)
    browser = world.browser(world.person())

    told = [_create(browser, name) for name in (private.path, f"{group}/missing")]

    assert (told[0][0], told[0][1].replace("private", "missing")) == (told[1][0], told[1][1].replace("private", "missing"))


@both_kinds
def test_creation_whose_commit_fails_is_a_defect_that_serves_nothing(world: World, boss: Browser, kind: str) -> None:
    name, token = f"failing{world.number}", boss.token()
    before = world.rows(), {folder for folder in world.folders() if folder.startswith(".store")}
    fields = {"repo_name": name, "repo_type": kind, "_session_csrf_secret_token": token}

    with failing_commits(world.app.engine):
        answer = boss.post("/_admin/create_repository", fields, token=False)

    assert answer.status_int == 500
    assert "no space left" not in answer.text
    assert (world.rows(), {folder for folder in world.folders() if folder.startswith(".store")}) == before


@both_kinds
def test_name_that_failed_can_be_used_at_once(world: World, boss: Browser, kind: str) -> None:
    name, token = f"failing{world.number}", boss.token()
    fields = {"repo_name": name, "repo_type": kind, "_session_csrf_secret_token": token}
    with failing_commits(world.app.engine):
        boss.post("/_admin/create_repository", fields, token=False)

    assert _create(boss, name, kind)[0] == 303


def test_name_is_shown_as_text_wherever_it_is(world: World, boss: Browser) -> None:
    name = f"a & b' {world.number}"
    _create(boss, name, repo_description="<b>bold</b>")

    for url in ("/", f"/{name.replace(' ', '%20')}", f"/{name.replace(' ', '%20')}/settings"):
        assert "<b>bold" not in boss.get(url, status=200).text
