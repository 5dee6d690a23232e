"""What the engine keeps for a reader is given back: a cursor that is only forgotten makes PostgreSQL's driver warn later."""

import re
from pathlib import Path

import kallithea

SOURCES = Path(kallithea.__file__).parent


def test_rows_are_streamed_by_what_closes_them() -> None:
    found = {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if re.search(r"yield_per|stream_results|\.partitions\(", path.read_text(encoding="utf-8"))
    }
    assert found == {"services/streaming.py"}, "use kallithea.services.streaming.streamed"


def test_what_is_streamed_is_entered() -> None:
    bare = [
        f"{path.relative_to(SOURCES)}: {line.strip()}"
        for path in SOURCES.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<!def )\bstreamed\(", line) and not line.lstrip().startswith("with ")
    ]
    assert not bare
