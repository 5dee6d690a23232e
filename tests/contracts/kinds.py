"""For tests about what one kind of repository alone has."""

from __future__ import annotations

import pytest

about_git = pytest.mark.parametrize("repository_kind", ["git"], indirect=True)
about_hg = pytest.mark.parametrize("repository_kind", ["hg"], indirect=True)
