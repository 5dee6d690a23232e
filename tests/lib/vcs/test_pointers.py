"""Pointers are told from files that only look like them."""

import pytest

from kallithea.lib.vcs import FilePath, Pointer, pointer_in

OID = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"
LFS = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12345\n".encode()


@pytest.mark.parametrize(
    "content",
    [LFS, LFS.replace(b"\noid", b"\next-0-x sha256:00\noid"), LFS.replace(b"git-lfs.github", b"hawser.github"), LFS[:-1]],
)
def test_a_pointer_of_git_lfs_says_what_it_points_to(content: bytes) -> None:
    assert pointer_in(FilePath(b"film.mp4"), content) == Pointer("Git LFS", OID, 12345)


@pytest.mark.parametrize("content", [b"a" * 40 + b"\n", b"0123456789" * 4])
def test_a_standin_of_a_largefile_is_one_in_its_folder_only(content: bytes) -> None:
    assert pointer_in(FilePath(b".hglf/a/b.bin"), content) == Pointer("largefiles", content[:40].decode())
    assert pointer_in(FilePath(b"a/b.bin"), content) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# about\n" + LFS,
        LFS.replace(b"sha256", b"md5"),
        LFS.replace(b"size 12345", b"size -1"),
        LFS.replace(b"12345", b"9" * 30),
        LFS.replace(b"oid", b"\noid ").replace(OID.encode(), b"<script>"),
        LFS + b"x" * 1024,
    ],
)
def test_what_only_looks_like_a_pointer_is_a_file(content: bytes) -> None:
    assert pointer_in(FilePath(b"film.mp4"), content) is None
