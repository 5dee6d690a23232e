"""A home whose releases are a few lines: what an upgrade does with steps, files and links is the same, in a tenth of the time.

Its database is a file with one word, the release that it was migrated by; either release works with either word.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from kallithea.installer.layout import Home, Release
from tests.installer import houses

OLD = "1.0.0.dev1"
INI = "[app:main]\ntitle = of before\n"

# Writes as the real one does: a draft beside, and then its name.
PROGRAM = r"""
import os, pathlib, shutil, sys

def written(path, text):
    draft = path.with_name(path.name + ".draft")
    try:
        with draft.open("w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        sys.exit(f"error: {error.strerror}")

command, *rest = sys.argv[1:]
data = pathlib.Path("DATA")
database, pause = data / "kallithea.db", data / "paused"
if command == "--help":
    print("writes-pause self-check")
elif command == "config-check":
    ini = pathlib.Path(rest[-1])
    if "--merge" in rest:
        written(ini.with_name(ini.name + ".20261122"), ini.read_text())
        written(ini, ini.read_text().replace("of before", "of now"))
elif command == "db-rehearse":
    written(data / "rehearsed", database.read_text())
    (data / "rehearsed").unlink()
elif command == "writes-pause":
    written(pause, "paused" * 100)
elif command == "writes-resume":
    pause.unlink(missing_ok=True)
elif command == "db-snapshot" and "--back" in rest:
    written(database, pathlib.Path(rest[-1]).read_text())
elif command == "db-snapshot":
    written(pathlib.Path(rest[-1]), database.read_text())
elif command == "db-upgrade":
    written(database, "VERSION" + " " * 5000)
elif command == "self-check":
    written(data / "checked", "checked" * 1000)
    (data / "checked").unlink()
"""

# In place of the interpreter of a release: the server that an upgrade starts once.
SERVER = r"""
import http.server, os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *said):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Answer).serve_forever()
"""


def environment(folder: Path, version: str, data: Path) -> Path:
    """What stands for the environment of a release, for the home with these data."""
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").mkdir()
    (folder / "pyvenv.cfg").write_text("")
    texts = {"kallithea-cli": PROGRAM.replace("DATA", str(data)).replace("VERSION", version), "python": SERVER}
    for name, text in texts.items():
        program = folder / "bin" / name
        program.write_text(f"#!{sys.executable} -IS\n{text}")
        program.chmod(0o755)
    return folder


def furnished(home: Home, made: Path) -> None:
    """An installation of the first release, with a database of it."""
    home.data.mkdir(parents=True)
    home.mark.write_text("")
    home.ini.write_text(INI)
    (home.data / "kallithea.db").write_text(OLD)
    houses.put(home.release(OLD), made)
    home.switch(home.release(OLD))


def works(home: Home, release: Release) -> bool:
    """Whether a release works with the data as they are: each file is whole, whichever release it is of."""
    database = (home.data / "kallithea.db").read_text().strip()
    ini = home.ini.read_text()
    return (
        database in {OLD, houses.NEW}
        and ini in {INI, INI.replace("before", "now")}
        and json.loads(release.facts_file.read_text())["version"] == release.version
    )
