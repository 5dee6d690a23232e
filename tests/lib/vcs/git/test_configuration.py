"""What may stand in the configuration inside a repository, and what happens to the rest."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kallithea.lib.vcs.backend import Backend
from kallithea.lib.vcs.errors import LocationTaken, RepositoryMissing, UnsafeConfiguration
from kallithea.lib.vcs.git.command import Git
from kallithea.lib.vcs.git.configuration import CONFIG, LONGEST_PLAIN, PLAIN, Setting, read_settings
from kallithea.lib.vcs.git.store import GitStore
from tests.contracts.git_history import GitHistory

VALUE = '-a "quoted" back\\slash; and # more'
DANGEROUS = [
    ("core.fsmonitor", "touch ran"),
    ("core.sshCommand", "touch ran"),
    ("core.pager", "touch ran"),
    ("core.hooksPath", "/somewhere"),
    ("core.worktree", "/"),
    ("core.alternateRefsCommand", "touch ran"),
    ("include.path", "/etc/passwd"),
    ("includeIf.gitdir:/.path", "/etc/passwd"),
    ("uploadpack.packObjectsHook", "touch ran"),
    ("filter.x.clean", "touch ran"),
    ("diff.x.textconv", "touch ran"),
    ("gc.recentObjectsHook", "touch ran"),
    ("receive.procReceiveRefs", "refs/for"),
    ("receive.fsck.skipList", "/etc/passwd"),
    ("url.ssh://evil/.insteadOf", "https://"),
    ("remote.origin.uploadpack", "touch ran"),
    ("remote.origin.promisor", "true"),
    ("credential.helper", "!touch ran"),
    ("alias.diff-tree", "!touch ran"),
]


@pytest.fixture
def published(store: GitStore, client: GitHistory) -> Backend:
    client.commit({"a": b"1"})
    client.publish()
    return store.open(client.store)


def configure(repository: Path, key: str, value: str) -> None:
    subprocess.run(["git", "config", "--file", str(repository / "config"), key, value], check=True)


def configured(repository: Path, key: str) -> str:
    run = subprocess.run(
        ["git", "config", "--file", str(repository / "config"), key], capture_output=True, text=True, check=False
    )
    return run.stdout.strip()


@pytest.mark.parametrize(("key", "value"), DANGEROUS)
def test_dangerous_key_is_refused_by_name(published: Backend, key: str, value: str) -> None:
    published.reader.refs()
    configure(published.path, key, value)

    with pytest.raises(UnsafeConfiguration, match=key.rpartition(".")[2].lower()):
        published.reader.refs()


@pytest.mark.parametrize(("key", "value"), DANGEROUS)
def test_adoption_takes_dangerous_keys_out(published: Backend, key: str, value: str) -> None:
    configure(published.path, key, value)

    published.keeper.adopt()

    assert (configured(published.path, key), published.reader.resolve("main").message) == ("", "A change\n")


def test_adoption_keeps_the_original_beside(published: Backend) -> None:
    configure(published.path, "core.pager", "less")
    original = (published.path / "config").read_bytes()

    published.keeper.adopt()

    assert (published.path / "config.before-adoption").read_bytes() == original


def test_adoption_keeps_harmless_keys(published: Backend) -> None:
    configure(published.path, "core.pager", "less")
    configure(published.path, "receive.denyNonFastForwards", "true")
    configure(published.path, "gitweb.description", VALUE)

    published.keeper.adopt()

    kept = [configured(published.path, key) for key in ("receive.denyNonFastForwards", "gitweb.description")]
    assert kept == ["true", VALUE]


def test_adoption_leaves_a_harmless_configuration_alone(published: Backend) -> None:
    configure(published.path, "remote.origin.url", "https://example.com/x")
    before = (published.path / "config").read_bytes()

    published.keeper.adopt()

    assert ((published.path / "config").read_bytes(), (published.path / "config.before-adoption").exists()) == (before, False)


def test_unknown_extension_is_refused(published: Backend) -> None:
    configure(published.path, "extensions.refStorage", "reftable")

    with pytest.raises(UnsafeConfiguration, match="refstorage"):
        published.keeper.adopt()


def test_borrowed_objects_are_refused(published: Backend, tmp_path: Path) -> None:
    (published.path / "objects/info").mkdir(exist_ok=True)
    (published.path / "objects/info/alternates").write_text(f"{tmp_path}\n")

    with pytest.raises(UnsafeConfiguration, match="alternates"):
        published.keeper.adopt()


def test_borrowed_objects_are_noticed_later(published: Backend, tmp_path: Path) -> None:
    published.reader.refs()
    (published.path / "objects/info").mkdir(exist_ok=True)
    (published.path / "objects/info/alternates").write_text(f"{tmp_path}\n")

    with pytest.raises(UnsafeConfiguration, match="alternates"):
        published.reader.refs()


def test_linked_objects_are_refused(published: Backend, tmp_path: Path) -> None:
    (published.path / "objects").rename(tmp_path / "elsewhere")
    (published.path / "objects").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UnsafeConfiguration, match="objects"):
        published.keeper.adopt()


def test_broken_configuration_is_refused(published: Backend) -> None:
    (published.path / "config").write_text("[core\n")

    with pytest.raises(UnsafeConfiguration):
        published.reader.refs()


def test_new_repository_is_bare_and_without_programs(backend: Backend) -> None:
    assert sorted(path.name for path in backend.path.iterdir()) == ["HEAD", "config", "kallithea.lock", "objects", "refs"]


def test_taken_place_is_refused(backend: Backend) -> None:
    with pytest.raises(LocationTaken):
        backend.keeper.create()


def test_folder_that_is_no_repository_is_not_adopted(store: GitStore, tmp_path: Path) -> None:
    with pytest.raises(RepositoryMissing):
        store.open(tmp_path).keeper.adopt()


def test_whole_repository_verifies(published: Backend) -> None:
    assert published.keeper.verify() == ()


def test_broken_repository_tells_what_is_wrong(published: Backend) -> None:
    blob = subprocess.run(
        ["git", "rev-parse", "main:a"], cwd=published.path, capture_output=True, text=True, check=True
    ).stdout.strip()
    (published.path / "objects" / blob[:2] / blob[2:]).unlink()

    assert any(blob in line for line in published.keeper.verify())


def test_size_grows_with_content(published: Backend, client: GitHistory) -> None:
    before = published.keeper.size()
    client.commit({"noise": bytes(range(256)) * 4_000 + client.git("rev-parse", "HEAD").encode() * 9_000})
    client.publish()

    assert published.keeper.size() > before


BARE = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"
OTHERS = {
    "nothing": "",
    "section alone": "[core]\n",
    "key without value": "[core]\n\tbare\n",
    "comment": "[core]\n\tbare = true # always\n",
    "capital letters": "[core]\n\tlogAllRefUpdates = true\n",
    "line goes on": "[core]\n\tpager = touch\\\n\tran = 1\n",
    "quoted": '[core]\n\tpager = "touch ran"\n',
    "twice": "[core]\n\tbare = true\n\tbare = false\n",
    "two sections": "[core]\n\tbare = true\n[include]\n\tpath = other\n",
    "subsection": '[core "x"]\n\tbare = true\n',
    "other section": "[gc]\n\tauto = 0\n",
    "no end of line": "[core]\n\tbare = true",
    "lines of Windows": "[core]\r\n\tbare = true\r\n",
    "mark of Unicode": "\ufeff[core]\n\tbare = true\n",
    "blanks": "[core]\n  bare   =   true\n",
    "section after the key": "[core]\n\tbare = true\n[core]\n\tbare = false\n",
    "long": "[core]\n" + "\tbare = true\n" * LONGEST_PLAIN,
}


def as_git_reads(folder: Path) -> list[Setting]:
    command = ["git", "config", "--file", str(folder / CONFIG), "--no-includes", "--list", "-z"]
    listing = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    pairs = (item.partition("\n") for item in listing.split("\0")[:-1])
    return [(key, value if has_value else "true") for key, has_value, value in pairs]


@pytest.mark.parametrize("text", [BARE, *OTHERS.values()], ids=["as git init writes it", *OTHERS])
def test_configuration_is_read_as_git_reads_it(tmp_path: Path, text: str) -> None:
    (tmp_path / CONFIG).write_text(text, encoding="utf-8", newline="")
    assert list(read_settings(Git("git"), tmp_path)) == as_git_reads(tmp_path)


def test_git_is_not_started_for_what_git_init_wrote(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path)], check=True)
    assert PLAIN.fullmatch((tmp_path / CONFIG).read_bytes())
    assert dict(read_settings(Git("/no/such/program"), tmp_path))["core.bare"] == "true"
