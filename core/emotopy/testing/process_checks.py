"""What every stage promises to the process that it runs in, to other processes, and to other threads."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from emotopy.testing.example_inputs import inputs_of, run_once, unseen_of, use
from emotopy.testing.generic_checks import arrays_of, copied, same
from emotopy.testing.other_process import Answer, other_process
from emotopy.testing.specimens import first_use, twin_of
from emotopy.testing.suite import Candidate, NotApplicable, Unavailable, decided_at_once, require

N_THREADS = 4


def check_importing_the_plugin_is_light(candidate: Candidate) -> None:
    """Importing the plugin's module in a new process imports no heavy library, prints and changes nothing."""
    module, found = candidate.registry.module_of(candidate.offer), other_process(candidate).imported
    if found is None:
        raise Unavailable(f"{candidate}: module {module} can't be imported by name in a new process")
    for what, changed in found.items():
        require(not changed, f"{candidate}: importing {module} must not touch {what}, it did: {changed}")


def check_leaves_the_process_alone(candidate: Candidate) -> None:
    """Making and using a stage leaves the settings of the process unchanged.

    Whatever else runs there keeps its working directory, environment, locale, signals, warning filters, logging, random
    generators and options of libraries; no thread, child process or temporary file is left behind, and nothing is
    printed. All but directory, logging and print count from the second use, since the libraries that a first use
    imports may touch theirs.
    """
    for use_of_it in (first_use(candidate), twin_of(candidate).use):
        for what in use_of_it.traces.changed:
            require(False, f"{candidate}: a stage leaves the process as it was, but this changed its {what}")
        for stream, printed in use_of_it.traces.printed.items():
            n_lines = len(printed.splitlines())
            require(not printed, f"{candidate}: a stage prints nothing, but {n_lines} line(s) went to {stream}")


@decided_at_once
def check_promised_threads_are_safe(candidate: Candidate) -> None:
    """A stage with `thread_safe = True` returns the same output to several threads at once as to each alone."""
    stage = candidate.stage()
    if getattr(stage, "thread_safe", False) is not True:
        raise NotApplicable(f"{candidate}: promises no thread safety (attribute thread_safe = True)")
    run_once(candidate, stage, inputs_of(candidate))
    inputs = [unseen_of(candidate, i % 3) for i in range(4 * N_THREADS)]
    alone = [copied(use(candidate, stage, one)) for one in inputs]
    interval = sys.getswitchinterval()
    try:
        sys.setswitchinterval(1e-6)  # threads change places as often as they can
        with ThreadPoolExecutor(N_THREADS) as threads:
            together = list(threads.map(lambda one: use(candidate, stage, one), inputs))
    finally:
        sys.setswitchinterval(interval)
    require(same(together, alone), f"{candidate}: gives other output when several threads use it at once")


def check_same_output_in_another_process(candidate: Candidate) -> None:
    """A new process, with another `hash` seed and after other input, returns the same output."""
    there, here = _elsewhere(candidate), first_use(candidate)
    require(
        same(there.arrays, arrays_of(here.output)),
        f"{candidate}: another process got other output for the same input; does it use hash(), the order of a set, or "
        "what its class or module keeps of earlier input? (zlib.crc32 and sorted() are the same everywhere)",
    )
    for what, value in here.facts.items():
        require(
            there.facts.get(what) == value,
            f"{candidate}: {what} must be the same in another process; does it use hash(), or the order of a set?",
        )


def check_another_process_stays_clean(candidate: Candidate) -> None:
    """A process that makes and uses the stage prints nothing and leaves no file behind.

    Output of C code and of child processes counts, as do files in the working directory and temporary ones.
    """
    there = _elsewhere(candidate)
    n_lines = len(there.printed.splitlines())
    require(not there.printed, f"{candidate}: a stage prints nothing, but {n_lines} line(s) came out of a new process")
    n_files = len(there.left)
    require(
        not n_files, f"{candidate}: a stage leaves no files, but {n_files} lay in the working or temporary directory"
    )


def _elsewhere(candidate: Candidate) -> Answer:
    """Return what the stage gives in another process; asked once for all checks."""
    if candidate.stages or any(name in candidate.offer.signature.stages for name in candidate.options):
        raise Unavailable(f"{candidate}: stages given as objects can't be taken to another process")
    child = other_process(candidate)
    if child.imported is None:
        module = candidate.registry.module_of(candidate.offer)
        raise Unavailable(f"{candidate}: module {module} can't be imported by name in a new process")
    candidate.stage()  # which says so where it can't be made here
    kept = candidate.pool.kept
    if "elsewhere" not in kept:
        kept["elsewhere"] = child.use(candidate)
    found: Answer = kept["elsewhere"]
    return found


EVERY_ROLE = (
    check_importing_the_plugin_is_light,
    check_leaves_the_process_alone,
    check_promised_threads_are_safe,
    check_same_output_in_another_process,
    check_another_process_stays_clean,
)
