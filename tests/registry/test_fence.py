"""The fence: what plugin code does to the process ends where the code ends."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from emotopy.registry.fence import PROCESS_STATES, batched, fenced


def state():
    return {belonging.what: belonging.read() for belonging in PROCESS_STATES}


def replace_handlers():
    logging.basicConfig(level=1, force=True)
    logging.disable(50)


MEDDLING = {
    "the working directory": lambda: os.chdir("/"),
    "the warning filters": lambda: warnings.simplefilter("error"),
    "the root logger": replace_handlers,
    "Python's random generator": lambda: random.seed(3),
    "NumPy's random generator": lambda: np.random.seed(3),  # noqa: NPY002 (what plugins do)
    "NumPy's error handling": lambda: np.seterr(all="raise"),
    "the answer to Ctrl-C": lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    "the answer to SIGTERM": lambda: signal.signal(signal.SIGTERM, signal.SIG_IGN),
}


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("what", MEDDLING)
def test_what_is_changed_is_put_back_and_told(what, fails):
    """Whether the block ends well or not; the message names who it was and what, and nothing else."""
    assert np.random.default_rng  # loads the generator, so that there is a state
    before, told = state(), []
    try:
        with fenced("somebody", told.append):
            MEDDLING[what]()
            if fails:
                raise KeyError("x")  # noqa: TRY301
    except KeyError:
        assert fails
    assert state() == before
    assert told == [f"somebody changed {what}; undone"]


def test_filters_that_were_put_back_work():
    """Not only the list: the interpreter heeds them again."""
    with fenced("somebody", lambda message: None):
        warnings.simplefilter("ignore")
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_the_environment_is_told_and_left(monkeypatch):
    """Libraries read their variables later, so a change stands."""
    monkeypatch.setenv("SOMETHING_OF_OURS", "1")
    told = []
    with fenced("somebody", told.append):
        os.environ["SOMETHING_OF_OURS"] = "2"
    assert os.environ["SOMETHING_OF_OURS"] == "2"
    assert told == ["somebody changed the environment; not undone"]


def test_what_is_printed_goes_to_stderr(capsys):
    """Inside the block alone; also where blocks are nested, and where the block replaces the streams."""
    print("before")
    with fenced("somebody", print):
        print("inside")
        with fenced("another", print):
            print("further inside")
        print("still inside")
        sys.stdout = sys.stderr = None
    print("after")
    out, err = capsys.readouterr()
    assert out == "before\nafter\n"
    assert err == "inside\nfurther inside\nstill inside\n"


def test_who_changes_nothing_is_not_told_of():
    """A quiet block is quiet."""
    with fenced("somebody", pytest.fail):
        np.random.default_rng(3).standard_normal(3)


def test_a_library_s_set_up_on_its_first_import_is_nobody_s_fault(tmp_path, monkeypatch):
    """Filters that come with an import are put back without a word; the plugin's own import is another matter."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("noisy_library_one", "noisy_library_two"):
        (tmp_path / f"{name}.py").write_text("import warnings\nwarnings.simplefilter('error')\n")
    before, told = list(warnings.filters), []
    with fenced("a stage", told.append):
        import noisy_library_one  # noqa: F401
    assert (told, list(warnings.filters)) == ([], before)
    with fenced("a plugin", told.append, loading=True):
        import noisy_library_two  # noqa: F401
    assert told == ["a plugin changed the warning filters; undone"]


def test_another_thread_is_left_alone(capsys):
    """Outside of the main thread the process is shared: nothing is redirected, nothing put back."""
    before = Path.cwd()

    def work():
        with fenced("somebody", print):
            print("from a thread")
            os.chdir("/")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    moved = Path.cwd()
    os.chdir(before)
    assert moved == Path("/")
    assert capsys.readouterr().out == "from a thread\n"


def test_a_directory_that_is_gone_is_no_fault(tmp_path, monkeypatch):
    """A working directory that was deleted can't be read, nor gone back to; the block works all the same."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with fenced("somebody", pytest.fail):
        assert random is not None


def draws_with_numpy():
    np.random.random()  # noqa: NPY002


@pytest.mark.parametrize("meddle", [random.random, draws_with_numpy])
def test_calls_of_a_batch_share_one_check_of_the_generators(meddle):
    """What a trusted call draws is put back at the end, and told with the names of all trusted calls until then."""
    before, told = state(), []
    with batched(fence=True):
        with fenced("one", told.append, is_trusted=True):
            meddle()
        with fenced("two", told.append, is_trusted=True):
            pass
        assert told == []
    assert state() == before
    (message,) = told
    assert message.startswith("one or two changed ")


def test_others_in_a_batch_are_checked_call_by_call():
    """A stage that isn't trusted answers for its own changes and no one else's, whatever comes before and after."""
    before, told = state(), []
    with batched(fence=True):
        with fenced("ours", told.append, is_trusted=True):
            random.random()
        with fenced("theirs", told.append):
            draws_with_numpy()
        assert [message.partition(" changed ")[0] for message in told] == ["ours", "theirs"]
        assert state() == before
        with fenced("ours", told.append, is_trusted=True):
            pass
    assert len(told) == 2


@pytest.mark.parametrize("what", ["the working directory", "the warning filters", "NumPy's error handling"])
def test_what_is_read_fast_is_checked_call_by_call_in_a_batch(what):
    """Trusted or not, the name is the culprit's, and what it changed is put back before the next call."""
    before, told = state(), []
    with batched(fence=True):
        for who in ("one", "two"):
            with fenced(who, told.append, is_trusted=True):
                if who == "one":
                    MEDDLING[what]()
            assert state() == before
    assert told == [f"one changed {what}; undone"]


def test_a_batch_outside_of_the_main_thread_checks_nothing():
    """There the process is shared; and a batch within a batch is part of it."""
    told = []

    def work():
        with batched(fence=True), batched(fence=True), fenced("somebody", told.append, is_trusted=True):
            random.random()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert told == []
    before = random.getstate()
    work()
    assert random.getstate() == before
    assert len(told) == 1
