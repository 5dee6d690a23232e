"""Each document is found from the README."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted((TOP / "docs").rglob("*.md")), TOP / "README.md", TOP / "CHANGELOG.md"]
README = (TOP / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.name for path in (TOP / "docs").glob("*.md")))
def test_a_document_is_named_in_the_readme(name: str) -> None:
    assert f"(docs/{name})" in README


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+\.(?:md|png))(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))

    assert [target for target in targets if not (path.parent / target).is_file()] == []
