"""What the samples of pages show: a shop and its history, and the same as a hostile person would write it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from kallithea.lib.vcs import (
    Commit,
    CommitId,
    EntryKind,
    Feature,
    FilePath,
    Kind,
    Phase,
    Pointer,
    Ref,
    RefKind,
    Refs,
    Signature,
    TreeEntry,
)
from kallithea.pages.account.ssh_keys import KeyItem
from kallithea.pages.grants import GrantItem, GrantsPart, GrantValues, WhyItem, grants_part
from kallithea.pages.listing import Found, LastChange, RepositoryItem
from kallithea.pages.parts import ShownRepository
from kallithea.pages.site import Notice, Site, site
from kallithea.pages.urls import Urls

URLS = Urls("")


EVIL = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> \u202etxt.exe\u2066 \x00\x1b {{ 7*7 }} &amp;"


EVIL_PATH = FilePath(b"a/<b>\"'\xff\n\xe2\x80\xae/../x.html")


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


SSH_KEYS = (
    KeyItem("alice@laptop", "ssh-ed25519", 256, f"SHA256:{'Ab3/' * 10}xyz", NOON, NOON, "read"),
    KeyItem("", "sk-ecdsa-sha2-nistp256@openssh.com", 256, f"SHA256:{'Qq9+' * 10}uvw", NOON, None),
)


EVIL_SSH_KEYS = (KeyItem(EVIL, EVIL, 3072, EVIL, NOON, NOON, EVIL),)


GRANTS = (
    GrantItem("user:bob", "Bob Brown (bob)", "write"),
    GrantItem("anyone", "anyone", "read", is_in_force=False),
    GrantItem("group:developers", "group developers", "write", inherited_from="web", may_create=True),
    GrantItem("members", "any member", "read", inherited_from="web"),
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
