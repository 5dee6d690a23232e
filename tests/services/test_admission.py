"""How a process shares out its threads."""

from __future__ import annotations

import pytest

from kallithea.lib.errors import TooManyAttempts, Unavailable
from kallithea.lib.vcs import Kind
from kallithea.services.actors import Anonymous, Member, Origin
from kallithea.services.admission import Admission, Limits, Patience

NOBODY = Anonymous()


def member(number: int) -> Member:
    return Member(number, f"member{number}")


def at(number: int) -> Origin:
    return Origin(f"10.0.0.{number}", "git/2.40", "http")


@pytest.fixture(name="gate")
def _gate() -> Admission:
    return Admission(Limits.of(threads=32, cores=2, hg_helpers=4), Patience(0.01, 0.01, 0.01))


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 8, 16, 32, 64, 1000])
@pytest.mark.parametrize("cores", [1, 2, 8, 64])
def test_threads_are_left_for_members_whatever_visitors_and_transfers_do(threads: int, cores: int) -> None:
    limits = Limits.of(threads=threads, cores=cores)

    visitors = limits.visitor_pages + limits.visitor_pages_waiting + limits.costly_pages + limits.costly_pages_waiting
    if threads >= 8 * (1 + cores // 4):
        assert limits.transfers + limits.transfers_waiting <= threads // 2
        assert limits.transfers + limits.transfers_waiting + visitors < threads
    assert limits.visitor_transfers <= max(1, limits.transfers // 2)


def test_visitors_never_have_more_than_half_of_the_transfers(gate: Admission) -> None:
    for number in range(gate.limits.visitor_transfers):
        gate.transfer(NOBODY, at(number), repository=number)

    with pytest.raises(Unavailable):
        gate.transfer(NOBODY, at(99), repository=99)

    assert gate.transfer(member(1), at(1), repository=1)


def test_an_account_with_too_many_transfers_is_told_so_and_others_go_on(gate: Admission) -> None:
    for number in range(gate.limits.one_client):
        gate.transfer(member(1), at(1), repository=number)

    with pytest.raises(TooManyAttempts):
        gate.transfer(member(1), at(1), repository=99)

    assert gate.transfer(member(2), at(1), repository=1)


def test_visitors_of_one_network_count_together(gate: Admission) -> None:
    mine = [Origin(f"2001:db8::{number}", "git/2.40", "http") for number in range(9)]
    for number in range(gate.limits.one_client // 2):
        gate.transfer(NOBODY, mine[number], repository=number)

    with pytest.raises(TooManyAttempts):
        gate.transfer(NOBODY, mine[8], repository=99)


def test_one_repository_never_has_all_transfers(gate: Admission) -> None:
    for number in range(gate.limits.one_repository):
        gate.transfer(member(number), at(1), repository=7)

    with pytest.raises(Unavailable):
        gate.transfer(member(98), at(1), repository=7)

    assert gate.transfer(member(99), at(1), repository=8)


def test_visitors_leave_helpers_of_hg_to_members(gate: Admission) -> None:
    for number in range(2):
        gate.transfer(NOBODY, at(number), repository=number, kind=Kind.HG)

    with pytest.raises(Unavailable):
        gate.transfer(NOBODY, at(9), repository=9, kind=Kind.HG)

    assert gate.transfer(member(1), at(1), repository=1, kind=Kind.HG)
    assert gate.transfer(NOBODY, at(9), repository=9, kind=Kind.GIT)


def test_a_page_of_a_visitor_waits_and_is_refused(gate: Admission) -> None:
    for _ in range(gate.limits.visitor_pages):
        gate.page(NOBODY, costly=False)

    with pytest.raises(Unavailable):
        gate.page(NOBODY, costly=False)


def test_costly_pages_of_visitors_do_not_hold_up_the_others(gate: Admission) -> None:
    for _ in range(gate.limits.costly_pages):
        gate.page(NOBODY, costly=True)

    with pytest.raises(Unavailable):
        gate.page(NOBODY, costly=True)

    assert gate.page(NOBODY, costly=False)


def test_a_page_of_a_member_is_never_refused(gate: Admission) -> None:
    taken = [gate.page(member(number), costly=True) for number in range(20)]

    assert len(taken) == 20


def test_nothing_is_counted_for_ever(gate: Admission) -> None:
    with gate.transfer(NOBODY, at(1), repository=1, kind=Kind.HG), gate.page(NOBODY, costly=True):
        pass

    assert (gate.transfers_running, gate.transfers_waiting) == (0, 0)
    for number in range(gate.limits.visitor_transfers):
        assert gate.transfer(NOBODY, at(number), repository=number)
