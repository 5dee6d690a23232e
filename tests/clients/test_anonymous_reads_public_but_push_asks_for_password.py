"""A public repository can be cloned by anyone; to push one has to sign in."""

from tests.clients.server import Person, Server


def test_anyone_can_clone_a_public_repository(server: Server, alice: Person, kind: str) -> None:
    repository = server.repository(kind=kind, writers=[alice], public=True)
    alice.clone(repository).commit("hello.txt").push()

    work = server.nobody.clone(repository)

    assert (work.folder / "hello.txt").read_text() == "hello.txt\n"


def test_a_push_without_password_is_asked_for_one(server: Server, kind: str) -> None:
    repository = server.repository(kind=kind, public=True)

    outcome = server.nobody.clone(repository).commit("hello.txt").push()

    assert not outcome.worked
    assert outcome.says({"git": "could not read Username", "hg": "http authorization required"}[kind])


def test_a_push_without_password_is_refused_before_its_body_is_looked_at(server: Server) -> None:
    repository = server.repository(kind="hg", public=True)

    answer = server.request("POST", f"/{repository.path}?cmd=unbundle", body=bytes(3 << 20))

    assert answer.status == 401


def test_the_prompt_names_the_site(server: Server, kind: str) -> None:
    repository = server.repository(kind=kind)
    target = "?cmd=heads" if kind == "hg" else "/info/refs?service=git-upload-pack"

    answer = server.request("GET", f"/{repository.path}{target}")

    assert answer.headers["www-authenticate"] == 'Basic realm="Test House", charset="UTF-8"'


def test_visitors_may_send_only_a_little(server: Server) -> None:
    repository = server.repository(kind="git", public=True)
    headers = {"Content-Type": "application/x-git-upload-pack-request"}

    answer = server.request("POST", f"/{repository.path}/git-upload-pack", headers=headers, body=bytes(1_100_000))

    assert answer.status == 413
