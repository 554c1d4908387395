"""What every stage promises of its output: it can be had again, whatever was asked before, wherever, by whomever."""

from __future__ import annotations

import contextlib
import decimal
import locale
import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from emotopy.errors import EmotopyError
from emotopy.testing.example_inputs import inputs_of, learns, odd_of, other_inputs_of, run_once, unseen_of, use
from emotopy.testing.generic_checks import arrays_within, copied, laid, read_only, same
from emotopy.testing.specimens import first_use, twin_of
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require


def check_same_input_same_output(candidate: Candidate) -> None:
    """A stage that is used twice on the same input returns the same output."""
    first = first_use(candidate).output
    again = run_once(candidate, candidate.stage(), inputs_of(candidate))
    require(same(again, first), f"{candidate}: used a second time on the same input, it gave another output")


def check_same_seed_same_output(candidate: Candidate) -> None:
    """Two stages with the same options and seed return the same output for the same input."""
    first, twin = first_use(candidate), twin_of(candidate)
    if not same(twin.use.output, first.output):  # its options went through JSON, which another check judges
        output = run_once(candidate, candidate.make(), inputs_of(candidate))
        alike = same(output, first.output)
        require(alike, f"{candidate}: two stages of the same seed gave different output for the same input")


def check_can_be_had_again_without_pickle(candidate: Candidate) -> None:
    """Options, seed and fitted data determine a stage completely, so that a run can be saved without pickle.

    Made again from options that went through JSON, and fitted to the same input, it gives the same output for what it
    has seen and for what it hasn't.
    """
    first, stage, twin = first_use(candidate), candidate.stage(), twin_of(candidate)
    require(not twin.refusal, f"{candidate}: {twin.refusal}")
    alike = same(twin.use.output, first.output)
    require(alike, f"{candidate}: made again from its options, it gave another output for the same input")
    for what, value in first.facts.items():
        require(twin.use.facts.get(what) == value, f"{candidate}: made again from its options, it has another {what}")
    try:
        ours, theirs = (_of_unseen(candidate, one) for one in (stage, twin.stage))
    except NotApplicable:  # nothing but what it has seen can be asked of it
        return
    alike = same(ours, theirs, 1e-4)
    require(alike, f"{candidate}: made and fitted again, it gave another output for unseen input")


def check_input_stays_as_it_was(candidate: Candidate) -> None:
    """The stage doesn't change its input."""
    require(not first_use(candidate).has_changed_input, f"{candidate}: a stage only reads its input, this changed it")


def check_input_may_lie_anyhow_in_memory(candidate: Candidate) -> None:
    """The stage accepts read-only arrays, arrays in Fortran order, and a tuple of texts instead of a list."""
    first, stage = first_use(candidate).output, candidate.stage()
    if not list(arrays_within(inputs_of(candidate))) and not isinstance(inputs_of(candidate), (list, tuple)):
        raise NotApplicable(f"{candidate}: is given neither arrays nor texts")
    for what, lay in LAYOUTS.items():
        try:
            found = run_once(candidate, stage, laid(inputs_of(candidate), lay))
        except (TypeError, ValueError, AttributeError) as error:
            message = f"{candidate}: takes {what}, this came: {type(error).__name__}: {error}"
            raise ContractViolation(message) from error
        alike = (
            same(found, first)
            if what != FORTRAN
            else [np.shape(one) for one in _listed(found)] == [np.shape(one) for one in _listed(first)]
        )
        require(alike, f"{candidate}: gives another output for {what} than for what is equal to it")


FORTRAN = "arrays in Fortran's order"
"""Sums come in another order then, after which a layout of neighbours may look quite different."""
LAYOUTS = {
    "arrays that can't be written to": read_only,
    FORTRAN: lambda array: read_only(np.asfortranarray(array)),
}


def _listed(output: Any) -> list[Any]:
    return list(output) if isinstance(output, (list, tuple)) else [output]


def check_earlier_use_leaves_no_trace(candidate: Candidate) -> None:
    """Earlier calls and fits, including those on unusual input, don't change later output."""
    first, stage = first_use(candidate).output, candidate.stage()
    run_once(candidate, stage, other_inputs_of(candidate))
    for odd in odd_of(candidate):
        with contextlib.suppress(EmotopyError):
            use(candidate, stage, odd)
    alike = same(run_once(candidate, stage, inputs_of(candidate)), first)
    require(alike, f"{candidate}: after other input, it gives another output for the same input than at its first use")
    try:
        before = copied(use(candidate, stage, unseen_of(candidate)))
        use(candidate, stage, unseen_of(candidate, 1))
        after = use(candidate, stage, unseen_of(candidate))
    except NotApplicable:
        return
    alike = same(after, before, 1e-4)
    require(alike, f"{candidate}: once fitted, it gives another output for unseen input after other unseen input")


def check_two_stages_share_nothing(candidate: Candidate) -> None:
    """Using or fitting one stage doesn't change the output of another with the same options."""
    stage, other = candidate.stage(), twin_of(candidate).stage

    def answer() -> Any:
        return use(candidate, stage, unseen_of(candidate))

    try:
        if learns(candidate, stage):
            run_once(candidate, stage, inputs_of(candidate))
        before = copied(answer())
        run_once(candidate, other, other_inputs_of(candidate))
        alike = same(answer(), before, 1e-4)
    except NotApplicable as error:
        raise NotApplicable(f"{candidate}: nothing but what it was fitted to can be asked of it") from error
    require(alike, f"{candidate}: using one stage changes what another gives; do they share an attribute of the class?")


def check_answers_belong_to_the_caller(candidate: Candidate) -> None:
    """Output shares no memory with the input or the stage, so changes on either side don't affect the other."""
    if candidate.offer.role == "reporter":
        raise NotApplicable(f"{candidate}: a reporter's answer is its files")
    first, stage, inputs = first_use(candidate).output, candidate.stage(), inputs_of(candidate)
    answer = run_once(candidate, stage, inputs)
    before = copied(answer)
    run_once(candidate, stage, other_inputs_of(candidate))
    require(same(answer, before), f"{candidate}: using it again changed an answer given before; return a copy")
    for array in arrays_within(inputs if answer is not inputs else ()):  # a stage may hand its input through
        array[...] = 0
    require(same(answer, before), f"{candidate}: an answer is a view of the input and changes with it; return a copy")
    for array in arrays_within(answer):
        if array.flags.writeable:
            array[...] = 0
    again = run_once(candidate, stage, inputs_of(candidate))
    require(same(again, first), f"{candidate}: who writes into an answer changes what the stage gives later")


def check_any_thread_may_use_it(candidate: Candidate) -> None:
    """A stage returns the same output in another thread than the one that made it, one thread at a time."""
    first, stage, inputs = first_use(candidate).output, candidate.stage(), inputs_of(candidate)
    with ThreadPoolExecutor(1) as threads:
        try:
            there = threads.submit(run_once, candidate, stage, inputs).result()
        except EmotopyError:
            raise
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            message = f"{candidate}: a stage works in any thread; in another than the one that made it came {what}"
            raise ContractViolation(message) from error
    require(same(there, first), f"{candidate}: another thread than the one that made it got another output")


def check_settings_of_the_process_do_not_matter(candidate: Candidate) -> None:
    """Output doesn't depend on global random generators, locale, time zone or decimal context.

    Of locales, one that writes numbers with a comma is tried where the system has one.
    """
    first, stage, inputs = first_use(candidate).output, candidate.stage(), inputs_of(candidate)
    with _other_settings():
        there = run_once(candidate, stage, inputs)
    require(
        same(there, first),
        f"{candidate}: its output depends on the process's random generators, locale, time zone or decimal context",
    )


LOCALES = ("de_DE.UTF-8", "fr_FR.UTF-8", "nb_NO.UTF-8", "tr_TR.UTF-8", "C.UTF-8", "C")


@contextlib.contextmanager
def _other_settings() -> Iterator[None]:
    """Put the process into a state that nobody would choose, and back afterwards."""
    python, numpy, local = random.getstate(), np.random.get_state(legacy=True), locale.setlocale(locale.LC_ALL)  # noqa: NPY002
    zone = os.environ.get("TZ")
    try:
        random.seed("another state that nobody would seed to")
        np.random.set_state(np.random.RandomState(1_790_346_253).get_state(legacy=True))  # noqa: NPY002
        for name in LOCALES:
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_ALL, name)
                break
        _time_zone("Asia/Kathmandu")
        with decimal.localcontext() as context:
            context.prec = 5
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        locale.setlocale(locale.LC_ALL, local)
        _time_zone(zone)


def _time_zone(name: str | None) -> None:
    if name is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = name
    if hasattr(time, "tzset"):
        time.tzset()


def _of_unseen(candidate: Candidate, stage: Any) -> Any:
    """Return what a stage gives for unseen input, fitted to the usual one before where its role learns."""
    if learns(candidate, stage):
        run_once(candidate, stage, inputs_of(candidate))
    return use(candidate, stage, unseen_of(candidate))


EVERY_ROLE = (
    check_same_input_same_output,
    check_same_seed_same_output,
    check_can_be_had_again_without_pickle,
    check_input_stays_as_it_was,
    check_input_may_lie_anyhow_in_memory,
    check_earlier_use_leaves_no_trace,
    check_two_stages_share_nothing,
    check_answers_belong_to_the_caller,
    check_any_thread_may_use_it,
    check_settings_of_the_process_do_not_matter,
)
