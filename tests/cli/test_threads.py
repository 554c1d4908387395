"""The command line limits the threads of small products; a library's caller decides for its own process."""

from __future__ import annotations

import scipy.linalg  # noqa: F401 (its library is there before threads are counted)
import threadpoolctl

from emotopy.cli.console import console_host
from emotopy.roles import Host


def threads():
    """Return how many threads each library of linear algebra would use."""
    return [one["num_threads"] for one in threadpoolctl.threadpool_info() if one["user_api"] == "blas"]


def test_one_thread_within_and_as_before_after():
    """All libraries are limited, those of scipy too, and get back what they had."""
    with threadpoolctl.threadpool_limits(limits=2):
        with console_host(quiet=True).one_thread():
            assert set(threads()) == {1}
        assert set(threads()) == {2}


def test_a_host_of_nobody_limits_nothing():
    """The library itself changes nothing that other threads of the process see."""
    with threadpoolctl.threadpool_limits(limits=2), Host().one_thread():
        assert set(threads()) == {2}
