"""What may go over several lines is told without reading a file as its language does."""

import pytest

from kallithea.lib.diff.spanning import may_be_within


@pytest.mark.parametrize(
    ("name", "above", "expected"),
    [
        ("a.py", b'def f():\n    """Says."""\n', False),
        ("a.py", b'def f():\n    """Says\n', True),
        ("a.py", b"x = '''\n", True),
        ("a.py", b"x = 1\n", False),
        ("a.c", b"/* one */ int x;\n", False),
        ("a.c", b"/* one */ /* two\n", True),
        ("a.go", b"s := `\n", True),
        ("a.js", b"f(`a`)\n", False),
        ("a.css", b"a {\n", True),
        ("a.html", b"<p>\n", True),
        ("a.html", b"", False),
        ("a.txt", b"/* no language\n", False),
        ("unknown", b"/* no language\n", False),
    ],
)
def test_whether_a_line_may_stand_within_something(name: str, above: bytes, expected: bool) -> None:
    assert may_be_within(name, above) is expected
