"""Remembered pages are kept under what their door declares to read, whatever else stands in the address."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kallithea.controllers.exposing import DOORS, Door
from tests.doors.addresses import Address, addresses
from tests.worlds import Hosted, World

REMEMBERED = [address for address in addresses() if address.door.is_remembered]


@dataclass
class Kept:
    """The rendered pages that lie on the disk."""

    world: World

    def count(self) -> int:
        return sum(path.is_file() for path in (self.world.folder / "cache" / "pages").rglob("*"))


@pytest.fixture(name="shop", scope="module")
def _shop(world: World) -> Hosted:
    shop = world.repository("hg")
    world.filled(shop, {"README.md": b"# Read me\n"})
    return shop


def test_there_are_remembered_pages() -> None:
    assert len(REMEMBERED) > 10


@pytest.mark.parametrize("address", REMEMBERED, ids=lambda address: address.pattern)
def test_what_no_door_reads_makes_no_page_of_its_own(world: World, shop: Hosted, address: Address) -> None:
    browser, kept = world.browser(), Kept(world)
    url = address.pattern.replace("{place}", shop.path)
    url = url if url.startswith("/") else f"/{url}"
    first = browser.get(url, status=200)
    before = kept.count()

    again = [browser.get(f"{url}?utm_source={number}&{number}=x", status=200) for number in range(3)]

    assert kept.count() == before > 0
    assert {answer.html.find("main").text for answer in again} == {first.html.find("main").text}


def test_only_remembered_doors_declare_what_they_read() -> None:
    # For all others it would say nothing: they see the whole query.
    def is_silent(door: Door) -> bool:
        return not door.parameters

    assert all(door.is_remembered or is_silent(door) for door in DOORS)
