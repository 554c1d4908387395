"""Values that are made once, whichever thread comes first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import attrs
import pytest

from emotopy.once import once, once_property

N_THREADS = 20


def _from_threads(work: Callable[[], object]) -> list[object]:
    """Return what so many threads get, that come at the same moment."""
    start, found = threading.Barrier(N_THREADS), []

    def one() -> None:
        start.wait(10)
        found.append(work())

    threads = [threading.Thread(target=one) for _ in range(N_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return found


def test_a_function_makes_one_value_for_all_threads():
    made = []

    @once
    def loaded(name: str) -> object:
        made.append(name)
        time.sleep(0.05)  # other threads get here meanwhile
        return object()

    found = _from_threads(lambda: loaded("de"))
    assert made == ["de"]
    assert len(found) == N_THREADS
    assert set(found) == {loaded("de")}
    assert loaded("en") is not loaded("de")


@attrs.frozen(slots=False)
class Model:
    """An object with a value that takes a while."""

    made: list[int] = attrs.field(factory=list)

    @once_property
    def weights(self) -> object:
        """What takes a while."""
        self.made.append(1)
        time.sleep(0.05)
        return object()


def test_a_property_is_made_once_in_each_object():
    one, other = Model(), Model()
    found = _from_threads(lambda: one.weights)
    assert one.made == [1]
    assert set(found) == {one.weights}
    assert other.weights is not one.weights
    assert Model.weights.__doc__ == "What takes a while."


def test_a_value_that_fails_is_made_anew():
    tried = []

    @once
    def loaded() -> int:
        tried.append(1)
        if len(tried) == 1:
            raise OSError
        return 7

    with pytest.raises(OSError):
        loaded()
    assert loaded() == 7
    assert loaded() == 7
    assert len(tried) == 2
