"""Work of scikit-learn's that limits BLAS to one thread meanwhile: one at a time in this process.

The limit holds for the process, and is put back to what was read before. Of two that overlap, the second reads the
first one's limit and puts that back last: BLAS would have one thread for as long as the process lives.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from emotopy.host import checkpoint

LOOK_S = 0.05
"""How often a thread that waits asks its host whether to go on."""
_LIMITED = threading.RLock()


@contextmanager
def blas_limited_by_scikit_learn() -> Iterator[None]:
    """Run the block, which calls k-means or a neighbour search, while no other thread is in one."""
    while not _LIMITED.acquire(timeout=LOOK_S):
        checkpoint()
    try:
        yield
    finally:
        _LIMITED.release()
