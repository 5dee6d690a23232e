"""What a diff shows, and what it leaves out and offers to show, are together the whole file."""

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib.vcs import CommitId, Diff, FileDiff
from kallithea.lib.vcs.diff_parser import parse_diff
from kallithea.pages.repository.diff import DiffView, Gap, ShownFile, Side, Sides, shown_diff
from kallithea.pages.repository.diff_tree import Branch, file_tree
from kallithea.pages.urls import Urls

FILES = st.lists(st.sampled_from("abc"), max_size=40)
SIDES = Sides(Side("shop", CommitId("1" * 40)), Side("shop", CommitId("2" * 40)))


def compared(old: list[str], new: list[str], context: int) -> FileDiff | None:
    """The differences as git writes them."""
    lines = [f"{line}\n".encode() for line in difflib.unified_diff(old, new, "a/x", "b/x", n=context, lineterm="")]
    head = [b"diff --git a/x b/x\n", b"index 1..2 100644\n"]
    return next(iter(parse_diff([*head, *lines], cut_off=100_000).files), None) if lines else None


def shown(file: FileDiff, view: DiffView) -> ShownFile:
    [found] = shown_diff(Urls(), SIDES, Diff((file,)), view, "/shop/changeset/2", "").files
    return found


@settings(deadline=None)
@given(FILES, FILES, st.integers(1, 5))
def test_lines_and_gaps_are_the_whole_file(old: list[str], new: list[str], context: int) -> None:
    file = compared(old, new, context)
    if file is None:
        return
    found = shown(file, DiffView(context=context))
    olds: list[str] = []
    news: list[str] = []

    def fill(gap: Gap | None) -> None:
        if gap is None:
            return
        assert (gap.start, gap.old_start) == (len(news) + 1, len(olds) + 1)
        lines = new[gap.start - 1 : gap.end]
        news.extend(lines)
        olds.extend(lines)

    for hunk, stored in zip(found.hunks, file.hunks, strict=True):
        fill(hunk.above)
        for line in stored.lines:
            olds.extend([line.content.decode()] if line.old_number else [])
            news.extend([line.content.decode()] if line.new_number else [])
    fill(found.below)

    assert (olds, news) == (old, new)


def test_links_to_more_lines_lead_to_the_file_alone_with_more_around() -> None:
    file = compared([*"abcdefghijklmnop"], [*"abcdefgHijklmnop"], 3)
    assert file is not None

    found = shown(file, DiffView(is_split=True))

    assert found.wider_url == "/shop/changeset/2?split=1&context=25&path=x&file=1#f1"
    assert found.lines_url == f"/shop/diff-lines/{'2' * 40}/x"


def test_who_sees_all_lines_is_offered_none() -> None:
    file = compared([*"abc"], [*"aBc"], 3)
    assert file is not None

    found = shown(file, DiffView())

    assert (found.below, found.hunks[0].above, found.wider_url, found.lines_url) == (None, None, None, None)


class Item:
    def __init__(self, name: str) -> None:
        self.name = name


def names(branch: Branch) -> list[object]:
    return [*([folder.name, names(folder)] for folder in branch.folders), *(leaf.name for leaf in branch.files)]


def test_tree_joins_folders_that_hold_nothing_else() -> None:
    files = [Item(name) for name in ("a/b/c/x", "a/b/c/y", "a/b/d/e/z", "top")]

    assert names(file_tree(files)) == [["a/b", [["c", ["x", "y"]], ["d/e", ["z"]]]], "top"]


@settings(deadline=None)
@given(st.lists(st.text(alphabet="ab/", min_size=1, max_size=12), max_size=8, unique=True))
def test_tree_has_every_file_with_its_whole_name(paths: list[str]) -> None:
    files = [Item(path) for path in paths]

    assert sorted(_names(file_tree(files), "")) == sorted((path, path) for path in paths)


@pytest.mark.parametrize("tail", ["x", "x/y"])
def test_tree_of_a_very_deep_path_is_not_deep(tail: str) -> None:
    deep = [Item("/".join("ab"[number % 2] for number in range(depth)) + f"/{tail}") for depth in range(1, 200)]

    assert depth_of(file_tree(deep)) <= 13


def _names(branch: Branch, above: str) -> list[tuple[str, str]]:
    """For each file, its name as the tree has it, and its own."""
    found = [(above + leaf.name, leaf.file.name) for leaf in branch.files]
    return found + [pair for folder in branch.folders for pair in _names(folder, f"{above}{folder.name}/")]


def depth_of(branch: Branch) -> int:
    return 1 + max((depth_of(folder) for folder in branch.folders), default=0)
