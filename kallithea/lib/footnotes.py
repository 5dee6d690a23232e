"""Footnotes of Markdown, as on GitHub: `[^1]` in the text, `[^1]: what it says` anywhere; what nobody refers to is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin

LAST_RULE = "footnote_tail"
"""The rule that moves notes to the end. Out of a note within a note it takes the beginning of a list and leaves its end."""


def add_footnotes(parser: MarkdownIt) -> None:
    """Teach a parser footnotes. `piece` of the environment tells the notes of several texts on a page apart."""
    footnote_plugin(parser, inline=False)
    parser.add_render_rule("footnote_ref", _reference)
    parser.add_render_rule("footnote_block_open", lambda *_: '<section class="footnotes">\n<ol>\n')
    parser.add_render_rule("footnote_open", _note)
    parser.add_render_rule("footnote_anchor", _way_back)


def _reference(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType) -> str:
    meta = tokens[at].meta
    return f'<sup><a href="#{_note_id(meta, env)}" id="{_reference_id(meta, env)}">{meta["id"] + 1}</a></sup>'


def _note(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType) -> str:
    return f'<li id="{_note_id(tokens[at].meta, env)}">'


def _way_back(_self: RendererHTML, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType) -> str:
    meta = tokens[at].meta
    # Without the second character, some systems draw a coloured picture.
    return f' <a href="#{_reference_id(meta, env)}" aria-label="{_back_to(meta)}">\u21a9\ufe0e</a>'


def _back_to(meta: dict[str, Any]) -> str:
    again = f", place {meta['subId'] + 1}" if meta["subId"] else ""
    return f"Back to reference {meta['id'] + 1}{again}"


# No heading has a colon in its id, so none can be taken for a note.
def _note_id(meta: dict[str, Any], env: EnvType) -> str:
    return f"fn:{env['piece']}:{meta['id'] + 1}"


def _reference_id(meta: dict[str, Any], env: EnvType) -> str:
    return f"fnref:{env['piece']}:{meta['id'] + 1}:{meta['subId'] + 1}"
