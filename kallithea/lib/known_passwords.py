"""Which passwords are guessed first: usual words in usual disguises, rows of keys, and repetitions.

Published counts of leaked passwords agree on how the frequent ones are made: a word everybody thinks of, with digits or marks
at its ends and letters replaced by digits that look alike; a walk over the keyboard or the alphabet; something short, repeated.
So a list of words and three rules know more of them than a long list would.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

MOST_COMPARED = 64
"""Characters: what is longer is not made of one usual word."""

# What people think of when they are asked for a password, in some languages, and what they are asked for on pages like ours.
_WORDS = frozenset(
    """
    access adgangskode admin administrador administrator andrew angel angels april arsenal ashley august autumn azerty baby
    barcelona baseball basketball batman bemvindo bienvenido bienvenue bitbucket blessed boyfriend brother business buster
    changeit changeme changemeplease changethis charlie cheese chelsea chocolate christ company computer contrasena
    contrasenya cookie correcthorsebatterystaple daniel database debian december default demo developer development dragon
    example facebook family father february flower football forever freedom friday friend friends geheim george ginger
    girlfriend github gitlab google guest hallo haslo heaven hello heslo hockey horsebatterystaple hunter ilovegod iloveyou
    internet january jennifer jessica jesus jesuschrist jordan july june juventus kallithea kennwort letmein letmeinplease
    linux liverpool login logon losenord love lovely lover loveyou march master mercurial michael microsoft monday monkey
    motdepasse mother mustang mysql nicole ninja nobody nothing november october office one opensesame openup oracle parola
    parool pass passphrase passw0rd password passwort pepper pokemon postgres postgresql princess production qwerty qwertz
    realmadrid repository rhodecode root salasana sample samsung saturday secret secrets senha september server sesame
    shadow signin sister soccer spiderman spring staging starwars summer sunday sunshine super superman superuser temp
    temporary test tester testing testtest thomas thursday trustno tuesday ubuntu user username wachtwoord wednesday welcome
    whatever willkommen windows winter word
    """.split()  # noqa: SIM905 - a list of words is read as a text
)
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890",
    "qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "qwertzuiopüasdfghjklöäyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()_+",
    '!"§$%&/()=?',
)
_LOOK_ALIKES = str.maketrans("013457@$!|€", "oleastasile")
_AROUND = re.compile(r"[^a-z]+")
_LEAST_PIECE = 3
"""Characters of a row of keys that are a walk, and not just neighbours by chance."""


def is_well_known(password: str) -> bool:
    """Whether a password is among those that are tried first."""
    text = password.casefold()[: MOST_COMPARED + 1]
    if len(text) > MOST_COMPARED:
        return len(set(password)) <= _LEAST_PIECE
    return len(set(text)) <= _LEAST_PIECE or _is_repeated(text) or _is_walk(text) or _is_of_words(text)


def is_about(password: str, about: Iterable[str]) -> bool:
    """Whether a password is one of these texts (names, addresses, or what is before their @) with hardly anything around it."""
    given = password.casefold()[:MOST_COMPARED]
    texts = {piece.casefold() for text in about for piece in (text, text.partition("@")[0])}
    bare = {found for text in texts for found in _readings(text) if len(found) >= _LEAST_PIECE}
    return given in texts or any(
        _is_made_of(letters, {text}, most=MOST_COMPARED) for letters in _readings(given) for text in bare
    )


def _is_repeated(text: str) -> bool:
    """Something short, again and again: found where the text is in itself twice over."""
    period = (text + text).find(text, 1)
    return period <= len(text) // 2 and (period <= 6 or _is_of_words(text[:period]))


def _is_walk(text: str) -> bool:
    """Pieces of rows of keys, of the alphabet or of the digits, forwards or backwards, and nothing else."""
    place = 0
    while place < len(text):
        end = next((end for end in range(len(text), place + _LEAST_PIECE - 1, -1) if _is_row(text[place:end])), 0)
        if not end:
            break
        place = end
    return bool(place) and len(text) - place < _LEAST_PIECE


def _is_row(piece: str) -> bool:
    return any(piece in row or piece[::-1] in row for row in _ROWS) or len(set(piece)) == 1


def _is_of_words(text: str) -> bool:
    """A usual word or two, with letters replaced or not, and with digits and marks around or between them."""
    # Where most of it is digits and marks, those may be what nobody guesses.
    enough = [letters for letters in _readings(text) if 3 * len(letters) >= len(text)]
    return any(_is_made_of(letters, _WORDS, most=2) or _is_repeated(letters) for letters in enough)


def _readings(text: str) -> set[str]:
    """The letters of a text: digits are taken for letters that they look like everywhere, within the text, or nowhere."""
    inner = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    return {_AROUND.sub("", one) for one in (text, text.translate(_LOOK_ALIKES), inner.translate(_LOOK_ALIKES))}


def _is_made_of(letters: str, words: AbstractSet[str], *, most: int) -> bool:
    """Whether the letters are so many of the words at most, and nothing else; each beginning is looked at once."""
    needed = {0: 0}
    for end in range(1, len(letters) + 1):
        found = [number + 1 for start, number in needed.items() if letters[start:end] in words]
        if found and min(found) <= most:
            needed[end] = min(found)
    return bool(letters) and len(letters) in needed
