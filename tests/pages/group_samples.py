"""Pages that list repositories and groups, and those about one group."""

from __future__ import annotations

from collections.abc import Callable

from kallithea.lib.vcs import (
    Kind,
)
from kallithea.pages.account.watched import watched_page
from kallithea.pages.admin.groups import GroupItem, groups_page
from kallithea.pages.grants import WhyItem
from kallithea.pages.group import group_page
from kallithea.pages.groups.edit import GroupValues, Inside, edit_group_page
from kallithea.pages.groups.new import new_group_page
from kallithea.pages.groups.permissions import group_permissions_page
from kallithea.pages.home import home_page
from kallithea.pages.listing import Found
from kallithea.pages.permission_change import ChangeItem, permission_change_page
from tests.pages.world import (
    EVIL,
    EVIL_GRANTS,
    EVIL_LISTING,
    URLS,
    grants,
    listing,
)

WHY = WhyItem(
    "bob",
    "bob: write",
    [("group developers, to which bob belongs, has write on web.", True), ("anyone has read on web.", False)],
)


def group_samples() -> dict[str, Callable[[], object]]:
    """Each page on a good day, empty, and hostile."""
    return {
        "home": lambda: home_page(URLS, listing(), is_signed_in=True, may_create=True),
        "home, nothing matches": lambda: home_page(
            URLS, Found([], 0, filter_text="zzz", kind=Kind.HG), is_signed_in=True, may_create=True
        ),
        "home, none yet": lambda: home_page(URLS, Found([], 0), is_signed_in=True, may_create=True),
        "home, no access": lambda: home_page(URLS, Found([], 0), is_signed_in=True, may_create=False),
        "home, visitor": lambda: home_page(URLS, Found([], 0), is_signed_in=False, may_create=False),
        "home, hostile": lambda: home_page(URLS, EVIL_LISTING, is_signed_in=False, may_create=True),
        "group": lambda: group_page(
            URLS,
            listing(),
            path="web",
            description="What customers see",
            owner="alice",
            groups=("web/old",),
            is_signed_in=True,
            may_create=True,
            may_administer=True,
        ),
        "group, hostile": lambda: group_page(
            URLS, EVIL_LISTING, path=EVIL, description=EVIL, owner=EVIL, groups=(EVIL,), is_signed_in=False, may_create=False
        ),
        "new group": lambda: new_group_page(URLS, name="web/", may_create_at_top=True),
        "new group, hostile": lambda: new_group_page(
            URLS,
            name=EVIL,
            description=EVIL,
            may_create_at_top=False,
            places=("web", EVIL),
            errors={"group_name": EVIL, "group_description": EVIL},
            error=EVIL,
        ),
        "edit group": lambda: edit_group_page(URLS, "web", values=GroupValues("web", "What customers see", "alice")),
        "edit group, all unseen": lambda: edit_group_page(
            URLS, "web", values=GroupValues("web", "", "alice"), inside=Inside(), errors={"confirm": "web is not empty."}
        ),
        "edit group, hostile": lambda: edit_group_page(
            URLS,
            EVIL,
            values=GroupValues(EVIL, EVIL, EVIL),
            inside=Inside((EVIL,), (EVIL,), has_more=True),
            errors={"group_name": EVIL, "group_description": EVIL, "owner": EVIL, "confirm": EVIL},
        ),
        "group permissions": lambda: group_permissions_page(URLS, "web", grants(is_group=True, why=WHY)),
        "group permissions, hostile": lambda: group_permissions_page(URLS, EVIL, EVIL_GRANTS),
        "permission change": lambda: permission_change_page(
            URLS,
            path="web",
            is_group=True,
            what="Every member gets: write.",
            changes=[ChangeItem("every member", "read", "write", True), *[ChangeItem("bob", "write", "read", False)] * 60],
            is_bounded=True,
            fields={"principal": "members", "access": "write"},
            save_url=URLS.group_permissions("web"),
            cancel_url=URLS.group_permissions("web"),
        ),
        "permission change, none": lambda: permission_change_page(
            URLS,
            path="web/shop",
            is_group=False,
            what="What was granted here to bob is taken away.",
            changes=(),
            is_bounded=False,
            fields={"principal": "user:bob"},
            save_url=URLS.permissions("web/shop"),
            cancel_url=URLS.permissions("web/shop"),
        ),
        "permission change, hostile": lambda: permission_change_page(
            URLS,
            path=EVIL,
            is_group=False,
            what=EVIL,
            changes=[ChangeItem(EVIL, "read", "write", True)],
            is_bounded=False,
            fields={"principal": EVIL},
            save_url=URLS.permissions(EVIL),
            cancel_url=URLS.permissions(EVIL),
        ),
        "admin groups": lambda: groups_page(
            URLS, [GroupItem("web", "What customers see", "alice")], filter_text="w", is_first=False, next_after="web"
        ),
        "admin groups, none": lambda: groups_page(URLS, []),
        "admin groups, hostile": lambda: groups_page(URLS, [GroupItem(EVIL, EVIL, EVIL)], filter_text=EVIL, next_after=EVIL),
        "watched": lambda: watched_page(URLS, listing()),
        "watched, none": lambda: watched_page(URLS, Found([], 0)),
        "watched, hostile": lambda: watched_page(URLS, EVIL_LISTING),
    }
