"""What an hg command needs is known from a table; what is not in it, or hidden in a batch, needs write access."""

from urllib.parse import quote

import pytest

from tests.clients.server import Answer, Hosted, Person, Server

HG = {"Accept": "application/mercurial-0.1"}
PUSHKEY = "pushkey namespace=bookmarks,key=stolen,old=,new=0000000000000000000000000000000000000000"
ARGUMENTS = f"cmds={quote('heads ;' + PUSHKEY)}"
WAYS = {
    "in the headers": ("/{}?cmd=batch", {"X-HgArg-1": ARGUMENTS}, None),
    "in two headers": ("/{}?cmd=batch", {"X-HgArg-1": ARGUMENTS[:20], "X-HgArg-2": ARGUMENTS[20:]}, None),
    "in the query": (f"/{{}}?cmd=batch&{ARGUMENTS}", {}, None),
    "in the body": ("/{}?cmd=batch", {"X-HgArgs-Post": str(len(ARGUMENTS))}, ARGUMENTS.encode()),
    "behind harmless ones": ("/{}?cmd=batch&cmds=heads+", {"X-HgArg-1": ARGUMENTS}, None),
    "in a batch in the batch": (f"/{{}}?cmd=batch&cmds={quote('batch cmds=pushkey:s:x:e:y')}", {}, None),
}


def ask(server: Server, repository: Hosted, person: Person, way: str) -> Answer:
    target, headers, body = WAYS[way]
    method = "GET" if body is None else "POST"
    return server.request(method, target.format(repository.path), headers={**HG, **headers, **person.basic}, body=body)


@pytest.mark.parametrize("way", WAYS)
def test_batch_cannot_smuggle_a_write(server: Server, alice: Person, way: str) -> None:
    repository = server.repository(kind="hg", readers=[alice])

    answer = ask(server, repository, alice, way)

    assert answer.status == 403


@pytest.mark.parametrize("way", WAYS)
def test_a_visitor_is_asked_for_a_password_instead(server: Server, way: str) -> None:
    repository = server.repository(kind="hg", public=True)

    answer = ask(server, repository, server.nobody, way)

    assert answer.status == 401


@pytest.mark.parametrize("command", ["nonsense", "pushkey", "unbundle", "putlfile", "HEADS", "heads%00"])
def test_unknown_hg_command_needs_write(server: Server, alice: Person, command: str) -> None:
    repository = server.repository(kind="hg", readers=[alice])

    answer = server.request("GET", f"/{repository.path}?cmd={command}", headers={**HG, **alice.basic})

    assert answer.status == 403


def test_an_unknown_command_of_a_writer_is_told_to_be_unknown(server: Server, alice: Person) -> None:
    repository = server.repository(kind="hg", writers=[alice])

    answer = server.request("GET", f"/{repository.path}?cmd=nonsense", headers={**HG, **alice.basic})

    assert (answer.status, answer.headers["content-type"]) == (200, "application/hg-error")


def test_a_command_named_twice_is_refused(server: Server, alice: Person) -> None:
    repository = server.repository(kind="hg", readers=[alice])

    answer = server.request("GET", f"/{repository.path}?cmd=heads&cmd=unbundle", headers={**HG, **alice.basic})

    assert answer.status == 400


@pytest.mark.parametrize("size", ["-1", "x", "1048577", "99999999999999999999"])
def test_strange_sizes_of_arguments_are_refused(server: Server, alice: Person, size: str) -> None:
    repository = server.repository(kind="hg", readers=[alice])
    headers = {**HG, **alice.basic, "X-HgArgs-Post": size}

    answer = server.request("POST", f"/{repository.path}?cmd=batch", headers=headers, body=b"cmds=heads+")

    assert answer.status in (400, 413)


def test_an_honest_batch_in_the_body_is_answered(server: Server, alice: Person) -> None:
    repository = server.repository(kind="hg", readers=[alice])
    arguments = b"cmds=heads+%3Bknown+nodes%3D"
    headers = {**HG, **alice.basic, "X-HgArgs-Post": str(len(arguments))}

    answer = server.request("POST", f"/{repository.path}?cmd=batch", headers=headers, body=arguments)

    assert (answer.status, answer.body) == (200, b"0" * 40 + b"\n;")
