"""Transfers queue, and not for ever."""

import threading

import pytest

from kallithea.lib.errors import Unavailable
from kallithea.wire.places import TransferPlaces


def test_who_waits_too_long_is_sent_away() -> None:
    places = TransferPlaces(1, patience=0.05)
    places.take()

    with pytest.raises(Unavailable):
        places.take()


def test_a_place_that_becomes_free_is_taken() -> None:
    places = TransferPlaces(1, patience=30)
    places.take()
    waiting = threading.Thread(target=places.take)
    waiting.start()

    places.give_back()

    waiting.join(10)
    assert not waiting.is_alive()


def test_only_half_as_many_may_wait() -> None:
    places = TransferPlaces(2, patience=30)
    places.take()
    places.take()
    waiting = threading.Thread(target=places.take)
    waiting.start()
    while places.free_to_wait:
        pass

    with pytest.raises(Unavailable):
        places.take()

    places.give_back()
    waiting.join(10)
