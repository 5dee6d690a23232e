"""`python -m bundling PLATFORM`: makes a bundle in dist/."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bundling import locks, pack
from bundling.own_wheel import TOP
from bundling.targets import PLATFORMS, PYTHONS, SOURCES


def main() -> int:
    """Make one bundle; prints its path."""
    parser = argparse.ArgumentParser(prog="python -m bundling")
    known = {**PLATFORMS, SOURCES.name: SOURCES}
    parser.add_argument("platform", choices=known)
    parser.add_argument("--python", choices=PYTHONS, action="append", help="only for this one; may be given several times")
    parser.add_argument("--output", type=Path, default=TOP / "dist")
    parser.add_argument("--work", type=Path, default=TOP / "build" / "bundling")
    arguments = parser.parse_args()
    try:
        locks.check_current()
    except locks.NotLocked as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    made = pack.make(known[arguments.platform], arguments.python or PYTHONS, arguments.work, arguments.output)
    print(made)
    return 0


sys.exit(main())
