"""From wheels in a folder to an administrator who is signed in and to a first clone; a program of its own, with loopback alone.

`by_pip.py LINKS LOCK FOLDER [CHECKOUT]`: LINKS has the wheels, that of Kallithea and pip's own among them. The wheel is used;
then what pip makes of the sdist, and the checkout itself, are installed in its place. Prints JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run with -I

from tests.installer import story

SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"


def main(links: Path, lock: Path, folder: Path, checkout: Path | None = None) -> dict[str, object]:
    """Live through it."""
    laps = story.Laps()
    said("-I", "-m", "venv", "--without-pip", str(folder / "venv"), program=sys.executable)
    programs = folder / "venv" / "bin"
    python = str(programs / "python")
    (pip,) = links.glob("pip-*.whl")
    without_index = ("--no-index", "--find-links", str(links))
    install = ("-I", str(pip / "pip"), "install", *without_index)
    said(*install, "--only-binary", ":all:", "--require-hashes", "-r", str(lock), program=python)
    (own,) = links.glob("kallithea-*.whl")
    said(*install, "--no-deps", str(own), program=python)
    laps.end("pip")
    checked = {"wheel": check(python)}

    password = "an-administrators-secret"
    create = [str(programs / "kallithea-cli"), "instance-create", "--data", str(folder / "data"), "--password", password]
    site = said(*create[1:], program=create[0]).split()[1]
    laps.end("instance")
    ini = folder / "data" / "kallithea.ini"
    server = [str(programs / "gearbox"), "serve", "-c", str(ini)]
    found = story.use(site, ("admin", password), programs, ini, server, laps)

    if checkout is None:
        return {**found, "times": laps.times, "checked": checked}
    said("-I", "-c", SDIST, str(folder), program=python, where=checkout)
    (sdist,) = folder.glob("kallithea-*.tar.gz")
    # What `pip install` of it does, with the wheel that it makes on the way left behind.
    built = ("-I", "-m", "pip", "wheel", *without_index, "--no-deps", "--wheel-dir", str(folder / "built"), str(sdist))
    said(*built, program=python)
    (from_sdist,) = (folder / "built").glob("*.whl")
    for name, what in {"sdist": [str(from_sdist)], "checkout": ["-e", str(checkout)]}.items():
        said(*install, "--force-reinstall", "--no-deps", *what, program=python)
        checked[name] = check(python)
        laps.end(name)
    return {**found, "times": laps.times, "checked": checked}


def check(python: str) -> list[str]:
    """What pip finds, and where Kallithea is."""
    where = said("-I", "-c", "import kallithea; print(kallithea.__file__)", program=python)
    return [said("-I", "-m", "pip", "check", program=python).strip(), where.strip()]


def said(*words: str, program: str, where: Path | None = None) -> str:
    """What a program said; what it told beside that goes to stderr."""
    return subprocess.run([program, *words], check=True, stdout=subprocess.PIPE, text=True, cwd=where).stdout


if __name__ == "__main__":
    story.loopback_up()
    print(json.dumps(main(*map(Path, sys.argv[1:]))))
