"""The pages of administrators, on a good day and with everything that a hostile person would put in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kallithea.lib.vcs import Kind
from kallithea.pages.admin.deleted_repositories import DeletedItem, deleted_repositories_page
from kallithea.pages.admin.deleted_repository import AboutDeleted, KeptItem, deleted_repository_page
from kallithea.pages.admin.jobs import jobs_page
from kallithea.pages.admin.new_user import new_user_page
from kallithea.pages.admin.new_user_group import new_user_group_page
from kallithea.pages.admin.overview import overview_page
from kallithea.pages.admin.repositories import repositories_page
from kallithea.pages.admin.settings import site_settings_page
from kallithea.pages.admin.system import system_page
from kallithea.pages.admin.user import FactorItems, UserValues, user_page
from kallithea.pages.admin.user_group import UserGroupValues, user_group_page
from kallithea.pages.admin.user_group_members import FoundMembers, MemberItem, user_group_members_page
from kallithea.pages.admin.user_group_reach import ReachItem, user_group_reach_page
from kallithea.pages.admin.user_groups import FoundUserGroups, UserGroupItem, user_groups_page
from kallithea.pages.admin.user_owned import OwnedItem, user_owned_page
from kallithea.pages.admin.users import FoundUsers, UserItem, users_page
from kallithea.pages.urls import Urls
from kallithea.services.jobs import JobFacts, JobState
from kallithea.services.overview import Counts, MeasuredRepository
from kallithea.services.system import Fact, IniValue, SystemReport

Samples = dict[str, Callable[[], object]]


def admin_samples(urls: Urls, noon: datetime, evil: str) -> Samples:
    """Makers of pages by a name that says which one it is."""
    people = {**_people(urls, noon, evil), **_user_groups(urls, evil)}
    return {**people, **_server(urls, noon, evil), **_deleted(urls, noon, evil)}


def _people(urls: Urls, noon: datetime, evil: str) -> Samples:
    alice = UserValues("alice", "alice@example.com", is_administrator=True, is_active=True)
    mallory = UserValues(evil, evil, is_administrator=True, is_active=False)
    people = [
        UserItem(1, "alice", "alice@example.com", True, True, noon),
        UserItem(2, "bob", "bob@example.com", True, False, noon),
        UserItem(3, "carol", "carol@example.com", False, False, noon),
    ]
    owned = [
        OwnedItem("repository", 102, ["web/shop", "web/till"]),
        OwnedItem("group", 1, ["web"]),
        OwnedItem("user group", 1, ["Sales"]),
    ]
    return {
        "users": lambda: users_page(urls, FoundUsers(people, 10_001, has_previous=True, has_next=True)),
        "users, nobody": lambda: users_page(urls, FoundUsers([], 0)),
        "users, nobody matches": lambda: users_page(urls, FoundUsers([], 0, filter_text="zzz", which="disabled")),
        "users, hostile": lambda: users_page(
            urls, FoundUsers([UserItem(1, evil, evil, False, True, noon)], 1, True, True, evil, "administrators")
        ),
        "new user": lambda: new_user_page(urls),
        "new user, hostile": lambda: new_user_page(
            urls,
            username=evil,
            email=evil,
            is_administrator=True,
            errors={"username": evil, "email": evil, "password": evil, "password_confirmation": evil},
        ),
        "user": lambda: user_page(urls, number=1, stored=alice, created=noon, sessions=1, factors=FactorItems(True, 2)),
        "user, hostile": lambda: user_page(
            urls,
            number=1,
            stored=mallory,
            created=noon,
            sessions=0,
            typed=mallory,
            errors={
                "username": evil,
                "email": evil,
                "admin": evil,
                "new_password": evil,
                "new_password_confirmation": evil,
            },
        ),
        "user owns": lambda: user_owned_page(urls, number=1, stored=alice, owned=owned),
        "user owns nothing, hostile": lambda: user_owned_page(
            urls, number=1, stored=mallory, owned=[], errors={"confirm": evil}
        ),
        "user owns, hostile": lambda: user_owned_page(
            urls,
            number=1,
            stored=mallory,
            owned=[OwnedItem(noun, 1, [evil]) for noun in ("repository", "group", "user group")],
            to=evil,
            errors={"to": evil},
        ),
    }


def _deleted(urls: Urls, noon: datetime, evil: str) -> Samples:
    shop = DeletedItem("20260101T120000-abc-web__shop", "web/shop", "hg", noon, "alice", 12_345_678, noon)
    old = DeletedItem("20250101T120000-abc-old", "old", "", noon)
    bad = DeletedItem(evil, evil, "git", noon, evil, 1, noon)
    kept, little = KeptItem(False, "Shoes", 3, 12, 1_234), KeptItem(True, evil, 1, 1, 1)
    again = ("deploy token web server (read)", "deploy key robot SHA256:abc (write)")
    return {
        "deleted repositories": lambda: deleted_repositories_page(urls, [shop, old], next_after=old.folder),
        "deleted repositories, none": lambda: deleted_repositories_page(urls, []),
        "deleted repositories, nothing matches": lambda: deleted_repositories_page(urls, [], filter_text="zzz"),
        "deleted repositories, hostile": lambda: deleted_repositories_page(
            urls, [bad], filter_text=evil, is_first=False, next_after=evil
        ),
        "deleted repository": lambda: deleted_repository_page(
            urls, AboutDeleted(shop, "alice", kept=kept, left_out=("user:bob",), to_make_again=again)
        ),
        "deleted repository, of an older release": lambda: deleted_repository_page(urls, AboutDeleted(old, "alice", True)),
        "deleted repository, hostile": lambda: deleted_repository_page(
            urls,
            AboutDeleted(bad, evil, True, little, (evil,), (evil,)),
            path=evil,
            owner=evil,
            errors={"path": evil, "owner": evil, "confirm": evil},
        ),
    }


def _user_groups(urls: Urls, evil: str) -> Samples:
    sales = UserGroupValues("Sales", "They sell.", is_active=True, owner="alice")
    bad = UserGroupValues(evil, evil, is_active=False, owner=evil)
    groups = [
        UserGroupItem(1, "Sales", "They sell.", True, "alice", 12),
        UserGroupItem(2, "Support", "", False, "bob", 1),
    ]
    members = [MemberItem(1, "alice", True), MemberItem(2, "bob", False)]
    reach = [
        ReachItem("", False, "none", True),
        ReachItem("web", False, "read", True),
        ReachItem("web/shop", True, "admin", False),
    ]
    return {
        "user groups": lambda: user_groups_page(urls, FoundUserGroups(groups, 2, True, True), is_administrator=True),
        "user groups, none": lambda: user_groups_page(urls, FoundUserGroups([], 0), is_administrator=True),
        "user groups, none owned": lambda: user_groups_page(urls, FoundUserGroups([], 0), is_administrator=False),
        "user groups, nothing matches": lambda: user_groups_page(
            urls, FoundUserGroups([], 0, filter_text="zzz"), is_administrator=False
        ),
        "user groups, hostile": lambda: user_groups_page(
            urls, FoundUserGroups([UserGroupItem(1, evil, evil, False, evil, 1)], 1, True, True, evil), is_administrator=False
        ),
        "new user group": lambda: new_user_group_page(urls, values=UserGroupValues(owner="alice")),
        "new user group, hostile": lambda: new_user_group_page(
            urls, values=bad, errors={"users_group_name": evil, "user_group_description": evil, "owner": evil}
        ),
        "user group": lambda: user_group_page(urls, number=1, stored=sales),
        "user group, hostile": lambda: user_group_page(
            urls,
            number=1,
            stored=bad,
            typed=bad,
            errors={"users_group_name": evil, "user_group_description": evil, "owner": evil},
        ),
        "user group members": lambda: user_group_members_page(
            urls, number=1, name="Sales", is_active=True, found=FoundMembers(members, 2, True, True), is_administrator=True
        ),
        "user group members, none": lambda: user_group_members_page(
            urls, number=1, name="Sales", is_active=True, found=FoundMembers([], 0), is_administrator=False
        ),
        "user group members, nobody matches": lambda: user_group_members_page(
            urls, number=1, name="Sales", is_active=True, found=FoundMembers([], 0, filter_text="z"), is_administrator=False
        ),
        "user group members, hostile": lambda: user_group_members_page(
            urls,
            number=1,
            name=evil,
            is_active=False,
            found=FoundMembers([MemberItem(1, evil, False)], 1, True, True, evil),
            is_administrator=False,
            typed=evil,
            errors={"members": evil},
        ),
        "user group reach": lambda: user_group_reach_page(
            urls, number=1, name="Sales", is_active=True, reach=reach, total=303, members=12
        ),
        "user group reach, hostile": lambda: user_group_reach_page(
            urls,
            number=1,
            name=evil,
            is_active=False,
            reach=[ReachItem(evil, True, "read", False), ReachItem(evil, False, "write", True)],
            total=2,
            members=1,
            errors={"confirm": evil},
        ),
    }


def _server(urls: Urls, noon: datetime, evil: str) -> Samples:
    counts = Counts(10_000, 12, 1, 1_000, 40, 30, 70, 3, 123_456_789_012)
    none = Counts(1, 0, 1, 0, 0, 0, 0, 0, 0)

    def job(state: JobState, *, text: str = "maintain-repository:17", error: str | None = None) -> JobFacts:
        return JobFacts(text, state, noon, 8, "a worker", noon, noon, "packed", error)

    jobs = {
        JobState.RUNNING: [job(JobState.RUNNING)],
        JobState.FAILED: [job(JobState.FAILED, error="No space left.")],
        JobState.WAITING: [job(JobState.WAITING)],
        JobState.DONE: [job(JobState.DONE)],
    }
    report = SystemReport(
        versions=(Fact("Kallithea", "1.0"), Fact("git", "2.43.0")),
        places=(Fact("Repositories", "/srv/repos: 1.5 GB of 20.0 GB free"),),
        environment=(Fact("Locale", "C"),),
        warnings=(),
        settings=(IniValue("title", "Code", "What the site calls itself.", False), IniValue("canonical_url", "", "It.", True)),
        ini_file="/srv/my.ini",
    )
    bad = SystemReport(
        versions=(Fact(evil, evil),),
        places=(Fact(evil, evil),),
        environment=(Fact(evil, evil),),
        warnings=(evil, "The disk is nearly full."),
        settings=(IniValue("title", evil, evil, False),),
        ini_file=evil,
    )
    return {
        "overview": lambda: overview_page(urls, counts=counts, jobs={"waiting": 3, "failed": 1}, warnings=()),
        "overview, new": lambda: overview_page(urls, counts=none, jobs={}, warnings=()),
        "overview, hostile": lambda: overview_page(urls, counts=none, jobs={}, warnings=(evil,)),
        "jobs": lambda: jobs_page(urls, jobs, counts=dict.fromkeys(JobState, 77)),
        "jobs, none": lambda: jobs_page(urls, {}, counts=dict.fromkeys(JobState, 0)),
        "jobs, hostile": lambda: jobs_page(
            urls, {JobState.FAILED: [job(JobState.FAILED, text=evil, error=evil)]}, counts=dict.fromkeys(JobState, 1)
        ),
        "administered repositories": lambda: repositories_page(
            urls, counts=counts, largest=[MeasuredRepository("web/shop", Kind.HG, 12_345_678)], deleted=103
        ),
        "administered repositories, none": lambda: repositories_page(urls, counts=none, largest=[], deleted=0),
        "administered repositories, hostile": lambda: repositories_page(
            urls,
            counts=counts,
            largest=[MeasuredRepository(evil, Kind.GIT, 1)],
            deleted=1,
        ),
        "site settings": lambda: site_settings_page(urls, values=report.settings, ini_file=report.ini_file),
        "site settings, no file": lambda: site_settings_page(urls, values=(), ini_file=""),
        "site settings, hostile": lambda: site_settings_page(urls, values=bad.settings, ini_file=bad.ini_file),
        "system": lambda: system_page(urls, report),
        "system, hostile": lambda: system_page(urls, bad),
    }
