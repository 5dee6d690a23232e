"""Pages about folders and files."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kallithea.lib.vcs import (
    ROOT,
    Blame,
    BlameRange,
    EntryKind,
    FilePath,
    Pointer,
    TreeEntry,
    Version,
)
from kallithea.pages.repository.annotate import annotate_page
from kallithea.pages.repository.file import file_page
from kallithea.pages.repository.find import find_page
from kallithea.pages.repository.folder import folder_page
from kallithea.pages.repository.readme import ShownReadme, shown_readme
from tests.browser.stories import sign
from tests.pages.world import (
    COMMITS,
    ENTRIES,
    EVIL,
    EVIL_COMMIT,
    EVIL_ENTRIES,
    EVIL_PATH,
    EVIL_REFS,
    EVIL_REPOSITORY,
    README,
    REFS,
    SHOP,
    URLS,
    commit_id,
)

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


def file_samples() -> dict[str, Callable[[], object]]:
    """Each page on a good day, empty, and hostile."""

    def readme() -> ShownReadme:
        return shown_readme(URLS, "web/shop", "default", FilePath(b"README.md"), README)

    return {
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
    }
