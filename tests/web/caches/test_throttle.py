"""Wrong tokens are counted by address and in all, and of a bounded number of addresses."""

from __future__ import annotations

from armchair.web.caches.throttle import MAX_CLIENTS, TRIES_IN_ALL, WINDOW, Throttle


def test_many_addresses_together_are_slowed_down_too() -> None:
    throttle = Throttle(lambda: 5.0)
    for number in range(TRIES_IN_ALL):
        assert throttle.wait(f"10.0.0.{number}") == 0
        throttle.failed(f"10.0.0.{number}")
    assert throttle.wait("someone else") == WINDOW


def test_the_throttle_remembers_a_bounded_number_of_addresses() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for number in range(3 * MAX_CLIENTS):
        now[0] += 1
        throttle.failed(str(number))
    assert len(throttle._by_client) == MAX_CLIENTS
