"""Differences between commits."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.diffs import Change, Diff, DiffOptions, FileDiff, LineKind
from kallithea.lib.vcs.errors import CommitNotFound
from kallithea.lib.vcs.objects import CommitId, Kind
from kallithea.lib.vcs.paths import FilePath
from tests.contracts.hg_history import HgHistory
from tests.contracts.histories import History

TEN = b"".join(b"line %d\n" % number for number in range(10))


def changed(backend: Backend, old: str | None, new: str, options: DiffOptions = DiffOptions()) -> Diff:
    return backend.reader.diff(CommitId(old) if old else None, CommitId(new), options)


def the_file(diff: Diff) -> FileDiff:
    [file] = diff.files
    return file


def test_same_commit_has_no_differences(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b"1"})
    history.publish()

    assert changed(backend, commit, commit) == Diff(())


def test_first_commit_adds_everything(backend: Backend, history: History) -> None:
    commit = history.commit({"b": b"1\n2\n", "a": b"1\n"})
    history.publish()

    diff = changed(backend, None, commit)

    assert [(file.new_path.raw, file.change, file.added, file.new_mode) for file in diff.files] == [
        (b"a", Change.ADDED, 1, "100644"),
        (b"b", Change.ADDED, 2, "100644"),
    ]


def test_added_file_has_no_mode_before(backend: Backend, history: History) -> None:
    commit = history.commit({"a": b"1\n"})
    history.publish()

    assert the_file(changed(backend, None, commit)).old_mode is None


def test_modified_lines_are_numbered(backend: Backend, history: History) -> None:
    old = history.commit({"a": TEN})
    new = history.commit({"a": TEN.replace(b"line 5\n", b"LINE 5\n")})
    history.publish()

    [hunk] = the_file(changed(backend, old, new, DiffOptions(context=1))).hunks

    assert [(line.kind, line.old_number, line.new_number, line.content) for line in hunk.lines] == [
        (LineKind.CONTEXT, 5, 5, b"line 4"),
        (LineKind.REMOVED, 6, None, b"line 5"),
        (LineKind.ADDED, None, 6, b"LINE 5"),
        (LineKind.CONTEXT, 7, 7, b"line 6"),
    ]


def test_modified_file_has_the_mode_on_both_sides(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n"})
    new = history.commit({"a": b"2\n"})
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.change, file.old_mode, file.new_mode, file.added, file.removed) == (
        Change.MODIFIED,
        "100644",
        "100644",
        1,
        1,
    )


def test_removed_file_has_no_mode_after(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n", "b": b"1\n"})
    new = history.commit({"a": None})
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.change, file.old_mode, file.new_mode, file.removed) == (Change.REMOVED, "100644", None, 1)


def test_renamed_file_has_both_paths(backend: Backend, history: History) -> None:
    old = history.commit({"a": TEN})
    new = history.commit(rename=("a", "folder/ä b"))
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.change, file.old_path.raw, file.new_path.raw) == (Change.RENAMED, b"a", "folder/ä b".encode())


def test_renamed_and_modified_file_shows_the_lines(backend: Backend, history: History) -> None:
    old = history.commit({"a": TEN})
    history.commit(rename=("a", "b"))
    new = history.commit({"b": TEN + b"more\n"})
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.change, file.added, file.removed) == (Change.RENAMED, 1, 0)


def test_mode_change_has_both_modes(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n"})
    new = history.commit(executable="a")
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.change, file.old_mode, file.new_mode, file.hunks) == (Change.MODIFIED, "100644", "100755", ())


def test_symlink_is_told_by_its_mode(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n"})
    new = history.commit(symlink=("link", "a"))
    history.publish()

    assert the_file(changed(backend, old, new)).new_mode == "120000"


def test_file_that_became_a_link_is_one_change(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n", "b": b"2\n"})
    (history.work / "a").unlink()
    new = history.commit(symlink=("a", "b"))
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.change, file.old_mode, file.new_mode) == (Change.MODIFIED, "100644", "120000")


def test_binary_file_is_flagged(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n"})
    new = history.commit({"a": b"\0\1\2" * 50})
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.is_binary, file.hunks, file.is_cut) == (True, (), False)


def test_missing_newline_is_marked(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n"})
    new = history.commit({"a": b"1"})
    history.publish()

    [hunk] = the_file(changed(backend, old, new)).hunks

    assert [line.ends_file_without_newline for line in hunk.lines] == [False, True]


@pytest.mark.parametrize("ignores_blanks", [False, True])
def test_file_that_was_put_back_as_it_was_did_not_change(backend: Backend, history: History, ignores_blanks: bool) -> None:
    old = history.commit({"a": b"1\n", "b": b"1\n"})
    history.commit({"a": b"2\n"})
    new = history.commit({"a": b"1\n", "b": b"2\n"})
    history.publish()

    diff = backend.reader.diff(CommitId(old), CommitId(new), DiffOptions(ignore_whitespace=ignores_blanks))

    assert [file.new_path.raw for file in diff.files] == [b"b"]


def test_carriage_returns_are_content(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\r\n"})
    new = history.commit({"a": b"1\n"})
    history.publish()

    [hunk] = the_file(changed(backend, old, new)).hunks

    assert [line.content for line in hunk.lines] == [b"1\r", b"1"]


def test_changes_of_blanks_can_be_ignored(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1 2\n", "b": b"1\n"})
    new = history.commit({"a": b"1    2\n", "b": b"2\n"})
    history.publish()

    diff = changed(backend, old, new, DiffOptions(ignore_whitespace=True))

    assert [(file.new_path.raw, file.only_blanks, bool(file.hunks), file.is_cut) for file in diff.files] == [
        (b"a", True, False, False),
        (b"b", False, True, False),
    ]


def lines_of(file: FileDiff) -> list[bytes]:
    return [line.content for hunk in file.hunks for line in hunk.lines]


def test_files_behind_the_part_are_listed_without_lines(
    backend: Backend, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("hg.comparing", "git.comparison"):
        monkeypatch.setattr(f"kallithea.lib.vcs.{module}.PART_FILES", 2)
    old = history.commit({"start": b""})
    new = history.commit(dict.fromkeys("abcde", b"1\n"))
    history.publish()

    first, last = (changed(backend, old, new, DiffOptions(first=number)) for number in (0, 4))

    assert [(file.new_path.text, bool(file.hunks)) for file in first.files] == [
        ("a", True),
        ("b", True),
        ("c", False),
        ("d", False),
        ("e", False),
    ]
    assert [file.new_path.text for file in last.files if file.hunks] == ["e"]
    assert all(file.is_cut for file in first.files[2:])


def test_one_file_can_be_asked_for(backend: Backend, history: History) -> None:
    history.commit({"a": TEN, "b": b"1\n", "c": b"1\n"})
    history.commit(rename=("a", "folder/new"))
    old = history.commit({"c": b"3\n"})
    history.commit(rename=("folder/new", "x"))
    new = history.commit({"x": TEN + b"more\n", "b": None, "c": b"2\n"})
    history.publish()

    asked = [changed(backend, old, new, DiffOptions(path=FilePath(name))).files for name in (b"x", b"b", b"missing")]

    assert [[(file.old_path.text, file.new_path.text, file.change, len(file.hunks)) for file in files] for files in asked] == [
        [("folder/new", "x", Change.RENAMED, 1)],
        [("b", "b", Change.REMOVED, 1)],
        [],
    ]


def test_parts_of_one_file_are_together_all_its_lines(
    backend: Backend, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("hg.comparing", "git.comparison"):
        monkeypatch.setattr(f"kallithea.lib.vcs.{module}.PART_LINES", 3)
    old = history.commit({"a": TEN})
    new = history.commit({"a": TEN.replace(b"line 1\n", b"1\n").replace(b"line 8\n", b"")})
    history.publish()
    whole = the_file(changed(backend, old, new, DiffOptions(context=1)))

    parts = [
        the_file(changed(backend, old, new, DiffOptions(context=1, path=FilePath(b"a"), first=first))) for first in (0, 3, 6)
    ]

    assert [line for part in parts for hunk in part.hunks for line in hunk.lines] == [
        line for hunk in whole.hunks for line in hunk.lines
    ]
    assert [part.is_cut for part in parts] == [True, True, False]


def test_part_of_a_file_with_very_long_lines_has_what_fits(backend: Backend, history: History) -> None:
    new = history.commit({"a": b"short\n" + b"b" * 3_000_000 + b"\nshort\n"})
    history.publish()

    file = the_file(changed(backend, None, new, DiffOptions(path=FilePath(b"a"))))

    assert (lines_of(file), file.is_cut) == ([b"short"], True)


def test_without_time_all_files_are_listed(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n"})
    new = history.commit({"a": b"2\n", "b": b"1\n"})
    history.publish()

    diff = changed(backend, old, new, DiffOptions(seconds=-1))

    assert [(file.new_path.raw, file.is_cut) for file in diff.files] == [(b"a", True), (b"b", True)]
    assert (diff.is_cut, diff.is_counted) == (True, False)


def test_sizes_of_binary_files_are_told(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"\0" * 50})
    new = history.commit({"a": b"\0" * 60, "b": b"\0" * 7})
    history.publish()

    assert [(file.old_size, file.new_size) for file in changed(backend, old, new).files] == [(50, 60), (None, 7)]


def test_file_too_large_to_compare_is_taken_for_binary(
    backend: Backend, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("hg.comparing", "git.comparison"):
        monkeypatch.setattr(f"kallithea.lib.vcs.{module}.COMPARED_BYTES", 1_000)
    new = history.commit({"a": b"line\n" * 1_000, "b": b"line\n"})
    history.publish()

    large, small = changed(backend, None, new).files

    assert (large.is_binary, large.hunks, large.new_size) == (True, (), 5_000)
    assert not small.is_binary


def test_file_added_by_a_merge_is_added(backend: Backend, history: History) -> None:
    trunk = "default" if backend.kind is Kind.HG else "main"
    history.commit({"a": b"1\n"})
    history.commit({"b": b"1\n"}, branch="topic")
    history.switch(trunk)
    old = history.commit({"c": b"1\n"})
    new = history.merge("topic")
    history.publish()

    assert [(file.new_path.raw, file.change) for file in changed(backend, old, new).files] == [(b"b", Change.ADDED)]


def test_copied_file_says_where_from(backend: Backend, history: History) -> None:
    old = history.commit({"a": TEN})
    if isinstance(history, HgHistory):
        history.hg("copy", "a", "b")
        new = history.commit({"a": TEN + b"more\n"})
    else:
        new = history.commit({"a": TEN + b"more\n", "b": TEN})
    history.publish()

    files = changed(backend, old, new).files

    assert [(file.old_path.raw, file.new_path.raw, file.change) for file in files] == [
        (b"a", b"a", Change.MODIFIED),
        (b"a", b"b", Change.COPIED),
    ]


def test_cut_diff_still_lists_and_counts_every_file(backend: Backend, history: History) -> None:
    old = history.commit({"start": b""})
    new = history.commit({"a": b"a\n", "b": b"b\n" * 5_000, "c": b"c\n" * 7})
    history.publish()

    diff = changed(backend, old, new, DiffOptions(cut_off=1_000))

    assert [(file.new_path.raw, file.added, file.is_cut, bool(file.hunks)) for file in diff.files] == [
        (b"a", 1, False, True),
        (b"b", 5_000, True, False),
        (b"c", 7, True, False),
    ]


def test_diff_that_lost_hunks_is_cut(backend: Backend, history: History) -> None:
    new = history.commit({"b": b"b\n" * 5_000})
    history.publish()

    assert changed(backend, None, new, DiffOptions(cut_off=1_000)).is_cut


def test_diff_that_fits_is_whole(backend: Backend, history: History) -> None:
    new = history.commit({"b": b"b\n" * 5_000})
    history.publish()

    assert not changed(backend, None, new).is_cut


def test_endless_line_is_cut(backend: Backend, history: History) -> None:
    new = history.commit({"b": b"b" * 2_000_000})
    history.publish()

    assert the_file(changed(backend, None, new)).is_cut


@pytest.mark.parametrize("name", ["-x", "a b", "ä", 'quo"te', "back\\slash", "tab\tbed", "a b/c b/d", "per%cent"])
def test_any_name_is_shown_as_it_is(backend: Backend, history: History, name: str) -> None:
    old = history.commit({"start": b""})
    new = history.commit({name: b"1\n"})
    history.publish()

    file = the_file(changed(backend, old, new))

    assert (file.new_path.raw, len(file.hunks)) == (name.encode(), 1)


def test_diff_works_backwards(backend: Backend, history: History) -> None:
    old = history.commit({"a": b"1\n"})
    new = history.commit({"b": b"1\n2\n3\n"})
    history.publish()

    assert the_file(changed(backend, new, old)).change is Change.REMOVED


def test_unknown_commit_is_refused(backend: Backend, history: History) -> None:
    known = history.commit({"a": b"1\n"})
    history.publish()

    with pytest.raises(CommitNotFound):
        changed(backend, "1" * 40, known)


def test_patch_can_be_applied(backend: Backend, history: History, tmp_path: Path) -> None:
    history.commit({"a": TEN})
    new = history.commit({"a": TEN + b"more\n", "ä": b"new\n"})
    history.publish()
    target = tmp_path / "target"
    target.mkdir()
    (target / "a").write_bytes(TEN)

    patch = b"".join(backend.reader.patch(CommitId(new)))

    subprocess.run(["git", "apply"], cwd=target, input=patch, check=True)
    assert ((target / "a").read_bytes(), (target / "ä").read_bytes()) == (TEN + b"more\n", b"new\n")


def test_patch_of_the_first_commit_adds_everything(backend: Backend, history: History) -> None:
    new = history.commit({"a": b"1\n"})
    history.publish()

    assert b"\n+1\n" in b"".join(backend.reader.patch(CommitId(new)))
