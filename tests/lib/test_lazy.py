"""Attributes that are computed once, by each object for itself."""

from __future__ import annotations

import threading

from kallithea.lib.lazy import lazy

PATIENCE = 60.0


class Meeting:
    """Computes its attribute together with another object, or never."""

    together = threading.Barrier(2, timeout=PATIENCE)

    @lazy
    def number(self) -> int:
        """What both find at the same time."""
        return self.together.wait()


class Counted:
    times = 0

    @lazy
    def value(self) -> int:
        self.times += 1
        return self.times


def test_objects_do_not_wait_for_each_other() -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(Meeting().number), daemon=True) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)

    assert sorted(found) == [0, 1]


def test_an_attribute_is_computed_once() -> None:
    counted = Counted()

    assert (counted.value, counted.value, counted.times) == (1, 1, 1)


def test_the_class_has_the_words_of_the_function() -> None:
    assert Meeting.number.__doc__ == "What both find at the same time."
