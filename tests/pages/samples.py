"""Every page twice: as on a good day, and with nothing in it or with everything that a hostile person would put in it."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

from kallithea.lib.access import Access
from kallithea.lib.sign_in.ldap import LdapSource
from kallithea.lib.sign_in.oidc import OidcSource
from kallithea.lib.sign_in.pam import PamSource
from kallithea.lib.signing import SigningFormat
from kallithea.lib.vcs import (
    ROOT,
    Blame,
    BlameRange,
    Change,
    Children,
    Commit,
    CommitId,
    Diff,
    DiffLine,
    Divergence,
    EntryKind,
    Feature,
    FileDiff,
    FilePath,
    Hunk,
    KeySignature,
    Kind,
    LineKind,
    Origin,
    Phase,
    Pointer,
    Ref,
    RefKind,
    Refs,
    Signature,
    SignatureFormat,
    TagNote,
    TreeEntry,
    Version,
)
from kallithea.pages.account.authenticator import authenticator_page
from kallithea.pages.account.confirm import confirm_page
from kallithea.pages.account.groups import my_groups_page
from kallithea.pages.account.passkey import passkey_page
from kallithea.pages.account.permissions import my_permissions_page
from kallithea.pages.account.profile import my_account_page
from kallithea.pages.account.recovery_codes import recovery_codes_page
from kallithea.pages.account.security import PasskeyItem, security_page
from kallithea.pages.account.sessions import SessionItem, sessions_page
from kallithea.pages.account.signing_keys import signing_keys_page
from kallithea.pages.account.ssh_keys import KeyItem, ssh_keys_page
from kallithea.pages.account.tokens import NewTokenValues, my_tokens_page
from kallithea.pages.account.watched import watched_page
from kallithea.pages.admin.activity import Asked, Deed, activity_page
from kallithea.pages.admin.addresses import addresses_page
from kallithea.pages.admin.auth import ShownSource, auth_page
from kallithea.pages.admin.auth_source import SourceState, Typed, auth_source_page
from kallithea.pages.admin.groups import GroupItem, groups_page
from kallithea.pages.admin.permissions import site_permissions_page
from kallithea.pages.admin.permissions_of import permissions_of_page
from kallithea.pages.admin.second_factor import second_factor_page
from kallithea.pages.admin.user_groups import UserGroupItem
from kallithea.pages.create_repository import NewRepositoryValues, create_repository_page
from kallithea.pages.error import error_page
from kallithea.pages.grants import GrantItem, GrantsPart, GrantValues, WhyItem, grants_part
from kallithea.pages.group import group_page
from kallithea.pages.groups.edit import GroupValues, edit_group_page
from kallithea.pages.groups.new import new_group_page
from kallithea.pages.groups.permissions import group_permissions_page
from kallithea.pages.holdings import HoldingItem, holdings_part
from kallithea.pages.home import home_page
from kallithea.pages.listing import Found, LastChange, RepositoryItem
from kallithea.pages.login import Offers, login_page
from kallithea.pages.parts import PasskeyForm, ShownRepository
from kallithea.pages.permission_change import ChangeItem, permission_change_page
from kallithea.pages.repository.annotate import annotate_page
from kallithea.pages.repository.changelog import changelog_page, file_changelog_page
from kallithea.pages.repository.changelog_filters import Wanted
from kallithea.pages.repository.changeset import changeset_page
from kallithea.pages.repository.compare import compare_page
from kallithea.pages.repository.copying import CopyState, copying_page
from kallithea.pages.repository.deploy_keys import deploy_keys_page
from kallithea.pages.repository.deploy_tokens import NewDeployTokenValues, deploy_tokens_page
from kallithea.pages.repository.diff import DiffView
from kallithea.pages.repository.diff_lines import diff_lines_page
from kallithea.pages.repository.file import file_page
from kallithea.pages.repository.find import find_page
from kallithea.pages.repository.folder import folder_page
from kallithea.pages.repository.followers import followers_page
from kallithea.pages.repository.fork import ForkValues, fork_page
from kallithea.pages.repository.forks import forks_page
from kallithea.pages.repository.permissions import permissions_page
from kallithea.pages.repository.readme import ShownReadme, shown_readme
from kallithea.pages.repository.refs import refs_page
from kallithea.pages.repository.settings import RepositorySettings, settings_page
from kallithea.pages.repository.statistics import statistics_page
from kallithea.pages.repository.summary import summary_page
from kallithea.pages.second_step import second_step_page
from kallithea.pages.signed_out import signed_out_page
from kallithea.pages.site import Notice, Site, site
from kallithea.pages.time_zones import zone_choices
from kallithea.pages.token_parts import fresh_token
from kallithea.pages.urls import Urls
from kallithea.services.audit_actions import ACTIONS
from kallithea.services.commits import Comparison, FileLines, NamedRevision
from kallithea.services.deploy_tokens import DeployTokenFacts
from kallithea.services.factor_rules import Demand
from kallithea.services.histories import CommitList
from kallithea.services.ref_lists import ListedRef, RefList
from kallithea.services.second_factors import FactorCount
from kallithea.services.sign_in_sources import Offer
from kallithea.services.signers import JudgedSignature, Verdict
from kallithea.services.signing_keys import OwnKey
from kallithea.services.statistics import Counted
from kallithea.services.synchronised_groups import Followed
from kallithea.services.tally import AuthorCount, Counts, EndingCount
from kallithea.services.tokens import TokenFacts
from tests.browser.stories import sign
from tests.pages.account_samples import account_samples
from tests.pages.admin_samples import admin_samples

URLS = Urls("")
EVIL = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> \u202etxt.exe\u2066 \x00\x1b {{ 7*7 }} &amp;"
EVIL_PATH = FilePath(b"a/<b>\"'\xff\n\xe2\x80\xae/../x.html")
ZONES = zone_choices("Europe/Berlin", default="UTC")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=1)))

README = b"""# Shop

What customers see: catalogue, basket, checkout. Runs on any WSGI server.

[![build](https://ci.example.com/badge.svg)](https://ci.example.com/shop) ![shelf](docs/shelf.png)

```sh
hg clone https://code.example.com/web/shop
cd shop && make run
```

| Part     | Where        | State |
|----------|--------------|:-----:|
| Basket   | `shop/basket.py` | done  |
| Checkout | `shop/checkout.py` | ~~later~~ soon |

- [x] Keep the basket when the session ends
- [ ] Gift cards, see https://code.example.com/web/shop/issues.

## Tests

`make test`. Deployment is described in the [handbook](docs/deploy.md#first-day), [below](#tests) or upstream.

```python
def price(basket: Basket) -> Decimal:
    \"\"\"What all of it costs, with tax.\"\"\"
    return sum((line.price * line.count for line in basket), Decimal(0))  # never a float
```
"""

BASKET = b'''"""The basket: what a customer is about to buy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

GRACE = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One product and how many of it.

    The price is the one at the time it was put in.
    """

    product: str
    count: int = 1
    price: Decimal = Decimal("0.00")


class Baskets:
    def __init__(self, store: Store) -> None:
        self._baskets = store

    def expire(self, session: Session) -> None:
        # Customers came back from the bank page to an empty basket.
        self._baskets.keep(session.key, until=session.ended + GRACE)
        self._events.append(BasketKept(session.key))
        if len(self._events) > 0x10 or not session.is_open:
            raise Overflow(f"too many: {len(self._events)}\\n")
'''


def commit_id(number: int) -> CommitId:
    return CommitId(f"{number * 2654435761 % 16**12:012x}{number:028x}")


def commit(
    key: int, message: str, who: str = "Bob Brown", parents: tuple[int, ...] = (), days: float = 0, **more: Any
) -> Commit:
    signature = Signature(who, f"{who.split()[0].lower()}@example.com", NOON - timedelta(days=days))
    return Commit(commit_id(key), tuple(map(commit_id, parents)), signature, signature, message, **more)


COMMITS = (
    commit(
        13,
        "checkout: keep the basket when the session ends\n\nCustomers came back from the bank page to an empty "
        "basket. Keep it for\nthirty minutes after the session ends; the nightly job clears the rest.\n\nSee https://code.example.com/issues/41.\n",
        parents=(12,),
        days=0.1,
        phase=Phase.DRAFT,
        branch="default",
        number=12,
    ),
    commit(12, "Merge the new basket", "Alice Adams", (11, 10), 1, branch="default"),
    commit(11, "Say how to run the tests", "Bob Brown", (9,), 1.5, branch="default"),
    commit(10, "basket: show what is out of stock", "Carol Čapek", (8,), 2, branch="topic/basket"),
    commit(9, "Merge stable", "Alice Adams", (7, 6), 3, branch="default"),
    commit(
        8,
        "basket: one query for all prices, so that the page does not ask the database once for every line in it again",
        "Carol Čapek",
        (7,),
        4,
    ),
    commit(7, "catalogue: sort by name where people expect it", "Dave", (5,), 6),
    commit(6, "stable: fix the rounding of prices in yen", "Eve Ek", (4,), 7, branch="stable"),
    commit(5, "Require Python 3.11", "Bob Brown", (4,), 20),
    commit(4, "Added tag 2.4 for changeset 1f0c2d3e4b5a", "Alice Adams", (3,), 40),
    commit(3, "docs: first day", "Alice Adams", (2,), 41),
    commit(2, "Ignore editor files", "Bob Brown", (1,), 400),
    commit(1, "Begin", "Alice Adams", (), 800),
)
REFS = Refs(
    branches=(
        Ref(RefKind.BRANCH, "default", commit_id(13)),
        Ref(RefKind.BRANCH, "stable", commit_id(6)),
        Ref(RefKind.BRANCH, "topic/basket", commit_id(10)),
        Ref(RefKind.BRANCH, "old-shop", commit_id(2), is_closed=True),
    ),
    tags=(Ref(RefKind.TAG, "2.4", commit_id(4)), Ref(RefKind.TAG, "2.3", commit_id(3))),
    bookmarks=(Ref(RefKind.BOOKMARK, "gift-cards", commit_id(11)),),
    default=Ref(RefKind.BRANCH, "default", commit_id(13)),
    default_name="default",
)
NO_REFS = Refs((), (), (), None, "main")
EVIL_SIGNATURE = Signature(EVIL, EVIL, NOON)
EVIL_COMMIT = Commit(commit_id(99), (), EVIL_SIGNATURE, EVIL_SIGNATURE, EVIL + "\n\n" + EVIL, branch=EVIL)
EVIL_REFS = Refs(
    (Ref(RefKind.BRANCH, EVIL, commit_id(99)),),
    (Ref(RefKind.TAG, EVIL, commit_id(99)),),
    (Ref(RefKind.BOOKMARK, EVIL, commit_id(99)),),
    Ref(RefKind.BRANCH, EVIL, commit_id(99)),
    EVIL,
)

SHOP = ShownRepository(
    path="web/shop",
    kind=Kind.HG,
    description="Customer-facing shop",
    is_private=False,
    features=frozenset({Feature.BOOKMARKS}),
    may_write=True,
    may_administer=True,
)
EVIL_REPOSITORY = ShownRepository(EVIL, Kind.GIT, EVIL, True, frozenset(Feature), True, True, forked_from=EVIL)
EMPTY = ShownRepository("infra/deploy", Kind.GIT, "", True, frozenset(), True, False)

ENTRIES = (
    TreeEntry(FilePath(b"docs"), EntryKind.FOLDER),
    TreeEntry(FilePath(b"shop"), EntryKind.FOLDER),
    TreeEntry(FilePath(b"tests"), EntryKind.FOLDER),
    TreeEntry(FilePath(b"vendor"), EntryKind.SUBMODULE, target="https://code.example.com/libs/ledger"),
    TreeEntry(FilePath(b".hgignore"), EntryKind.FILE, 42),
    TreeEntry(FilePath(b"README.md"), EntryKind.FILE, 1234),
    TreeEntry(FilePath(b"current"), EntryKind.SYMLINK, 9, target="docs/deploy.md"),
    TreeEntry(FilePath(b"film.mp4"), EntryKind.FILE, 133, pointer=Pointer("Git LFS", "0" * 64, 120_000_000)),
    TreeEntry(FilePath(b"manage.py"), EntryKind.EXECUTABLE, 2048),
    TreeEntry(FilePath("Übersicht.txt".encode()), EntryKind.FILE, 3_400_000),
)
EVIL_ENTRIES = (TreeEntry(EVIL_PATH, EntryKind.FILE, 0), TreeEntry(FilePath(EVIL.encode()), EntryKind.SUBMODULE, target=EVIL))


def diff_lines(text: str, old: int, new: int) -> tuple[DiffLine, ...]:
    """The lines of a hunk from their usual text."""
    lines = []
    for line in text.splitlines():
        kind = LineKind(line[0])
        numbers = (old if kind is not LineKind.ADDED else None, new if kind is not LineKind.REMOVED else None)
        lines.append(DiffLine(kind, *numbers, line[1:].encode()))
        old += kind is not LineKind.ADDED
        new += kind is not LineKind.REMOVED
    return tuple(lines)


CHANGED = """     def expire(self, session: Session) -> None:
-        self._baskets.pop(session.key, None)
+        self._baskets.keep(session.key, until=session.ended + GRACE)
+        self._events.append(BasketKept(session.key))
         session.close()
     # the end
-# a removed line that nothing replaces"""
ADDED = """ def test_basket_survives_the_session(shop, customer):
+    customer.returns_from_bank()
+    assert customer.basket == ["mug"]"""


def file_diff(path: str, text: str, old: int = 1, new: int = 1, heading: str = "", **more: Any) -> FileDiff:
    lines = diff_lines(text, old, new)
    counts = {kind: sum(line.kind is kind for line in lines) for kind in LineKind}
    hunk = Hunk(old, counts[LineKind.CONTEXT] + counts[LineKind.REMOVED], new, len(lines), heading, lines)
    fields: dict[str, Any] = {
        "old_path": FilePath.from_text(path),
        "new_path": FilePath.from_text(path),
        "change": Change.MODIFIED,
        "old_mode": "100644",
        "new_mode": "100644",
        "is_binary": False,
        "added": counts[LineKind.ADDED],
        "removed": counts[LineKind.REMOVED],
        "hunks": (hunk,) if text else (),
    }
    return FileDiff(**{**fields, **more})


DIFF = Diff(
    (
        file_diff("shop/basket.py", CHANGED, 41, 41, "class Baskets:"),
        file_diff("tests/test_basket.py", ADDED, 8, 8),
        file_diff("docs/deploy.md", "", old_path=FilePath(b"docs/first-day.md"), change=Change.RENAMED),
        file_diff("docs/shelf.png", "", change=Change.ADDED, old_mode=None, is_binary=True, new_size=3_400),
        file_diff("manage.py", "", new_mode="100755"),
        file_diff("data/prices.csv", "", added=120_000, is_cut=True),
    ),
    is_cut=True,
)
EVIL_DIFF = Diff(
    (
        file_diff(
            "x",
            f"-{EVIL.splitlines()[0]}\n+{EVIL.splitlines()[0]} more",
            heading=EVIL,
            old_path=EVIL_PATH,
            new_path=EVIL_PATH,
            change=Change.RENAMED,
        ),
        file_diff(
            "x.png",
            "",
            old_path=FilePath(EVIL_PATH.raw + b".png"),
            new_path=FilePath(EVIL_PATH.raw + b".png"),
            is_binary=True,
            is_cut=True,
            old_size=1,
            new_size=20_000_000,
        ),
    )
)
SSH_KEY = "SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM"
SIGNATURES = (
    JudgedSignature(KeySignature(SignatureFormat.OPENPGP, "9C46AD2AB3C6C19FA429D3A212C6CA3B3AD1E74E"), Verdict.UNCHECKED),
    JudgedSignature(KeySignature(SignatureFormat.X509, None, "2.4"), Verdict.UNCHECKED),
    *(
        JudgedSignature(KeySignature(SignatureFormat.SSH, SSH_KEY, tag), verdict, "ann" if verdict is Verdict.VERIFIED else "")
        for tag, verdict in zip((None, *(f"2.{number}" for number in range(5, 20))), Verdict, strict=False)
    ),
)
EVIL_SIGNATURES = (
    JudgedSignature(KeySignature(SignatureFormat.X509, EVIL, EVIL), Verdict.UNCHECKED),
    JudgedSignature(KeySignature(SignatureFormat.SSH, EVIL, EVIL, True, EVIL), Verdict.VERIFIED, EVIL),
)
MANY = Diff(
    tuple(file_diff(f"many/{number:04}", "", added=1, is_cut=True) for number in range(1_000)), is_cut=True, is_counted=False
)


def shown_lines(
    repository: ShownRepository, commit: Commit, path: FilePath, lines: tuple[bytes, ...], *, is_split: bool
) -> object:
    found = FileLines(lines, has_more=not lines, lacks_newline=bool(lines))
    return diff_lines_page(
        URLS, repository, commit=commit, path=path, found=found, start=5, old_start=4, number=2, is_split=is_split
    )


def listing() -> Found:
    rows = (
        ("infra/deploy", "Playbooks and host inventory", Kind.GIT, True, "Rotate the backup keys", 0.01),
        ("web/shop", "Customer-facing shop", Kind.HG, False, "checkout: keep the basket when the session ends", 0.1),
        ("web/styleguide", "Colours, type, components", Kind.HG, False, "Publish draft tokens", 1),
        ("libs/ledger", "Double-entry bookkeeping library", Kind.GIT, False, "Merge branch ‘rounding’", 3),
        ("handbook", "How we work", Kind.GIT, False, "Onboarding: first week", 31),
        ("sketches", "", Kind.HG, True, None, 0),
    )
    items = [
        RepositoryItem(
            path,
            description,
            kind,
            private,
            LastChange(change, NOON - timedelta(days=days), commit_id(1)) if change else None,
        )
        for path, description, kind, private, change, days in rows
    ]
    return Found(items, 128, page=2)


EVIL_LISTING = Found([RepositoryItem(EVIL, EVIL, Kind.HG, True, LastChange(EVIL, NOON, commit_id(1)))], 1, filter_text=EVIL)
DEED = Deed(
    7,
    NOON,
    "alice",
    "changed the access of {target}",
    "web/shop",
    "192.0.2.1",
    "http",
    {"anyone": "read"},
    {"anyone": None, "ok": True},
)
TOKENS = (
    TokenFacts(3, "alice", "nightly build", Access.WRITE, False, ("web/shop", "web"), NOON, NOON, False, NOON, "192.0.2.7"),
    TokenFacts(2, "alice", "laptop", Access.READ, True, (), NOON, None, False, None, ""),
    TokenFacts(1, "alice", "old script", Access.ADMIN, False, None, NOON, NOON, True, None, ""),
)
DEPLOY_TOKENS = (
    DeployTokenFacts(2, "web server", Access.READ, NOON, None, False, NOON, "2001:db8::7"),
    DeployTokenFacts(1, "old build", Access.WRITE, NOON, NOON, True, None, ""),
)
SESSIONS = (
    SessionItem(1, NOON, NOON, "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", True),
    SessionItem(
        2,
        NOON - timedelta(days=9),
        NOON - timedelta(days=2),
        "2001:db8::7",
        "Mozilla/5.0 (iPhone) AppleWebKit Safari/600",
        False,
    ),
)
SSH_KEYS = (
    KeyItem("alice@laptop", "ssh-ed25519", 256, f"SHA256:{'Ab3/' * 10}xyz", NOON, NOON, "read"),
    KeyItem("", "sk-ecdsa-sha2-nistp256@openssh.com", 256, f"SHA256:{'Qq9+' * 10}uvw", NOON, None),
)
SIGNING_KEYS = (
    OwnKey("Ann <ann@example.com>", SigningFormat.OPENPGP, "EdDSA", 255, "F" * 40, ("ann@example.com",), NOON, None),
    OwnKey("work card", SigningFormat.X509, "RSA", 4096, "A" * 64, (), NOON, NOON + timedelta(days=300)),
)
EVIL_SIGNING_KEYS = (OwnKey(EVIL, SigningFormat.X509, EVIL, 4096, EVIL, (EVIL,), NOON, NOON),)
EVIL_SSH_KEYS = (KeyItem(EVIL, EVIL, 3072, EVIL, NOON, NOON, EVIL),)
GRANTS = (
    GrantItem("user:bob", "Bob Brown (bob)", "write"),
    GrantItem("anyone", "anyone", "read", is_in_force=False),
    GrantItem("group:developers", "group developers", "write", inherited_from="web", may_create=True),
    GrantItem("members", "any member", "read", inherited_from="web"),
)


WHY = WhyItem(
    "bob",
    "bob: write",
    [("group developers, to which bob belongs, has write on web.", True), ("anyone has read on web.", False)],
)


def grants(
    *, items: tuple[GrantItem, ...] = GRANTS, is_group: bool = False, why: WhyItem | None = None, inherits: bool = True
) -> GrantsPart:
    address = URLS.group_permissions("web") if is_group else URLS.permissions("web/shop")
    return grants_part(
        URLS,
        address=address,
        owner="alice",
        grants=items,
        inherits=inherits,
        is_group=is_group,
        is_private=not is_group,
        why=why,
    )


EVIL_GRANTS = grants_part(
    URLS,
    address=URLS.group_permissions(EVIL),
    owner=EVIL,
    grants=(GrantItem(EVIL, EVIL, "read"), GrantItem(EVIL, EVIL, EVIL, inherited_from=EVIL, is_in_force=False)),
    inherits=False,
    is_group=True,
    new=GrantValues(EVIL, "none", True),
    why=WhyItem(EVIL, EVIL, [(EVIL, True), (EVIL, False)]),
    errors={"principal": EVIL, "access": EVIL},
)


HOLDINGS = holdings_part(
    URLS,
    (HoldingItem("web", True, "read"), HoldingItem("web/shop", False, "admin")),
    who="bob",
    first_url=URLS.my_permissions(),
    next_url=URLS.my_permissions(after="web/shop"),
)
EVIL_HOLDINGS = holdings_part(URLS, (HoldingItem(EVIL, True, EVIL),), who=EVIL, next_url=URLS.permissions_of(EVIL, after=EVIL))


def member_site(urls: Urls = URLS) -> Site:
    return site(
        urls,
        title="Kallithea",
        version="1.0",
        visitor="alice",
        csrf_token="token",
        is_administrator=True,
        may_create_repository=True,
        zone="Europe/Berlin",
    )


def evil_site() -> Site:
    return site(
        URLS,
        title=EVIL,
        version=None,
        visitor=None,
        csrf_token=EVIL,
        came_from=EVIL,
        notices=(Notice(EVIL), Notice(EVIL, True)),
    )


def file_sample(
    name: bytes,
    content: bytes | None,
    kind: EntryKind = EntryKind.FILE,
    more_of_entry: Mapping[str, Any] = MappingProxyType({}),
    **more: Any,
) -> object:
    entry = TreeEntry(FilePath(b"shop/" + name), kind, None if content is None else len(content), **more_of_entry)
    values: dict[str, Any] = {
        "revision": "default",
        "commit": COMMITS[0],
        "entry": entry,
        "size": entry.size,
        "content": content,
        "refs": REFS,
    }
    return file_page(URLS, SHOP, **{**values, **more})


PRICES = 'name;price;note\ntea;4.20;"in tins,\nand in bags"\nhoney;6.50\n' + "".join(f"bread {n};3.80;\n" for n in range(30))
PICTURE = b64encode(sign()).decode()


def notebook(text: str = "sum(prices)") -> bytes:
    """A notebook with an output of every kind."""
    outputs: list[dict[str, Any]] = [
        {"output_type": "stream", "name": "stdout", "text": ["3 prices\n", text]},
        {"output_type": "display_data", "data": {"image/png": PICTURE, "text/plain": f"<Figure {text}>"}},
        {"output_type": "execute_result", "data": {"text/html": f"<b>{text}</b>", "text/plain": text}},
        {"output_type": "display_data", "data": {"text/html": f"<script>{text}</script>", text: ""}},
        {"output_type": "error", "ename": "ValueError", "evalue": text, "traceback": [f"\x1b[31mValueError\x1b[0m: {text}"]},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Prices\n", f"of *all* [goods](goods/list.md) {text}"]},
        {"cell_type": "code", "execution_count": 3, "source": f"prices = [420, 380]\n{text}", "outputs": outputs},
        {"cell_type": "code", "execution_count": None, "source": "", "outputs": []},
        {"cell_type": "raw", "source": text},
    ]
    return json.dumps({"nbformat": 4, "metadata": {"language_info": {"name": "python"}}, "cells": cells}).encode()


def blame_range(start: int, length: int, key: int) -> BlameRange:
    path = EVIL_PATH if key == 99 else FilePath(b"shop/basket.py")
    before = Version(commit_id(key - 1), path, start) if key > 1 else None
    return BlameRange(start, length, Version(commit_id(key), path, start), before)


COUNTS = Counts(
    commits=1284,
    merges=211,
    undated=3,
    weeks=tuple((date(2023, 1, 2) + timedelta(days=7 * week), 3 + (week * 7) % 19) for week in range(150)),
    authors=tuple(
        AuthorCount(name, 600 // (place + 1), date(2023, 1, 2), date(2025, 11, 3))
        for place, name in enumerate(("Ann Author", "Bob Brown", "Zoë Ziegler", "Œuvre Ångström"))
    ),
    author_count=29,
    endings=(
        EndingCount(".py", 212, 1_240_000),
        EndingCount(".js", 40, 310_000),
        EndingCount(".html", 61, 92_000),
        EndingCount(".css", 9, 31_000),
        EndingCount(".png", 14, 800_000),
        EndingCount("", 7, 12_000),
    ),
)
BLAME = Blame((blame_range(1, 8, 1), blame_range(9, 12, 8), blame_range(21, 4, 12), blame_range(25, 12, 13)), is_complete=True)


def annotate_sample(name: bytes, content: bytes, blame: Blame | None = BLAME, **more: Any) -> object:
    values: dict[str, Any] = {
        "revision": "default",
        "commit": COMMITS[0],
        "entry": TreeEntry(FilePath(b"shop/" + name), EntryKind.FILE, len(content)),
        "content": content,
        "blame": blame,
        "commits": {one.id: one for one in COMMITS if one.id in {commit_id(key) for key in (1, 8, 12, 13)}},
        "has_ignored": True,
        "refs": REFS,
    }
    return annotate_page(URLS, SHOP, **{**values, **more})


def samples() -> dict[str, Callable[[], object]]:
    """Makers of pages by a name that says which one it is."""

    def readme() -> ShownReadme:
        return shown_readme(URLS, "web/shop", "default", FilePath(b"README.md"), README)

    summary: dict[str, Any] = {
        "clone_url": "https://code.example.com/web/shop",
        "refs": REFS,
        "commit_count": 1001,
        "because": "group developers has write on web",
    }
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
        "edit group, hostile": lambda: edit_group_page(
            URLS,
            EVIL,
            values=GroupValues(EVIL, EVIL, EVIL),
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
        "site permissions": lambda: site_permissions_page(
            URLS, public_access=True, new_are_private=False, new_are_read_by="anyone"
        ),
        "site permissions, hostile": lambda: site_permissions_page(
            URLS, public_access=False, new_are_private=True, new_are_read_by=EVIL, errors={"default_reader": EVIL}
        ),
        "address lists": lambda: addresses_page(
            URLS, who="", networks="192.0.2.0/24\n2001:db8::/32", own_address="192.0.2.7", personal=("bob", "carla")
        ),
        "address lists, hostile": lambda: addresses_page(
            URLS, who=EVIL, networks=EVIL, own_address=EVIL, personal=(EVIL,), errors={"networks": EVIL, "who": EVIL}
        ),
        "permissions of": lambda: permissions_of_page(URLS, who="bob", holdings=HOLDINGS),
        "permissions of, hostile": lambda: permissions_of_page(URLS, who=EVIL, holdings=EVIL_HOLDINGS, error=EVIL),
        "my permissions": lambda: my_permissions_page(URLS, HOLDINGS),
        "my permissions, none": lambda: my_permissions_page(URLS, holdings_part(URLS, ())),
        "my permissions, hostile": lambda: my_permissions_page(URLS, EVIL_HOLDINGS),
        "login": lambda: login_page(URLS, came_from="/web/shop"),
        "login, with offers": lambda: login_page(URLS, offers=Offers(can_reset=True, can_register=True)),
        "login, with another site": lambda: login_page(URLS, sources=[Offer("oidc", "the house next door")]),
        "login, hostile": lambda: login_page(
            URLS,
            came_from=EVIL,
            username=EVIL,
            remember=True,
            error="The name or the password is wrong.",
            sources=[Offer(EVIL, EVIL)],
        ),
        "signed out": lambda: signed_out_page(URLS, Offer("oidc", "the house next door")),
        "signed out, nowhere else": lambda: signed_out_page(URLS, None),
        "signed out, hostile": lambda: signed_out_page(URLS, Offer(EVIL, EVIL)),
        "sources": lambda: auth_page(
            URLS,
            [
                ShownSource("ldap", LdapSource.title, LdapSource.about, True, None),
                ShownSource("oidc", OidcSource.title, OidcSource.about, True, None),
                ShownSource("pam", PamSource.title, PamSource.about, False, "Its settings are not complete."),
            ],
        ),
        "sources, hostile": lambda: auth_page(URLS, [ShownSource(EVIL, EVIL, EVIL, False, EVIL)], error=EVIL),
        "source": lambda: auth_source_page(
            URLS,
            SourceState(LdapSource, True, {"host": "ldap.example.com", "dn_pass": "x"}, [Followed(1, "cn=staff", "crew")], 12),
            Typed({}, {}, None, False),
            back="https://code.example.com/_admin/login/back/ldap",
            counted=1000,
        ),
        "source, another site": lambda: auth_source_page(
            URLS,
            SourceState(OidcSource, False, {}, [], 1),
            Typed({}, {}, None, False),
            back="https://code.example.com/_admin/login/back/oidc",
            counted=1000,
        ),
        "source, hostile": lambda: auth_source_page(
            URLS,
            SourceState(PamSource, False, {"service": EVIL}, [Followed(1, EVIL, EVIL)], 1001),
            Typed(
                dict.fromkeys(("service", "external_name", "user_group", "username", "subject", "unlinked"), EVIL),
                dict.fromkeys(("service", "external_name", "user_group", "username", "subject", "unlinked"), EVIL),
                EVIL,
                True,
            ),
            back=EVIL,
            counted=1000,
        ),
        "my account": lambda: my_account_page(
            URLS, username="alice", full_name="Alice Adams", email="alice@example.com", is_administrator=True, zones=ZONES
        ),
        "my account, from elsewhere": lambda: my_account_page(
            URLS, username="erna", full_name="", email="", is_administrator=False, has_password=False, zones=ZONES
        ),
        "my groups": lambda: my_groups_page(URLS, [UserGroupItem(1, "devs", "Who develops", True, "alice", 1)], has_more=True),
        "my groups, none": lambda: my_groups_page(URLS, []),
        "my groups, hostile": lambda: my_groups_page(URLS, [UserGroupItem(1, EVIL, EVIL, False, EVIL, 1000)]),
        "my account, hostile": lambda: my_account_page(
            URLS,
            username=EVIL,
            full_name=EVIL,
            email=EVIL,
            is_administrator=False,
            zones=zone_choices(EVIL, default="UTC"),
            errors={"current_password": EVIL, "new_password": EVIL, "new_password_confirmation": EVIL, "time_zone": EVIL},
        ),
        "activity": lambda: activity_page(URLS, [DEED] * 50, asked=Asked(), actions=ACTIONS, has_newer=True, has_older=True),
        "activity, none": lambda: activity_page(URLS, [], asked=Asked(), actions=ACTIONS),
        "activity, none matches": lambda: activity_page(URLS, [], asked=Asked(actor="zzz"), actions=ACTIONS),
        "activity, no day": lambda: activity_page(URLS, [], asked=Asked(since="x"), actions=ACTIONS, error="x is no day."),
        "activity, hostile": lambda: activity_page(
            URLS,
            [
                Deed(1, NOON, EVIL, EVIL, EVIL, EVIL, EVIL, {"a": EVIL}, {EVIL: EVIL}),
                Deed(1, NOON, EVIL, "did {target}", EVIL, "", EVIL, None, {"a": [EVIL, "x" * 1000]}, EVIL, None, EVIL),
            ],
            asked=Asked(EVIL, EVIL, EVIL, EVIL, EVIL),
            actions={EVIL: EVIL},
            has_newer=True,
            has_older=True,
        ),
        **account_samples(URLS, NOON, EVIL),
        "tokens": lambda: my_tokens_page(
            URLS, username="alice", tokens=TOKENS, fresh=fresh_token("laptop", f"kal_{'a2' * 20}")
        ),
        "tokens, none": lambda: my_tokens_page(URLS, username="alice", tokens=()),
        "tokens, hostile": lambda: my_tokens_page(
            URLS,
            username="alice",
            tokens=(TokenFacts(1, EVIL, EVIL, Access.ADMIN, True, (EVIL, EVIL), NOON, NOON, True, NOON, EVIL),),
            values=NewTokenValues(EVIL, EVIL, True, EVIL, EVIL),
            errors={"name": EVIL, "access": EVIL, "expires": EVIL, "places": EVIL},
            fresh=fresh_token(EVIL, "kal_"),
        ),
        "activity, hostile error": lambda: activity_page(
            URLS, [], asked=Asked(EVIL, EVIL, EVIL, EVIL, EVIL), actions={}, error=EVIL
        ),
        **admin_samples(URLS, NOON, EVIL),
        "sessions": lambda: sessions_page(URLS, sessions=SESSIONS),
        "sessions, hostile": lambda: sessions_page(URLS, sessions=[SessionItem(1, NOON, NOON, EVIL, EVIL, False)]),
        "security": lambda: security_page(
            URLS,
            has_app=True,
            codes_left=2,
            passkeys=[PasskeyItem(1, "My phone", NOON, NOON), PasskeyItem(2, "Passkey 2", NOON, None)],
            has_passkeys_here=True,
            is_owed=False,
        ),
        "security, nothing yet": lambda: security_page(
            URLS, has_app=False, codes_left=0, passkeys=[], has_passkeys_here=False, is_owed=True
        ),
        "security, no password here": lambda: security_page(
            URLS,
            has_app=True,
            codes_left=9,
            passkeys=[],
            has_passkeys_here=False,
            is_owed=False,
            has_password=False,
            errors={"password": "Sign out and in again."},
        ),
        "security, hostile": lambda: security_page(
            URLS,
            has_app=True,
            codes_left=9,
            passkeys=[PasskeyItem(1, EVIL, NOON, None)],
            has_passkeys_here=True,
            is_owed=False,
            errors={"password": EVIL, "code": EVIL},
        ),
        "authenticator": lambda: authenticator_page(
            URLS, secret=bytes(20), draft="QUJD", account="alice", issuer="Harbour Lane"
        ),
        "authenticator, hostile": lambda: authenticator_page(
            URLS, secret=bytes(20), draft=EVIL, account=EVIL, issuer=EVIL * 9, errors={"code": EVIL}
        ),
        "recovery codes": lambda: recovery_codes_page(
            URLS, codes=[f"abcd-efgh-jkmn-{n}pqr" for n in range(10)], account="alice"
        ),
        "recovery codes, hostile": lambda: recovery_codes_page(URLS, codes=["abcd-efgh-jkmn-pqrs"], account=EVIL),
        "passkey": lambda: passkey_page(URLS, invitation='{"rp": {"id": "code.example.com"}}'),
        "passkey, elsewhere": lambda: passkey_page(URLS, invitation=None, canonical_url="https://code.example.com"),
        "passkey, nowhere": lambda: passkey_page(URLS, invitation=None),
        "passkey, hostile": lambda: passkey_page(
            URLS, invitation=EVIL, name=EVIL, canonical_url=EVIL, errors={"name": EVIL, "credential": EVIL}
        ),
        "confirm": lambda: confirm_page(URLS, username="alice", came_from="/web", passkey=PasskeyForm("/x", "{}", "/web")),
        "confirm, no password here": lambda: confirm_page(
            URLS, username="erna", came_from="/web", passkey=None, has_password=False, error="Sign out and in again."
        ),
        "confirm, hostile": lambda: confirm_page(
            URLS, username=EVIL, came_from=EVIL, passkey=PasskeyForm("/x", EVIL, EVIL), error=EVIL
        ),
        "second step": lambda: second_step_page(
            URLS, came_from="/web", username="alice", has_app=True, passkey=PasskeyForm("/x", "{}", "/web")
        ),
        "second step, passkeys elsewhere": lambda: second_step_page(
            URLS, came_from="", username="alice", has_app=False, passkey=None, error="This code is wrong."
        ),
        "second step, hostile": lambda: second_step_page(
            URLS, came_from=EVIL, username=EVIL, has_app=False, passkey=PasskeyForm("/x", EVIL, EVIL), error=EVIL
        ),
        "second factor": lambda: second_factor_page(URLS, demand=Demand.EVERYBODY, count=FactorCount(200, 40, 5, 3)),
        # Nothing on it was written by anybody.
        "second factor, hostile": lambda: second_factor_page(URLS, demand=Demand.NOBODY, count=FactorCount(0, 0, 0, 0)),
        "login, with a passkey": lambda: login_page(URLS, passkey=PasskeyForm("/x", '{"challenge": "x"}', "/web")),
        "create repository": lambda: create_repository_page(URLS, may_create_at_top=True),
        "create repository, hostile": lambda: create_repository_page(
            URLS,
            values=NewRepositoryValues(EVIL, Kind.GIT, EVIL, True),
            may_create_at_top=False,
            places=("web", EVIL),
            errors={"repo_name": "web/shop is taken.", "repo_type": EVIL, "repo_description": EVIL},
            error=EVIL,
        ),
        "error 404": lambda: error_page(URLS, status=404, sign_in_to="/web/secret"),
        "error 500": lambda: error_page(URLS, status=500, incident="3f9a-11", traceback=f"Traceback\n{EVIL}"),
        "error, hostile": lambda: error_page(URLS, status=418, message=EVIL, hint=EVIL, incident=EVIL, sign_in_to=EVIL),
        "summary": lambda: summary_page(
            URLS,
            SHOP,
            latest=COMMITS[:8],
            entries=ENTRIES,
            changes=dict(zip((entry.path for entry in ENTRIES), COMMITS, strict=False)),
            readme=readme(),
            **summary,
        ),
        "summary, empty git": lambda: summary_page(
            URLS,
            EMPTY,
            clone_ssh_url="ssh://kallithea@code.example.com/infra/deploy",
            clone_url="https://code.example.com/infra/deploy",
            refs=NO_REFS,
            latest=(),
            commit_count=0,
            entries=(),
            changes={},
            readme=None,
            because="you own it",
        ),
        "summary, hostile": lambda: summary_page(
            URLS,
            EVIL_REPOSITORY,
            clone_url=EVIL,
            refs=EVIL_REFS,
            latest=(EVIL_COMMIT,),
            commit_count=1,
            entries=EVIL_ENTRIES,
            changes={entry.path: EVIL_COMMIT for entry in EVIL_ENTRIES},
            is_complete=False,
            entry_count=2000,
            readme=shown_readme(URLS, EVIL, EVIL, FilePath(b"README.md"), EVIL.encode() + b"\n# " + EVIL.encode()),
            because=EVIL,
        ),
        "changelog": lambda: changelog_page(
            URLS, SHOP, CommitList(COMMITS, REFS, 1001, True, first=13, after="26~12"), Wanted(), page_size=13
        ),
        "changelog, empty": lambda: changelog_page(URLS, EMPTY, CommitList((), NO_REFS, 0, False), Wanted(), page_size=50),
        "changelog, searched": lambda: changelog_page(
            URLS,
            SHOP,
            CommitList(COMMITS[:2], REFS, None, True, after="2~9", looked_at=41_000),
            Wanted(text="basket", author="ann", since="2026-01-01", rev="not merge()"),
            page_size=50,
        ),
        "changelog, nothing found so far": lambda: changelog_page(
            URLS, SHOP, CommitList((), REFS, None, True, after="0~9", looked_at=1), Wanted(path="shop"), page_size=50
        ),
        "changelog, hostile": lambda: changelog_page(
            URLS,
            EVIL_REPOSITORY,
            CommitList((EVIL_COMMIT,), EVIL_REFS, 1, False),
            Wanted(EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL),
            page_size=50,
            error=EVIL,
            hint=EVIL,
        ),
        "changelog of a file": lambda: file_changelog_page(
            URLS,
            SHOP,
            CommitList(
                COMMITS[:3],
                REFS,
                None,
                True,
                after="3~-",
                renames={COMMITS[1].id: Origin(FilePath(b"shop/bag.py"), COMMITS[2].id)},
                path=FilePath(b"shop/bag.py"),
                start=COMMITS[2].id,
            ),
            revision="default",
            path=FilePath(b"shop/basket.py"),
            page_size=3,
        ),
        "changelog of a file, hostile": lambda: file_changelog_page(
            URLS,
            EVIL_REPOSITORY,
            CommitList((EVIL_COMMIT,), EVIL_REFS, None, False, renames={EVIL_COMMIT.id: Origin(EVIL_PATH, EVIL_COMMIT.id)}),
            revision=EVIL,
            path=EVIL_PATH,
            page_size=3,
        ),
        "changeset": lambda: changeset_page(
            URLS, SHOP, commit=COMMITS[0], children=Children((commit_id(14),)), diff=DIFF, refs=REFS, signatures=SIGNATURES
        ),
        "changeset, empty": lambda: changeset_page(
            URLS, SHOP, commit=commit(1, ""), children=Children(()), diff=Diff(()), refs=NO_REFS
        ),
        "changeset, hostile": lambda: changeset_page(
            URLS,
            EVIL_REPOSITORY,
            commit=EVIL_COMMIT,
            children=Children((), is_complete=False),
            diff=EVIL_DIFF,
            refs=EVIL_REFS,
            signatures=EVIL_SIGNATURES,
        ),
        "folder": lambda: folder_page(
            URLS,
            SHOP,
            revision="default",
            commit=COMMITS[0],
            path=FilePath(b"shop"),
            entries=ENTRIES,
            refs=REFS,
            changes=dict(zip((entry.path for entry in ENTRIES), COMMITS, strict=False)),
            readme=readme(),
        ),
        "folder, large and unfinished": lambda: folder_page(
            URLS,
            SHOP,
            revision="default",
            commit=COMMITS[0],
            path=FilePath(b"shop"),
            entries=ENTRIES,
            refs=REFS,
            changes={ENTRIES[0].path: COMMITS[0]},
            is_complete=False,
            page=2,
            page_size=len(ENTRIES),
            total=25_000,
        ),
        "folder, empty": lambda: folder_page(
            URLS, SHOP, revision=commit_id(1).hex, commit=COMMITS[-1], path=ROOT, entries=(), refs=REFS, changes={}
        ),
        "folder, hostile": lambda: folder_page(
            URLS,
            EVIL_REPOSITORY,
            revision=EVIL,
            commit=EVIL_COMMIT,
            path=EVIL_PATH,
            entries=EVIL_ENTRIES,
            refs=EVIL_REFS,
            changes={entry.path: EVIL_COMMIT for entry in EVIL_ENTRIES},
            is_complete=False,
        ),
        "file": lambda: file_sample(b"basket.py", BASKET),
        "file, empty": lambda: file_sample(b"__init__.py", b""),
        "file, binary": lambda: file_sample(b"tool", b"\x7fELF\0\0", EntryKind.EXECUTABLE),
        "file, image": lambda: file_sample(b"logo.svg", b"<svg><script/></svg>"),
        "file, too large": lambda: file_sample(b"prices.sql", b"1,2\n" * 200_000),
        "file, document": lambda: file_sample(b"README.md", README),
        "file, document that is too large": lambda: file_sample(b"README.rst", b"* a\n" * 20_000),
        "file, source of a document": lambda: file_sample(b"README.md", README, source=True),
        "file, table": lambda: file_sample(b"prices.csv", PRICES.encode()),
        "file, large table": lambda: file_sample(b"prices.csv", b"1,2\n" * 200_000),
        "file, notebook": lambda: file_sample(b"prices.ipynb", notebook()),
        "file, broken notebook": lambda: file_sample(b"prices.ipynb", b"{}"),
        "file, empty notebook": lambda: file_sample(b"prices.ipynb", b'{"nbformat": 4, "cells": []}'),
        "file, hostile document": lambda: file_sample(
            b"<x>.md", f"# {EVIL}\n\n{EVIL}\n\n[x](javascript:x) ![x](//evil.example/x.png) <a id=L1>{EVIL}".encode()
        ),
        "file, hostile text": lambda: file_sample(b"<x>.rst", f"{EVIL}\n\n.. raw:: html\n\n   {EVIL}\n".encode()),
        "file, hostile table": lambda: file_sample(b"<x>.csv", f"{EVIL},{EVIL}\n=1+1,{EVIL}\n".encode().replace(b"\0", b"")),
        "file, hostile notebook": lambda: file_sample(b"<x>.ipynb", notebook(EVIL)),
        "file, link": lambda: file_sample(b"current", b"../docs/deploy.md", EntryKind.SYMLINK, {"target": "../docs/deploy.md"}),
        "file, link outside": lambda: file_sample(b"p", b"../../etc/passwd", EntryKind.SYMLINK, {"target": "../../etc/passwd"}),
        "file, submodule": lambda: file_sample(b"ledger", None, EntryKind.SUBMODULE, {"id": "a" * 40}),
        "file, submodule with a source": lambda: file_sample(
            b"ledger", None, EntryKind.SUBMODULE, {"target": "../libs/ledger.git", "id": "a" * 40}
        ),
        "file, hostile submodule": lambda: file_sample(b"<x>", None, EntryKind.SUBMODULE, {"target": EVIL, "id": EVIL}),
        "file, hostile link": lambda: file_sample(b"<x>", b"x", EntryKind.SYMLINK, {"target": EVIL}),
        "file, pointer": lambda: file_sample(
            b"film.mp4", b"x", more_of_entry={"pointer": Pointer("Git LFS", "0" * 64, 120_000_000)}
        ),
        "file, hostile": lambda: file_sample(
            b"<x>.py", (EVIL + "\r\nx = '" + EVIL).encode() + b"\xff", commit=EVIL_COMMIT, revision=EVIL, refs=EVIL_REFS
        ),
        "annotate": lambda: annotate_sample(b"basket.py", BASKET),
        "annotate, no lines": lambda: annotate_sample(b"tool", b"", None),
        "annotate, hostile": lambda: annotate_sample(
            b"<x>.py",
            f"{EVIL}\r\nx = '{EVIL}\n".encode(),
            Blame((blame_range(1, 1, 99),), is_complete=False),
            commit=EVIL_COMMIT,
            commits={EVIL_COMMIT.id: EVIL_COMMIT},
            revision=EVIL,
            refs=EVIL_REFS,
        ),
        "fork": lambda: fork_page(
            URLS, SHOP, values=ForkValues("shop", "web", "A copy"), places=("", "web"), must_be_private=False
        ),
        "fork, nowhere": lambda: fork_page(
            URLS, SHOP, values=ForkValues("shop", "", ""), places=(), must_be_private=True, error="Nothing can be made here."
        ),
        "fork, hostile": lambda: fork_page(
            URLS,
            EVIL_REPOSITORY,
            values=ForkValues(EVIL, EVIL, EVIL),
            places=(EVIL,),
            must_be_private=True,
            errors={"repo_name": EVIL, "repo_group": EVIL, "description": EVIL},
            error=EVIL,
        ),
        "forks": lambda: forks_page(URLS, SHOP, listing()),
        "forks, none": lambda: forks_page(URLS, EMPTY, Found([], 0)),
        "forks, hostile": lambda: forks_page(URLS, EVIL_REPOSITORY, EVIL_LISTING),
        "followers": lambda: followers_page(
            URLS, SHOP, names=("alice", "bob"), shown_names={"bob": "Bob B."}, total=12, page=1, page_size=2, does_follow=False
        ),
        "followers, none": lambda: followers_page(
            URLS, EMPTY, names=(), shown_names={}, total=0, page=1, page_size=25, does_follow=True
        ),
        "followers, hostile": lambda: followers_page(
            URLS, EVIL_REPOSITORY, names=(EVIL,), shown_names={EVIL: EVIL}, total=1, page=1, page_size=25, does_follow=None
        ),
        "copying": lambda: copying_page(URLS, EMPTY, state=CopyState.RUNNING, since=NOON),
        "copying, part of it": lambda: copying_page(URLS, EMPTY, state=CopyState.RUNNING, since=NOON, percent=37),
        "copying, impossible": lambda: copying_page(URLS, EMPTY, state=CopyState.IMPOSSIBLE, since=None),
        "copying, hostile": lambda: copying_page(URLS, EVIL_REPOSITORY, state=CopyState.RETRIED, since=NOON),
        "watched": lambda: watched_page(URLS, listing()),
        "watched, none": lambda: watched_page(URLS, Found([], 0)),
        "watched, hostile": lambda: watched_page(URLS, EVIL_LISTING),
        "statistics": lambda: statistics_page(URLS, SHOP, Counted(COUNTS, 1284, 1284, NOON, None)),
        "statistics, under way": lambda: statistics_page(URLS, SHOP, Counted(COUNTS, 1284, 100_000, NOON, None)),
        "statistics, not begun": lambda: statistics_page(URLS, SHOP, Counted(None, 0, 0, None, None)),
        "statistics, empty": lambda: statistics_page(URLS, EMPTY, Counted(Counts(), 0, 0, NOON, None)),
        "statistics, hostile": lambda: statistics_page(
            URLS,
            EVIL_REPOSITORY,
            Counted(
                Counts(
                    commits=1,
                    authors=(AuthorCount(EVIL, 1, None, None),),
                    author_count=1,
                    endings=(EndingCount(EVIL, 1, 1),),
                ),
                1,
                1,
                NOON,
                None,
            ),
        ),
        "find": lambda: find_page(
            URLS,
            SHOP,
            revision="default",
            commit=COMMITS[0],
            wanted="bask",
            found=[FilePath(b"shop/basket.py"), FilePath(b"tests/test_basket.py")],
            total=1284,
            refs=REFS,
        ),
        "find, hostile": lambda: find_page(
            URLS,
            EVIL_REPOSITORY,
            revision=EVIL,
            commit=EVIL_COMMIT,
            wanted=EVIL,
            found=[EVIL_PATH],
            total=1,
            refs=EVIL_REFS,
        ),
        "compare": lambda: compare_page(
            URLS,
            SHOP,
            old=NamedRevision(RefKind.BRANCH, "stable"),
            new=NamedRevision(RefKind.BRANCH, "topic/basket"),
            refs=REFS,
            comparison=Comparison(COMMITS[7], COMMITS[3], COMMITS[9], COMMITS[:4], 1001, DIFF, True, REFS),
        ),
        "compare, side by side": lambda: compare_page(
            URLS,
            SHOP,
            old=NamedRevision(RefKind.TAG, "2.4"),
            new=NamedRevision(None, commit_id(13).hex),
            refs=REFS,
            comparison=Comparison(COMMITS[9], COMMITS[0], None, COMMITS[:1], 1, DIFF, False, REFS),
            view=DiffView(ignores_whitespace=True, context=7, is_split=True),
        ),
        "compare, nothing chosen": lambda: compare_page(
            URLS, SHOP, old=NamedRevision(None, "default"), new=NamedRevision(None, ""), refs=REFS
        ),
        "compare, hostile": lambda: compare_page(
            URLS,
            EVIL_REPOSITORY,
            old=NamedRevision(RefKind.BRANCH, EVIL),
            new=NamedRevision(RefKind.TAG, EVIL),
            refs=EVIL_REFS,
            comparison=Comparison(EVIL_COMMIT, EVIL_COMMIT, EVIL_COMMIT, (EVIL_COMMIT,), 1, EVIL_DIFF, True, EVIL_REFS),
        ),
        "changeset, a part of many files": lambda: changeset_page(
            URLS, SHOP, commit=COMMITS[0], children=Children(()), diff=MANY, refs=REFS, view=DiffView(first=300)
        ),
        "changeset, one file": lambda: changeset_page(
            URLS,
            SHOP,
            commit=COMMITS[0],
            children=Children(()),
            diff=Diff((file_diff("shop/basket.py", CHANGED, 41, 41, is_cut=True),), is_cut=True),
            refs=REFS,
            view=DiffView(path=FilePath(b"shop/basket.py"), number=7, first=5_000),
        ),
        "diff lines": lambda: shown_lines(
            SHOP, COMMITS[0], FilePath(b"shop/basket.py"), (b"import os", b"last"), is_split=False
        ),
        "diff lines, side by side": lambda: shown_lines(
            SHOP, COMMITS[0], FilePath(b"shop/basket.py"), (b"import os", b"last"), is_split=True
        ),
        "diff lines, none": lambda: shown_lines(SHOP, COMMITS[0], FilePath(b"shop/basket.py"), (), is_split=False),
        "diff lines, hostile": lambda: shown_lines(
            EVIL_REPOSITORY, EVIL_COMMIT, EVIL_PATH, tuple(EVIL.encode().split(b"\n")), is_split=False
        ),
        "changeset, side by side": lambda: changeset_page(
            URLS, SHOP, commit=COMMITS[0], children=Children(()), diff=DIFF, refs=REFS, view=DiffView(is_split=True)
        ),
        "branches": lambda: refs_page(
            URLS,
            SHOP,
            RefKind.BRANCH,
            RefList(
                tuple(
                    ListedRef(ref, COMMITS[0], Divergence(3, 1200), is_tip=number != 1)
                    for number, ref in enumerate(REFS.branches)
                ),
                REFS,
                250,
                "a",
                page=2,
                is_complete=False,
            ),
        ),
        "tags, none": lambda: refs_page(URLS, EMPTY, RefKind.TAG, RefList((), NO_REFS, 0)),
        "tags, hostile": lambda: refs_page(
            URLS,
            EVIL_REPOSITORY,
            RefKind.TAG,
            RefList(
                tuple(ListedRef(ref, EVIL_COMMIT, None, TagNote(EVIL_COMMIT.author, EVIL)) for ref in EVIL_REFS.tags),
                EVIL_REFS,
                900,
                EVIL,
            ),
        ),
        "bookmarks, hostile": lambda: refs_page(
            URLS,
            EVIL_REPOSITORY,
            RefKind.BOOKMARK,
            RefList(tuple(ListedRef(ref, EVIL_COMMIT) for ref in EVIL_REFS.bookmarks), EVIL_REFS, 1),
        ),
        "settings": lambda: settings_page(
            URLS, SHOP, number=7, values=RepositorySettings("web/shop", "Customer-facing shop", False, "alice")
        ),
        "settings, hostile": lambda: settings_page(
            URLS,
            EVIL_REPOSITORY,
            number=7,
            values=RepositorySettings(EVIL, EVIL, True, EVIL),
            errors={"repo_name": EVIL, "repo_description": EVIL, "owner": EVIL, "confirm": EVIL},
        ),
        "deploy keys": lambda: deploy_keys_page(URLS, SHOP, SSH_KEYS, is_served=True),
        "deploy keys, none": lambda: deploy_keys_page(URLS, EMPTY, (), is_served=False),
        "deploy keys, hostile": lambda: deploy_keys_page(
            URLS,
            EVIL_REPOSITORY,
            EVIL_SSH_KEYS,
            is_served=True,
            public_key=EVIL,
            description=EVIL,
            errors={"public_key": EVIL, "description": EVIL, "access": EVIL},
        ),
        "signing keys": lambda: signing_keys_page(URLS, SIGNING_KEYS),
        "signing keys, none": lambda: signing_keys_page(URLS, ()),
        "signing keys, hostile": lambda: signing_keys_page(
            URLS, EVIL_SIGNING_KEYS, public_key=EVIL, description=EVIL, errors={"public_key": EVIL, "description": EVIL}
        ),
        "ssh keys": lambda: ssh_keys_page(URLS, SSH_KEYS, is_served=True),
        "ssh keys, none": lambda: ssh_keys_page(URLS, (), is_served=False),
        "ssh keys, hostile": lambda: ssh_keys_page(
            URLS,
            EVIL_SSH_KEYS,
            is_served=True,
            public_key=EVIL,
            description=EVIL,
            errors={"public_key": EVIL, "description": EVIL},
        ),
        "permissions": lambda: permissions_page(URLS, SHOP, grants()),
        "permissions, none": lambda: permissions_page(
            URLS, EMPTY, grants(items=(), why=WhyItem("x", error="There is no user x."))
        ),
        "permissions, hostile": lambda: permissions_page(URLS, EVIL_REPOSITORY, EVIL_GRANTS),
        "deploy tokens": lambda: deploy_tokens_page(URLS, SHOP, tokens=DEPLOY_TOKENS),
        "deploy tokens, none": lambda: deploy_tokens_page(
            URLS, EMPTY, tokens=(), fresh=fresh_token("web server", f"kald_{'a2' * 20}")
        ),
        "deploy tokens, hostile": lambda: deploy_tokens_page(
            URLS,
            EVIL_REPOSITORY,
            tokens=(DeployTokenFacts(1, EVIL, Access.WRITE, NOON, NOON, True, NOON, EVIL),),
            values=NewDeployTokenValues(EVIL, EVIL, EVIL),
            errors={"name": EVIL, "access": EVIL, "expires": EVIL},
            fresh=fresh_token(EVIL, "kal_"),
        ),
    }


def file_name(sample: str) -> str:
    return re.sub(r"\W+", "-", sample)
