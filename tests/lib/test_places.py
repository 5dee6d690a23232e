"""Places queue, the urgent first, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import pytest

from kallithea.lib.places import NoPlace, Place, Places, Share

LONG = 60.0


def all_of(at_once: int, *, may_wait: int = 100) -> Share:
    return Share("all", at_once, may_wait)


class Waiting:
    """Somebody who waits for a place in a thread of their own."""

    def __init__(self, places: Places, shares: Sequence[Share], *, urgent: bool = False) -> None:
        self.place: Place | None = None
        before = places.awaited(shares[0].name)
        self._thread = threading.Thread(target=self._take, args=(places, shares, urgent), daemon=True)
        self._thread.start()
        until(lambda: places.awaited(shares[0].name) > before)

    @property
    def got_in(self) -> bool:
        """Whether the place came; called where it has to be known for sure, not where it may still come."""
        self._thread.join(LONG if self.place is None else 0)
        return self.place is not None

    def _take(self, places: Places, shares: Sequence[Share], urgent: bool) -> None:
        self.place = places.take(shares, is_urgent=urgent, patience=LONG)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_who_waits_too_long_is_sent_away() -> None:
    places = Places()
    places.take([all_of(1)], patience=0)

    with pytest.raises(NoPlace):
        places.take([all_of(1)], patience=0.01)


def test_who_was_sent_away_does_not_count_any_more() -> None:
    places = Places()
    place = places.take([all_of(1)], patience=0)
    with pytest.raises(NoPlace):
        places.take([all_of(1)], patience=0.01)

    place.leave()

    assert (places.taken("all"), places.awaited("all")) == (0, 0)


def test_a_place_that_becomes_free_goes_to_who_waits() -> None:
    places = Places()
    place = places.take([all_of(1)], patience=0)
    waiting = Waiting(places, [all_of(1)])

    place.leave()

    assert waiting.got_in


def test_a_place_that_is_left_twice_is_free_once() -> None:
    places = Places()
    place = places.take([all_of(1)], patience=0)
    place.leave()
    places.take([all_of(1)], patience=0)

    place.leave()

    assert places.taken("all") == 1


def test_only_so_many_may_wait() -> None:
    places = Places()
    place = places.take([all_of(1, may_wait=1)], patience=0)
    waiting = Waiting(places, [all_of(1, may_wait=1)])

    with pytest.raises(NoPlace):
        places.take([all_of(1, may_wait=1)], patience=LONG)

    place.leave()
    assert waiting.got_in


def test_the_urgent_come_first_though_they_came_last() -> None:
    places = Places()
    place = places.take([all_of(1)], patience=0)
    patient = Waiting(places, [all_of(1)])
    urgent = Waiting(places, [all_of(1)], urgent=True)

    place.leave()

    assert urgent.got_in
    assert patient.place is None
    assert urgent.place is not None
    urgent.place.leave()
    assert patient.got_in


def test_who_is_held_up_by_an_own_count_holds_up_nobody_else() -> None:
    places = Places()
    greedy = Share("greedy", 1)
    first = places.take([all_of(3), greedy], patience=0)
    second = Waiting(places, [all_of(3), greedy])

    modest = places.take([all_of(3)], patience=0)

    assert second.place is None
    modest.leave()
    first.leave()
    assert second.got_in


def test_the_count_that_was_full_is_named() -> None:
    places = Places()
    own = Share("own", 1)
    places.take([own, all_of(5)], patience=0)

    with pytest.raises(NoPlace) as refused:
        places.take([own, all_of(5)], patience=0.01)

    assert refused.value.share is own


def test_never_more_at_once_than_there_are_places() -> None:
    places = Places()
    most = 0

    def work() -> None:
        nonlocal most
        for _ in range(200):
            with places.take([all_of(3)], patience=LONG):
                most = max(most, places.taken("all"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert most <= 3
    assert (places.taken("all"), places.awaited("all")) == (0, 0)
