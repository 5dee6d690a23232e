"""Sets of numbers in a statement that are made once, whatever is asked of them."""

from __future__ import annotations

from typing import Any


def made_once(numbers: Any, name: str) -> Any:
    """A statement as a set with a name, for another statement to select from.

    Unless it is told so, PostgreSQL reckons with making the set again for each row, and any plan seems as good as another.
    """
    return numbers.cte(name).prefix_with("MATERIALIZED", dialect="postgresql")
