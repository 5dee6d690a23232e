"""Tells cheaply whether a line may stand within a comment or a text that began above it."""

from __future__ import annotations

from kallithea.lib.highlight import language_of_name

Pairs = tuple[tuple[bytes, bytes], ...]

_COMMENTS: Pairs = ((b"/*", b"*/"),)
_TEXTS: Pairs = ((b'"""', b'"""'), (b"'''", b"'''"))
_TEMPLATES: Pairs = (*_COMMENTS, (b"`", b"`"))
_SPANNING: dict[str, Pairs] = {
    "python":      _TEXTS,
    "c":           _COMMENTS,
    "cpp":         _COMMENTS,
    "csharp":      _COMMENTS,
    "dart":        (*_COMMENTS, *_TEXTS),
    "go":          _TEMPLATES,
    "java":        (*_COMMENTS, _TEXTS[0]),
    "javascript":  _TEMPLATES,
    "kotlin":      (*_COMMENTS, _TEXTS[0]),
    "objective-c": _COMMENTS,
    "rust":        _COMMENTS,
    "scala":       (*_COMMENTS, _TEXTS[0]),
    "swift":       (*_COMMENTS, _TEXTS[0]),
    "typescript":  _TEMPLATES,
}  # fmt: skip
"""By language: what begins and ends that goes over several lines, where nothing else does. In other languages much else may,
and nothing but reading all of it tells."""


def may_be_within(name: str, above: bytes) -> bool:
    """Whether what follows these lines, all from the beginning of the file `name`, may have other colours than by itself."""
    language = language_of_name(name)
    if language is None or not above:
        return False
    pairs = _SPANNING.get(language)
    return pairs is None or any(_is_open(above, begin, end) for begin, end in pairs)


def _is_open(above: bytes, begin: bytes, end: bytes) -> bool:
    if begin == end:
        return above.count(begin) % 2 == 1
    return above.rfind(begin) > above.rfind(end)
