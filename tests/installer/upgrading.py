"""From one version to the next and back, beside a server that runs; a program of its own, with loopback alone.

`upgrading.py FIRST.pyz SECOND.pyz HOME` prints JSON: what there was at the end of each part. `upgrading.py restart HOME` stops
the server that runs and starts what is in use. Where the first version is from before there was an installer, `--unpack` has
only its packages put there.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run with -I

from kallithea.installer import environment, running, service_files, services
from kallithea.installer.bundle import Bundle
from kallithea.installer.files import replace_text
from kallithea.installer.layout import Home
from kallithea.installer.progress import Progress
from kallithea.installer.unpacking import Unpacking
from tests.installer import houses, story


def main(first: str, second: str, folder: str, *, unpack: bool) -> dict[str, object]:
    """Live through it."""
    home = Home.at(Path(folder))
    houses.CLIENTS["hg"] = str(home.current_link / "bin" / "hg")
    lived = put_there(home, first) if unpack else story.run(first, home.path)
    account = str(lived["user"]), str(lived["password"])
    furnish(home)
    told = {"first": seen(home, account)}
    for name, command in {"upgraded": "upgrade", "back": "rollback"}.items():
        restart = f"{sys.executable} -I {__file__} restart {home.path}"
        run([sys.executable, second, command, str(home.path), "--restart", restart])
        found = {"rows": houses.rows(home)}
        push(home, f"{name}.txt")
        told[name] = {"found": found, **seen(home, account)}
    stop(home)
    told["stopped"] = {"server": running.look(home).as_facts()}
    return {"installed": lived, **told}


def put_there(home: Home, bundle: str) -> dict[str, object]:
    """What an installer would have put there."""
    home.path.mkdir()
    replace_text(home.mark, "")
    unpacking = Unpacking(Bundle(Path(bundle)), home, Progress(sys.stderr), sys.stderr)
    for step in unpacking.steps():
        step.do()
    create = [str(unpacking.release.program("kallithea-cli")), "instance-create", "--data", str(home.data)]
    environment.run(create, sys.stderr, environment={"KALLITHEA_PASSWORD": houses.PASSWORD})
    home.service.mkdir()
    replace_text(home.service / "start", service_files.start_script(home), mode=0o755)
    home.switch(unpacking.release)
    return {"user": "admin", "password": houses.PASSWORD}


def furnish(home: Home) -> None:
    """People, a grant, and pushes to a server that goes on running."""
    run([str(home.current_link / "bin" / "python"), "-I", "-c", houses.FILL, str(home.ini)])
    cli = str(home.current_link / "bin" / "kallithea-cli")
    run([cli, "access-grant", "web/hg", "user:bob", "write", "-c", str(home.ini)])
    start(home)
    push(home, "hello.txt")


def push(home: Home, name: str) -> None:
    for kind in story.KINDS:
        pushed = houses.push_something(kind, f"{site(home)}/web/{kind}", home.path.parent / f"work-{kind}", name)
        assert pushed.returncode == 0, pushed.stderr


def seen(home: Home, account: tuple[str, str]) -> dict[str, object]:
    """What is there: the version in use, rows, files, and what the server answers."""
    current = home.current()
    assert current
    clones = home.path.parent / f"clones-{time.monotonic_ns()}"
    clones.mkdir()
    for kind in story.KINDS:
        houses.cloned(kind, f"{site(home)}/web/{kind}", clones / kind)
    return {
        "version": current.version,
        "is_administrator": story.is_administrator(f"{site(home)}/", *account),
        "pages": {kind: urllib.request.urlopen(f"{site(home)}/web/{kind}").read().decode() for kind in story.KINDS},
        "clones": {kind: sorted(path.name for path in (clones / kind).glob("*.txt")) for kind in story.KINDS},
        "rows": houses.rows(home),
        "ini": home.ini.read_text(encoding="utf-8"),
        "journal": home.journal.exists(),
        "server": running.look(home).as_facts(),
    }


def site(home: Home) -> str:
    where = services.address(home.ini)
    assert where
    return where


def start(home: Home) -> None:
    """Serve what is in use, until it is stopped."""
    with (home.path.parent / "server.log").open("ab") as log:
        server = subprocess.Popen(
            [str(home.service / "start")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (home.path.parent / "server.pid").write_text(str(server.pid))
    houses.wait_for(f"{site(home)}/_health", server)


def stop(home: Home) -> None:
    """Stop it, and wait until it has ended."""
    os.kill(int((home.path.parent / "server.pid").read_text()), signal.SIGTERM)
    end = time.monotonic() + 60
    while running.processes(home):
        assert time.monotonic() < end, "the server does not stop"
        time.sleep(0.05)


def run(command: list[str], **variables: str) -> None:
    """Run it; what it says goes to stderr."""
    subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, **variables})


if __name__ == "__main__":
    if sys.argv[1] == "restart":
        installed = Home.at(Path(sys.argv[2]))
        stop(installed)
        start(installed)
    else:
        story.loopback_up()
        try:
            print(json.dumps(main(*sys.argv[1:4], unpack="--unpack" in sys.argv), default=repr))
        finally:
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((Path(sys.argv[3]).parent / "server.pid").read_text()), signal.SIGKILL)
