"""When a client breaks off a clone, the git that worked for it ends."""

import http.client
import random
import time

from tests.clients.server import Person, Server

LARGE = 40 << 20
"""Bytes: more than the web server and the network take before the client reads."""


def test_a_client_that_goes_away_frees_the_server(server: Server, alice: Person) -> None:
    repository = server.repository(kind="git", writers=[alice], public=True)
    work = alice.clone(repository).commit("large.bin", random.Random(3).randbytes(LARGE))
    assert work.push().worked
    want = f"0032want {work.tip()}\n00000009done\n".encode()
    connection = http.client.HTTPConnection(server.authority, timeout=60)
    connection.request(
        "POST", f"/{repository.path}/git-upload-pack", want, {"Content-Type": "application/x-git-upload-pack-request"}
    )
    response = connection.getresponse()
    begun = response.read(1000)
    working = server.children()

    response.close()
    connection.close()

    assert begun
    assert "git" in working
    until = time.monotonic() + 20
    while "git" in server.children() and time.monotonic() < until:
        time.sleep(0.1)
    assert "git" not in server.children()
