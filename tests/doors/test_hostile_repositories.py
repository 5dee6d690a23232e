"""Repositories with whatever people can push: shown safely, or refused with the right status."""

from __future__ import annotations

import tracemalloc
from urllib.parse import quote

import pytest

from tests.worlds import Browser, Hosted, World, both_kinds

SCRIPT = b"<script>alert(1)</script><img src=x onerror=alert(2)>"
UNKNOWN_REVISIONS = [
    "nothing", "-h", "--config=x", "HEAD@{1}", "HEAD^", "HEAD~1", "main..tip", "default..tip", "tip~1", "tip^", ":/x",
    ":/Change", "null", "-1", "99999", "::", "all()", "ancestors(tip)", "tip or tip", "tip and tip", "0:tip", "branch(default)",
    "file('set:added()')", "f" * 40, "0" * 40, "0" * 64, "F" * 41, "@{-1}", "refs/heads/main^{tree}", "tip^{tree}", "'", '"',
    "%25", "\u202e", "x" * 3000, "wdir()", "f" * 39, "{tip}", "re:.*",
]  # fmt: skip
MEGABYTE = 1 << 20


@pytest.fixture(scope="module", name="hosted", params=["hg", "git"])
def _hosted(world: World, request: pytest.FixtureRequest) -> Hosted:
    """A repository full of traps, at its tip."""
    repository = world.repository(request.param)
    history = world.history(repository)
    history.commit(
        {
            "README.md": b"# Hello\n\n" + SCRIPT + b"\n\n[go](javascript:alert(3)) ![x](https://evil.example/x.png)\n",
            "page.html": b"<!doctype html>" + SCRIPT,
            "page.xhtml": b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>" + SCRIPT + b"</html>",
            "logo.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(4)</script></svg>",
            "binary.bin": bytes(range(256)) * 10,
            "empty.txt": b"",
            "crlf.txt": b"one\r\ntwo\r\n",
            "latin1.txt": "grün".encode("latin-1"),
            "long-line.txt": b"x" * 200_000,
            "folder/<b>name.txt": SCRIPT,
            "space name.txt": b"a space\n",
            "percent%41.txt": b"a percent sign\n",
            "-option.txt": b"an option\n",
            "nfc-\u00e9.txt": b"composed\n",
            "nfd-e\u0301.txt": b"decomposed\n",
            "question?.txt": b"a question\n",
            "hash#.txt": b"a hash\n",
        },
        "Traps <img src=x onerror=alert(5)>\n\nbody " + SCRIPT.decode(),
        author="Eve <script>alert(6)</script> <eve@example.com>",
        symlink=("outside", "/etc/passwd"),
    )
    (history.work / "back\\slash.txt").write_bytes(b"a backslash\n")
    (history.work / "new\nline.txt").write_bytes(b"a newline\n") if request.param == "git" else None
    (history.work / "up").symlink_to("../../../../../../etc/passwd")
    latin = bytes(history.work) + b"/caf\xe9.txt"
    with open(latin, "wb") as file:  # noqa: PTH123 - a Path cannot have such a name in every locale
        file.write(b"a latin name\n")
    history.commit(message="More traps")
    history.publish()
    return repository


@pytest.fixture(name="boss")
def _boss(world: World) -> Browser:
    return world.browser(world.administrator)


# --- revisions


@pytest.mark.parametrize(
    "room", ["changeset", "changeset-diff", "changeset-patch", "changeset-download", "files", "raw", "changelog"]
)
def test_unknown_revision_is_not_found(boss: Browser, hosted: Hosted, room: str) -> None:
    tail = "/README.md" if room in ("files", "raw", "changelog") else ""

    found = {name: boss.get(f"{hosted.url}/{room}/{quote(name, safe='')}{tail}").status_int for name in UNKNOWN_REVISIONS}

    assert {name: status for name, status in found.items() if status != 404} == {}


@pytest.mark.parametrize(
    "branch", ["-h", "nothing", "<script>", "--all", "x" * 5000, "a..b", "all()"], ids=lambda name: name[:9]
)
def test_history_of_an_unknown_branch_is_not_found(boss: Browser, hosted: Hosted, branch: str) -> None:
    answer = boss.get(f"{hosted.url}/changelog", params={"branch": branch})

    assert answer.status_int == 404
    assert "<script>" not in answer.text


@pytest.mark.parametrize("room", ["changeset", "changeset-diff", "files"])
def test_one_digit_of_an_id_is_no_defect(boss: Browser, hosted: Hosted, room: str) -> None:
    assert boss.get(f"{hosted.url}/{room}/f").status_int in (200, 404)


# --- paths


@pytest.mark.parametrize(
    "path",
    ["nothing", "README.md/x", "folder/nothing", "con", ".hg", ".git/config", "-h", "x" * 300, "a" * 5000],
    ids=lambda p: p[:12],
)
@pytest.mark.parametrize("room", ["files", "raw", "rawfile", "changelog"])
def test_unknown_path_is_not_found(boss: Browser, hosted: Hosted, room: str, path: str) -> None:
    assert boss.get(f"{hosted.url}/{room}/tip/{path}").status_int == 404


@pytest.mark.parametrize(
    "raw", [b"\x00", b"../x", b"/etc/passwd", b"..", b"a//b", b"\xff" * 3000, b".hg/hgrc", b"-h", b":(top)x", b"*"], ids=ascii
)
@pytest.mark.parametrize("room", ["files", "raw", "rawfile", "changelog"])
def test_unknown_path_in_bytes_is_not_found(boss: Browser, hosted: Hosted, room: str, raw: bytes) -> None:
    assert boss.get(f"{hosted.url}/{room}/tip?raw_path={raw.hex()}").status_int in (400, 404)


@pytest.mark.parametrize("text", ["x", "0", "zz", "../x", "%00"])
def test_path_in_bytes_that_is_no_hexadecimal_is_refused(boss: Browser, hosted: Hosted, text: str) -> None:
    assert boss.get(f"{hosted.url}/raw/tip?raw_path={text}").status_int == 400


FOUND = {
    "caf\\xe9": (b"caf\xe9.txt", b"a latin name\n"),
    "backslash": (b"back\\slash.txt", b"a backslash\n"),
    "composed": ("nfc-\u00e9.txt".encode(), b"composed\n"),
    "decomposed": ("nfd-e\u0301.txt".encode(), b"decomposed\n"),
    "option": (b"-option.txt", b"an option\n"),
}


@pytest.mark.parametrize(("name", "content"), FOUND.values(), ids=FOUND.keys())
def test_file_of_any_name_is_found_by_its_bytes(boss: Browser, hosted: Hosted, name: bytes, content: bytes) -> None:
    answer = boss.get(f"{hosted.url}/raw/tip?raw_path={name.hex()}", status=200)

    assert answer.body == content


def test_file_with_a_newline_in_its_name_is_found_by_its_bytes(boss: Browser, hosted: Hosted) -> None:
    if hosted.kind == "git":  # hg refuses to add such a file
        answer = boss.get(f"{hosted.url}/raw/tip?raw_path=6e65770a6c696e652e747874")

        assert (answer.status_int, answer.body) == (200, b"a newline\n")


@pytest.mark.parametrize(
    "name",
    [
        "space name.txt",
        "percent%41.txt",
        "-option.txt",
        "nfc-\u00e9.txt",
        "nfd-e\u0301.txt",
        "question?.txt",
        "hash#.txt",
        "folder/<b>name.txt",
    ],
    ids=ascii,
)
def test_every_link_of_a_folder_leads_to_the_file(boss: Browser, hosted: Hosted, name: str) -> None:
    assert boss.get(f"{hosted.url}/files/tip/{quote(name)}").status_int == 200
    assert boss.get(f"{hosted.url}/changelog/tip/{quote(name)}").status_int == 200


# --- contents


def test_html_leaves_as_plain_text_in_a_sandbox(boss: Browser, hosted: Hosted) -> None:
    for name in ("page.html", "page.xhtml"):
        answer = boss.get(f"{hosted.url}/raw/tip/{name}", status=200)

        assert answer.content_type == "text/plain"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_svg_runs_nothing(boss: Browser, hosted: Hosted) -> None:
    answer = boss.get(f"{hosted.url}/raw/tip/logo.svg", status=200)

    assert answer.content_type == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def test_binary_is_a_download(boss: Browser, hosted: Hosted) -> None:
    answer = boss.get(f"{hosted.url}/raw/tip/binary.bin", status=200)

    assert (answer.content_type, answer.body) == ("application/octet-stream", bytes(range(256)) * 10)
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "name", ["empty.txt", "crlf.txt", "latin1.txt", "long-line.txt", "binary.bin", "logo.svg", "page.html", "outside", "up"]
)
def test_page_of_any_file_is_shown(boss: Browser, hosted: Hosted, name: str) -> None:
    answer = boss.get(f"{hosted.url}/files/tip/{name}", status=200)

    assert "<script>alert" not in answer.text
    assert "root:" not in answer.text


@pytest.mark.parametrize("name", ["outside", "up"])
def test_link_that_points_outside_is_only_its_text(boss: Browser, hosted: Hosted, name: str) -> None:
    assert boss.get(f"{hosted.url}/raw/tip/{name}", status=200).body.endswith(b"etc/passwd")


def test_line_endings_leave_as_they_are(boss: Browser, hosted: Hosted) -> None:
    assert boss.get(f"{hosted.url}/raw/tip/crlf.txt", status=200).body == b"one\r\ntwo\r\n"


@pytest.mark.parametrize("tail", ["", "/changelog", "/files", "/files/tip/folder", "/changeset/tip", "/branches", "/tags"])
def test_page_shows_what_is_hostile_as_text(boss: Browser, hosted: Hosted, tail: str) -> None:
    answer = boss.get(hosted.url + tail, status=200)

    for trap in ("<script>alert", "<img src=x", "onerror=alert(2)>", 'href="javascript:', 'src="https://evil'):
        assert trap not in answer.text


@both_kinds
def test_branch_of_a_hostile_name_is_shown_and_reached(world: World, boss: Browser, kind: str) -> None:
    name = "<img/src=x/onerror=alert(1)>" if kind == "git" else "<img src=x onerror=alert(1)>"
    repository = world.repository(kind)
    history = world.history(repository)
    history.commit({"a.txt": b"a\n"}, "On the trunk")
    history.commit({"b.txt": b"b\n"}, "On the branch", branch=name)
    history.publish()

    for tail in ("", "/branches", "/changelog", f"/changelog?branch={quote(name)}", "/files/tip"):
        assert "<img" not in boss.get(repository.url + tail, status=200).text


@both_kinds
def test_file_of_100_megabytes_streams_and_its_page_says_too_large(world: World, boss: Browser, kind: str) -> None:
    repository = world.repository(kind)
    history = world.history(repository)
    with (history.work / "large.bin").open("wb") as file:
        file.truncate(100 * MEGABYTE)
    history.commit(message="A large file")
    history.publish()

    page = boss.get(f"{repository.url}/files/tip/large.bin", status=200)
    assert len(page.body) < 50_000

    size, most = _streamed(world, f"{repository.url}/raw/tip/large.bin")
    assert size == 100 * MEGABYTE
    assert most < 10 * MEGABYTE


def _streamed(world: World, path: str) -> tuple[int, int]:
    """How many bytes came, and how much memory it took at most."""
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
        "REMOTE_ADDR": "10.9.9.8",
    }  # fmt: skip
    tracemalloc.start()
    try:
        chunks = world.wsgi(environ, lambda *_: None)
        size = sum(len(chunk) for chunk in chunks)
        chunks.close()
        return size, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
