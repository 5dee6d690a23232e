"""reStructuredText as HTML that is still to be sanitised. Importing docutils takes a fifth of a second: import this late."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.core import publish_parts
from docutils.readers import standalone
from docutils.transforms import Transform
from docutils.writers.html5_polyglot import HTMLTranslator, Writer

from kallithea.lib.deadline import Deadline, OutOfTime

# What docutils takes the square of its number for (measured; these take it a few tenths of a second).
COLUMNS_LIMIT = 150
"""Corners in one line of a table that is drawn."""
TARGETS_LIMIT = 500
SIBLINGS_LIMIT = 4_000_000
"""The sum, over all parts of a document, of the square of how many parts it has directly."""
SUBSTITUTIONS_LIMIT = 500
"""How often a document may put a text in place of a name, and how long each may be once the names in it are replaced too."""

BEFORE_ALL_OTHERS = 1
"""The priority of a transform."""

_SETTINGS = {
    "_disable_config": True,  # or a file on the server would decide
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "report_level": 5,
    "halt_level": 5,
    "initial_header_level": 2,
    "doctitle_xform": False,
    "toc_backlinks": False,
    "syntax_highlight": "short",
    "math_output": "LaTeX",
    "image_loading": "link",
    "input_encoding": "unicode",
}


def restructured_html(text: str, *, deadline: Deadline) -> str:
    """The HTML of a text in reStructuredText. Raises OutOfTime, and whatever docutils raises where it gives up."""
    if any(line.count("+") > COLUMNS_LIMIT for line in text.splitlines() if line.lstrip().startswith("+")):
        raise OutOfTime
    writer = Writer()
    writer.translator_class = type("Translator", (_Translator,), {"deadline": deadline})
    found = publish_parts(text, reader=_Reader(deadline), writer=writer, settings_overrides=_SETTINGS)
    return str(found["body"])


class _Reader(standalone.Reader):  # type: ignore[type-arg] # generic in the types alone
    """Reads a text as long as there is time."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def new_document(self) -> nodes.document:
        document = super().new_document()
        note = document.note_source

        def checked(source: Any, offset: Any) -> None:
            # The parser says so of each line that it comes to.
            self._deadline.check()
            note(source, offset)

        document.note_source = checked  # type: ignore[method-assign] # the one call that is made all the time
        return document

    def get_transforms(self) -> Any:
        return [*super().get_transforms(), _Measure]


class _Translator(HTMLTranslator):
    deadline: Deadline

    def dispatch_visit(self, node: nodes.Node) -> Any:
        self.deadline.check()
        return super().dispatch_visit(node)

    # As in Markdown; docutils has a span with a class.
    def visit_literal(self, node: nodes.literal) -> None:
        self.body.append(self.starttag(node, "code", ""))

    def depart_literal(self, _node: nodes.literal) -> None:
        self.body.append("</code>")


class _Measure(Transform):
    """Refuses what the transforms that follow would take too long for, as nothing can stop those."""

    default_priority = BEFORE_ALL_OTHERS

    def apply(self, **_options: Any) -> None:
        squares = sum(len(element.children) ** 2 for element in self.document.findall(nodes.Element))
        if squares > SIBLINGS_LIMIT or self._count(nodes.target) > TARGETS_LIMIT:
            raise OutOfTime
        # Definitions that contain each other would become gigabytes ("billion laughs").
        if self._count(nodes.substitution_reference) > SUBSTITUTIONS_LIMIT:
            raise OutOfTime
        self.document.settings.line_length_limit = SUBSTITUTIONS_LIMIT

    def _count(self, kind: type[nodes.Node]) -> int:
        return sum(1 for _ in self.document.findall(kind))
