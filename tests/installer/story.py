"""From the file to an administrator who is signed in and to a first clone; run as a program of its own, with loopback alone.

Prints JSON: how many seconds each part took, and what it found.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

KINDS = ("git", "hg")
PASSWORD = re.compile(r"^Kallithea: (\S+)  user: (\S+)  password: (\S+)$", re.MULTILINE)


def loopback_up() -> None:
    """A new network namespace has its loopback switched off."""
    import fcntl
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x1))  # SIOCSIFFLAGS, IFF_UP


def other_interfaces() -> list[str]:
    """Every interface but loopback."""
    return [name for _, name in socket.if_nameindex() if name != "lo"]


def is_administrator(site: str, user: str, password: str) -> bool:
    """Whether who signs in so is told to be an administrator, on the page of the account that every version has."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    opener = urllib.request.build_opener(cookies, urllib.request.ProxyHandler({}))
    page = opener.open(f"{site}_admin/login").read().decode()
    token = re.search(r'name="_session_csrf_secret_token" value="([^"]+)"', page)
    assert token, page
    form = {"username": user, "password": password, "_session_csrf_secret_token": token[1]}
    opener.open(f"{site}_admin/login", urllib.parse.urlencode(form).encode()).close()
    return '<span class="badge private">administrator</span>' in opener.open(f"{site}_admin/my_account").read().decode()


def wait_for(site: str, seconds: float) -> None:
    """Until the server answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            opener.open(f"{site}_health").close()
            return
        assert time.monotonic() < end, "no answer"
        time.sleep(0.05)


class Laps:
    """How many seconds each part took."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self._begun = self._last = time.monotonic()

    def end(self, name: str) -> None:
        now = time.monotonic()
        self.times[name], self._last = now - self._last, now

    @property
    def total(self) -> float:
        return self._last - self._begun


def use(site: str, account: tuple[str, str], programs: Path, ini: Path, server: list[str], laps: Laps) -> dict[str, object]:
    """Serve, sign in, and clone a first repository of each kind; `programs` is the folder of kallithea-cli and hg."""
    user, password = account
    with subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as serving:
        try:
            wait_for(site, 60)
            laps.end("start")
            is_greeted = is_administrator(site, user, password)
            laps.end("sign in")
            for kind in KINDS:
                cli = [str(programs / "kallithea-cli"), "repo-create", f"first-{kind}", "--type", kind]
                subprocess.run([*cli, "--owner", user, "-c", str(ini)], check=True, stdout=sys.stderr)
                address = f"{site.replace('//', f'//{user}:{password}@', 1)}first-{kind}"
                client = "git" if kind == "git" else str(programs / "hg")
                subprocess.run([client, "clone", "-q", address, str(ini.parent / f"clone-{kind}")], check=True)
            laps.end("first clones")
        finally:
            serving.terminate()
    return {
        "is_administrator": is_greeted,
        "interfaces": other_interfaces(),
        "cloned": [kind for kind in KINDS if (ini.parent / f"clone-{kind}" / f".{kind}").is_dir()],
    }


def run(bundle: str, home: Path) -> dict[str, object]:
    """Live through it."""
    laps = Laps()
    said = subprocess.run([sys.executable, bundle, "install", str(home)], stdout=subprocess.PIPE, text=True, check=True).stdout
    laps.end("install")
    match = PASSWORD.search(said)
    assert match, said
    site, *account = match.groups()
    ini = home / "data" / "kallithea.ini"
    programs = home / "current" / "bin"
    found = use(site, (account[0], account[1]), programs, ini, [str(home / "service" / "start")], laps)
    steps = re.findall(r"^\[\d+/\d+\] (.*): ([\d.]+) s$", said, re.MULTILINE)
    return {
        **found,
        "user": account[0],
        "password": account[1],
        "times": laps.times,
        "total": laps.total,
        "steps": {step: float(seconds) for step, seconds in steps},
        "said": said,
    }


if __name__ == "__main__":
    loopback_up()
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
