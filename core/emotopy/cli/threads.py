"""How many threads numerical libraries use: the command line's process is its own, so it may say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the libraries of linear algebra use one thread meanwhile.

    Thousands of small products gain nothing from a second thread, and where another program runs beside, each product
    waits for a thread that has no core: decoding 27 listeners × 6 regions then took 59 seconds instead of 8.
    """
    import scipy.linalg  # noqa: F401 (brings a library of its own, which is limited only if it is there)
    from threadpoolctl import ThreadpoolController

    with ThreadpoolController().limit(limits=1):
        yield
