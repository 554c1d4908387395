"""Fixtures that every test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import hypothesis
import numpy as np
import pytest

# Tests ask no model hub: without this a library waits for its retries before it says that it can't reach one.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# A shell's background jobs ignore Ctrl-C, and so would all processes that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run; `--hypothesis-profile default` looks for new ones.
hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None)
hypothesis.settings.load_profile("repeatable")

REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator, new for every test."""
    return np.random.default_rng(20250811)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data beside the project; the test skips where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip(f"the real data isn't here: {REAL_DATA.name} beside the project")
    return REAL_DATA
