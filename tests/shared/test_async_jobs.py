"""Jobs on an event loop of their own: what is under way when they are left, and what is started."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from emotopy_plugins.shared.async_jobs import concurrently


@contextlib.asynccontextmanager
async def session(stopping):
    yield stopping


def start(jobs, *, lasts_s, grace_s, limit=3):
    """Return a generator of answers, the lists of jobs begun and finished, and what was logged."""
    begun, finished, logged = [], [], []

    async def work(stopping, job):
        begun.append(job)
        await asyncio.sleep(lasts_s if job else 0)
        finished.append(job)
        return job

    answers = concurrently(jobs, work, session, limit=limit, grace_s=grace_s, log=logged.append)
    return answers, begun, finished, logged


def leave(answers, error):
    """Take one answer, then raise."""
    with contextlib.closing(answers):
        for _ in answers:
            raise error


def test_all_answers_come():
    """Each job's, whichever is done first."""
    answers, _, finished, logged = start(range(20), lasts_s=0.001, grace_s=5)
    assert sorted(answers) == [(job, job) for job in range(20)]
    assert sorted(finished) == list(range(20))
    assert logged == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("x")])
def test_what_is_under_way_finishes_when_the_caller_leaves(error):
    """Within the grace; nothing else is started."""
    answers, begun, finished, logged = start(range(50), lasts_s=0.3, grace_s=20)
    with pytest.raises(type(error)):
        leave(answers, error)
    assert sorted(begun) == sorted(finished)
    assert 1 <= len(begun) <= 4
    assert len(logged) == 1


def test_after_the_grace_it_is_cancelled():
    """What takes longer isn't waited for."""
    answers, begun, finished, _ = start(range(50), lasts_s=60, grace_s=0.2)
    with pytest.raises(KeyboardInterrupt):
        leave(answers, KeyboardInterrupt())
    assert finished == [0]
    assert len(begun) <= 4


def test_without_grace_it_is_cancelled_at_once():
    """The default of callers that keep nothing."""
    answers, _, finished, logged = start(range(50), lasts_s=60, grace_s=0)
    with pytest.raises(KeyboardInterrupt):
        leave(answers, KeyboardInterrupt())
    assert finished == [0]
    assert logged == []
