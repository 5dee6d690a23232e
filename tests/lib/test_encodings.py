"""The encoding of a text is told from what it says, and guessed where it says nothing."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kallithea.lib.encodings import Text, read_text
from kallithea.lib.highlight import is_binary

RUSSIAN = "Привет, мир! Это обычный комментарий в исходном коде.\nint main() { return 0; } // конец функции\n"
JAPANESE = "/* この関数は文字列を返します。 */\nint main(void); // テストのためのプログラム\n"
KOREAN = "# 이 함수는 문자열을 반환합니다\nprint('안녕하세요 세계')\n"
CHINESE = "/* 这个函数返回一个字符串。 */ // 测试用的程序，请不要修改它们\n"
TRADITIONAL = "/* 這個函數會傳回一個字串。 */ // 測試用的程式，請不要修改它們\n"
FRENCH = "L'été, où le garçon à la fenêtre s'éveille; c'est déjà ça. Œuvre « œil » – 5 €\n"
GERMAN = "Grüße aus Köln: die Straße ist schön, und Äpfel und Öl gibt es auch für Übermüdete.\n"


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (RUSSIAN, "cp1251", "Windows-1251"),
        (RUSSIAN, "koi8-r", "KOI8-R"),
        (RUSSIAN, "cp866", "IBM 866"),
        (JAPANESE, "cp932", "Shift JIS"),
        (JAPANESE, "euc_jp", "EUC-JP"),
        (JAPANESE, "iso2022_jp", "ISO-2022-JP"),
        (KOREAN, "euc_kr", "EUC-KR"),
        (CHINESE, "gb18030", "GB 18030"),
        (TRADITIONAL, "big5", "Big5"),
        (FRENCH, "cp1252", "Windows-1252"),
        (GERMAN, "latin-1", "Windows-1252"),
    ],
)
def test_what_is_no_unicode_is_guessed(text: str, codec: str, name: str) -> None:
    assert read_text(text.encode(codec)) == Text(text, name, is_guess=True)


@pytest.mark.parametrize(
    ("codec", "name"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-32", "UTF-32")]
)
@pytest.mark.parametrize("text", [RUSSIAN, JAPANESE, "plain\n", ""])
def test_unicode_is_no_guess(text: str, codec: str, name: str) -> None:
    assert read_text(text.encode(codec)) == Text(text, name)


@pytest.mark.parametrize("text", ["café", "Grüße", "naïveté"])
def test_few_letters_are_from_the_west(text: str) -> None:
    assert read_text(text.encode("latin-1")) == Text(text, "Windows-1252", is_guess=True)


def test_bytes_that_fit_nowhere_are_latin_1() -> None:
    assert read_text(b"\x81\xff").encoding == "Latin-1"


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_text(content: bytes) -> None:
    found = read_text(content)

    assert isinstance(found.text, str)
    if not found.is_guess and found.encoding == "UTF-8" and not content.startswith(b"\xef\xbb\xbf"):
        assert found.text.encode() == content


@pytest.mark.parametrize("content", [b"\xff" * 512_000, b"\xe9a" * 256_000, b"\x1b$B" * 170_000, b"\xa4\xa2" * 256_000])
def test_a_guess_is_quick(content: bytes) -> None:
    began = time.thread_time()

    read_text(content)

    assert time.thread_time() - began < 0.5


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["A text,\r\n\twithout a mark.", "Grüße an alle, die das lesen", "x" * 20_000])
def test_utf_16_is_known_without_its_mark(text: str, codec: str) -> None:
    found = read_text(text.encode(codec))

    assert found == Text(text, "UTF-16", is_guess=True)
    assert not is_binary(text.encode(codec))


@pytest.mark.parametrize(
    "content",
    [
        b"\0" * 100,
        b"\0a" * 3,
        b"a\0b\0" * 10 + b"\0\0",
        b"\x01\0\x02\0\x03\0" * 20,
        b"abcdefgh\0" * 20,
        b"\x7fELF\x02\x01\x01\0" + b"a\0" * 100,
        b"a\0" * 50 + b"\xff\xff" * 5,
        b"a\0" * 50 + b"\x00\xd8" * 5,
        "漢字かな交じり文".encode("utf-16-le") * 20 + b"\0\0",
        bytes(range(255, -1, -1)) * 5,
        b"\xff\xfe\0\0" + bytes(range(256)) * 4,
    ],
)
def test_what_only_has_many_nuls_is_binary(content: bytes) -> None:
    assert is_binary(content)
