"""From one file to a signed-in administrator and a first clone: `python -m benchmarks.install FILE.pyz [--python python3]`.

In a network namespace with loopback alone, as somebody with an empty home and neither compiler nor Node.js. Shown are seconds:
what a person waits for, and the installer's own part without copying files (targets: 60 and 20).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.installer import story
from tests.installer.machines import alone, fresh_user, outcome, this_python

COPYING = ("Unpacking", "Installing")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="made by `make bundle`")
    parser.add_argument("--python", default=this_python())
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kallithea-install-") as folder:
        place = Path(folder)
        command = [arguments.python, "-I", story.__file__, str(arguments.file.absolute()), str(place / "kallithea")]
        show(outcome(alone(command, fresh_user(place / "account"))))


def show(told: dict[str, object]) -> None:
    """Print what it took."""
    steps, times, total = told["steps"], told["times"], told["total"]
    assert isinstance(steps, dict)
    assert isinstance(times, dict)
    assert isinstance(total, float)
    for name, seconds in steps.items():
        print(f"  {name:50} {seconds:6.1f}")
    for name, seconds in times.items():
        print(f"{name:52} {seconds:6.1f}")
    copying = sum(seconds for name, seconds in steps.items() if name.startswith(COPYING))
    print(f"{'total, at most 60':52} {total:6.1f}")
    print(f"{'own work, after copying files, at most 20':52} {times['install'] - copying:6.1f}")


if __name__ == "__main__":
    main()
