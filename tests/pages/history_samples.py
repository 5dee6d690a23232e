"""Pages about commits, differences and names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kallithea.lib.vcs import (
    Change,
    Children,
    Commit,
    Diff,
    DiffLine,
    Divergence,
    FileDiff,
    FilePath,
    Hunk,
    KeySignature,
    LineKind,
    Origin,
    RefKind,
    SignatureFormat,
    TagNote,
)
from kallithea.pages.parts import ShownRepository
from kallithea.pages.repository.changelog import changelog_page, file_changelog_page
from kallithea.pages.repository.changelog_filters import Wanted
from kallithea.pages.repository.changeset import changeset_page
from kallithea.pages.repository.compare import compare_page
from kallithea.pages.repository.diff import DiffView
from kallithea.pages.repository.diff_lines import diff_lines_page
from kallithea.pages.repository.refs import refs_page
from kallithea.services.commits import Comparison, FileLines, NamedRevision
from kallithea.services.histories import CommitList
from kallithea.services.ref_lists import ListedRef, RefList
from kallithea.services.signers import JudgedSignature, Verdict
from tests.pages.world import (
    COMMITS,
    EMPTY,
    EVIL,
    EVIL_COMMIT,
    EVIL_PATH,
    EVIL_REFS,
    EVIL_REPOSITORY,
    NO_REFS,
    REFS,
    SHOP,
    URLS,
    commit,
    commit_id,
)


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


def history_samples() -> dict[str, Callable[[], object]]:
    """Each page on a good day, empty, and hostile."""
    return {
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
    }
