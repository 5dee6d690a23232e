"""The list of a commit's files, as hg stores it."""

from __future__ import annotations

from kallithea.lib.vcs.hg.manifests import Manifest

NODE = b"0" * 40


def test_a_line_ends_with_a_line_feed_and_nothing_else() -> None:
    names = [b"a\rb", b"c\x0bd", b"e"]

    assert Manifest(b"".join(name + b"\0" + NODE + b"\n" for name in names)).names() == names
