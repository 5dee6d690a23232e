"""Git-format diff text becomes values."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib.vcs.diff_parser import parse_diff, unquote
from kallithea.lib.vcs.diffs import Change, Diff, DiffLine, FileDiff, Hunk, LineKind
from kallithea.lib.vcs.paths import FilePath

PLENTY = 1_000_000


def parsed(text: bytes, *, cut_off: int = PLENTY) -> Diff:
    return parse_diff(split_lines(text), cut_off=cut_off)


def split_lines(text: bytes) -> list[bytes]:
    return [line + b"\n" for line in text.split(b"\n")[:-1]]


def only_file(text: bytes) -> FileDiff:
    [file] = parsed(text).files
    return file


MODIFIED = b"""diff --git a/a file b/a file
index 1111111..2222222 100644
--- a/a file\t
+++ b/a file\t
@@ -1,3 +1,3 @@ def story():
 one
-two
+zwei
 three
"""


def test_nothing_is_an_empty_diff() -> None:
    assert parsed(b"") == Diff(())


def test_modified_file_has_numbered_lines() -> None:
    [hunk] = only_file(MODIFIED).hunks

    assert hunk == Hunk(
        1,
        3,
        1,
        3,
        "def story():",
        (
            DiffLine(LineKind.CONTEXT, 1, 1, b"one"),
            DiffLine(LineKind.REMOVED, 2, None, b"two"),
            DiffLine(LineKind.ADDED, None, 2, b"zwei"),
            DiffLine(LineKind.CONTEXT, 3, 3, b"three"),
        ),
    )


def test_name_with_blanks_is_found() -> None:
    assert only_file(MODIFIED).new_path == FilePath(b"a file")


def test_lines_are_counted() -> None:
    file = only_file(MODIFIED)

    assert (file.added, file.removed) == (1, 1)


def test_mode_of_a_modified_file_is_on_both_sides() -> None:
    file = only_file(MODIFIED)

    assert (file.old_mode, file.new_mode) == ("100644", "100644")


def test_removed_line_that_looks_like_a_file_head_stays_a_line() -> None:
    file = only_file(b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n--- a/y\n one\n")

    assert [line.content for line in file.hunks[0].lines] == [b"-- a/y", b"one"]


def test_missing_newline_is_marked_on_the_line_before() -> None:
    text = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n"

    assert [line.ends_file_without_newline for line in only_file(text).hunks[0].lines] == [True, False]


def test_carriage_return_stays_in_the_content() -> None:
    file = only_file(b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+a\n")

    assert file.hunks[0].lines[0].content == b"a\r"


def test_renamed_file_has_both_paths() -> None:
    file = only_file(b"diff --git a/x y b/z\nsimilarity index 100%\nrename from x y\nrename to z\n")

    assert (file.change, file.old_path.raw, file.new_path.raw) == (Change.RENAMED, b"x y", b"z")


def test_copied_file_is_told_from_a_renamed_one() -> None:
    assert only_file(b"diff --git a/x b/z\ncopy from x\ncopy to z\n").change is Change.COPIED


def test_quoted_rename_is_unquoted() -> None:
    file = only_file(b'diff --git "a/\\303\\244" "b/tab\\t"\nrename from "\\303\\244"\nrename to "tab\\t"\n')

    assert (file.old_path.raw, file.new_path.raw) == ("ä".encode(), b"tab\t")


def test_name_with_quotes_of_its_own_is_kept() -> None:
    file = only_file(b'diff --git a/"x" b/"y"\nrename from "x"\nrename to "y"\n')

    assert (file.old_path.raw, file.new_path.raw) == (b'"x"', b'"y"')


@pytest.mark.parametrize(
    "mark", [b"Binary files a/x and b/x differ", b"Binary file x has changed", b"GIT binary patch\nliteral 3\nKcmZQzU|?Vb"]
)
def test_binary_file_is_flagged(mark: bytes) -> None:
    assert only_file(b"diff --git a/x b/x\nindex 1..2 100644\n" + mark + b"\n").is_binary


def test_added_file_has_no_old_mode() -> None:
    file = only_file(b"diff --git a/x b/x\nnew file mode 100755\nindex 0..1\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n")

    assert (file.change, file.old_mode, file.new_mode) == (Change.ADDED, None, "100755")


def test_removed_file_has_no_new_mode() -> None:
    file = only_file(b"diff --git a/x b/x\ndeleted file mode 100644\nindex 1..0\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")

    assert (file.change, file.old_mode, file.new_mode) == (Change.REMOVED, "100644", None)


def test_changed_mode_has_both() -> None:
    file = only_file(b"diff --git a/x b/x\nold mode 100644\nnew mode 100755\n")

    assert (file.old_mode, file.new_mode) == ("100644", "100755")


def test_text_before_the_first_file_is_passed_over() -> None:
    assert len(parsed(b"# HG changeset patch\n# User ann\n\n" + MODIFIED).files) == 1


def test_files_come_in_path_order() -> None:
    diff = parsed(b"diff --git a/z b/z\nold mode 1\nnew mode 2\ndiff --git a/a b/a\nold mode 1\nnew mode 2\n")

    assert [file.new_path.raw for file in diff.files] == [b"a", b"z"]


def test_file_behind_the_cut_has_counts_but_no_hunks() -> None:
    diff = parsed(MODIFIED + MODIFIED.replace(b"a file", b"b file"), cut_off=len(MODIFIED))

    assert [(file.is_cut, len(file.hunks), file.added, file.removed) for file in diff.files] == [
        (False, 1, 1, 1),
        (True, 0, 1, 1),
    ]


def test_diff_that_lost_hunks_is_cut() -> None:
    assert parsed(MODIFIED, cut_off=len(MODIFIED) - 1).is_cut


def test_diff_that_just_fits_is_whole() -> None:
    assert not parsed(MODIFIED, cut_off=len(MODIFIED)).is_cut


LINE = st.binary(max_size=12).map(lambda line: line.replace(b"\n", b""))


@settings(max_examples=30, deadline=None)
@given(old=st.lists(LINE, max_size=12), new=st.lists(LINE, max_size=12))
def test_real_diff_leads_from_the_old_lines_to_the_new_ones(
    old: list[bytes], new: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("diff")

    diff = parse_diff(real_diff(folder, old, new), cut_off=PLENTY)

    assert applied(diff, old) == new


def real_diff(folder: Path, old: list[bytes], new: list[bytes]) -> list[bytes]:
    for name, lines in (("old", old), ("new", new)):
        (folder / name).write_bytes(b"".join(line + b"\n" for line in lines))
    text = subprocess.run(
        ["git", "diff", "--no-index", "--text", "-U1", "old", "new"], cwd=folder, capture_output=True, check=False
    ).stdout
    return split_lines(text)


def applied(diff: Diff, old: list[bytes]) -> list[bytes]:
    result: list[bytes] = []
    done = 0
    for hunk in (hunk for file in diff.files for hunk in file.hunks):
        start = hunk.old_start - 1 if hunk.old_length else hunk.old_start
        result += old[done:start]
        result += [line.content for line in hunk.lines if line.kind is not LineKind.REMOVED]
        done = start + hunk.old_length
    return result + old[done:]


@settings(max_examples=30, deadline=None)
@given(name=st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name and b"/" not in name))
def test_any_name_that_git_quotes_is_read_back(name: bytes) -> None:
    listing = b"100644 blob e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\t" + name + b"\0"

    quoted = quoted_by_git(listing)

    assert unquote(quoted) == name


def quoted_by_git(listing: bytes) -> bytes:
    """The name as git writes it in a diff: through an index of its own, without any file."""
    with TemporaryDirectory() as folder:
        git(folder, "init", "-q")
        tree = git(folder, "mktree", "-z", "--missing", stdin=listing).strip()
        return git(folder, "ls-tree", "--name-only", tree.decode()).removesuffix(b"\n")


def git(folder: str, *arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=True).stdout
