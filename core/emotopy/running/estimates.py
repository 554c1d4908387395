"""What work will take, told before it begins: time, memory, disk; and whether the machine has that much.

An estimate is a sum of terms, each a size of the work (texts, rows × edges, permutations × units) times a constant.
The constants stand in ``estimate_constants.json``; `tests/benchmarks/estimate_constants.py` measures them and says how
far estimates are off. They hold for the built-in stages on the machine named there: read "about 3 min" as one to nine.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import attrs

from emotopy.config import Config
from emotopy.errors import ResourceError
from emotopy.roles import Host
from emotopy.running.progress import duration
from emotopy.wording import flag

TOLD_FROM_S = 10.0
"""Shorter work isn't announced."""
MEBIBYTE = 1 << 20

Terms = Mapping[str, float]
"""Sizes of a piece of work, by what a constant is measured per."""


@attrs.frozen
class Need:
    """About what a piece of work takes: seconds on one core, bytes of memory at the most, bytes of results.

    `unknown` names stages that no constants are known of: what they take comes on top. `terms` are the sizes that the
    estimate was made from.
    """

    seconds: float
    memory_bytes: float
    disk_bytes: float
    unknown: tuple[str, ...] = ()
    terms: Terms = attrs.field(factory=dict, repr=False)

    def __str__(self) -> str:
        return f"about {duration(self.seconds)}, {size_in_words(self.memory_bytes)} of memory{self.without}"

    @property
    def without(self) -> str:
        """Return which stages the estimate leaves out, as the end of a sentence."""
        return f", not counting {', '.join(self.unknown)}" if self.unknown else ""


@cache
def constants() -> dict[str, dict[str, dict[str, float]]]:
    """Return the constants by work, by ``seconds``, ``memory_bytes`` or ``disk_bytes``, and by term: per unit of it."""
    text = (files("emotopy.running") / "estimate_constants.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, dict[str, float]]] = json.loads(text)["constants"]
    return found


def estimate(work: str, terms: Terms, given: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None) -> Need:
    """Return what `work` (``map``, ``decode``, ``compare``) of these sizes takes.

    Terms with a role in their name (``reducer:umap``) that no constant is known of are named in `unknown`; constants
    are those of `constants()` unless others are given.
    """
    known = (constants() if given is None else given)[work]
    sums = {name: sum(by_term.get(term, 0.0) * size for term, size in terms.items()) for name, by_term in known.items()}
    unknown = tuple(term.replace(":", " ") for term in terms if ":" in term and term not in known["seconds"])
    return Need(sums["seconds"], sums["memory_bytes"], sums["disk_bytes"], unknown, dict(terms))


def map_terms(
    *,
    n_rows: int,
    n_texts: int,
    n_characters: int,
    n_units: int,
    n_groups: int,
    n_regions: int,
    n_resamples: int,
    fit_texts: int | None = None,
    stages: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Return the sizes of mapping texts.

    Parameters
    ----------
    n_rows, n_texts, n_characters
        Rows of the input, their distinct texts, and the characters of these.
    n_units, n_groups, n_regions, n_resamples
        Units that intervals are drawn over (texts, where there are none), groups, regions or nodes, resamples.
    fit_texts
        Distinct texts from which on the stages are fitted to a sample; None: never.
    stages
        The names of stages, by role (`stage_names`).
    """
    n_segments = n_texts + n_characters / 100  # a sentence has some 20 words at most
    n_fitted = n_segments if fit_texts is None else min(n_segments, fit_texts * n_segments / max(n_texts, 1))
    terms = {
        "run": 1.0,
        "rows": float(n_rows),
        "segments": n_segments,
        "fitted segments": n_fitted,
        "characters": float(n_characters),
        "draws": float(n_resamples) * n_units * (2 if n_groups else 1),
        "cells": float(n_groups + 1) * n_regions,
    }
    for role, name in (stages or {}).items():
        terms[f"{role}:{name}"] = n_fitted * math.log2(n_fitted + 2)
    return terms


def decode_terms(
    *,
    n_subjects: int,
    n_volumes: int,
    n_regions: int,
    n_rows: int,
    n_emotions: int,
    n_surrogates: int,
    n_sets: int,
    n_baselines: int = 3,
    stages: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Return the sizes of decoding a study.

    Parameters
    ----------
    n_subjects, n_volumes, n_regions
        Subjects, volumes of one of them, regions.
    n_rows
        Windows of all subjects.
    n_emotions, n_surrogates
        What is decoded, and how many surrogates are drawn of each null.
    n_sets
        Feature sets of a value per pair of regions.
    n_baselines
        Feature sets of a value per region or fewer.
    stages
        The names of stages, by role (`stage_names`).
    """
    n_edges = n_regions * (n_regions - 1) / 2
    smaller = min(float(n_rows), n_edges)
    n_targets = float(n_emotions) * (n_surrogates + 1)
    of_stages = {f"{role}:{name}": n_targets * n_rows for role, name in (stages or {}).items()}
    return of_stages | {
        "run": 1.0,
        "series": float(n_subjects) * n_volumes * n_regions * n_sets,
        "features": float(n_rows) * n_edges * n_sets,
        "products": float(n_rows) * n_edges * smaller * n_sets,
        "factors": float(n_subjects) * smaller**2 * n_sets,
        "predictions": n_targets * n_rows * (n_sets * smaller + n_baselines * min(float(n_rows), float(n_regions))),
        "targets": n_targets * n_rows * (n_sets + n_baselines),
        "drawn": n_targets * n_volumes,
        "patterns": n_targets * n_edges * n_rows,
        "pattern values": n_targets * n_edges,
        "graphs": n_targets * n_regions**2 * math.log2(n_regions + 2),
        "kernel": smaller**2,
        "held features": float(n_rows) * n_edges,
        "edge rows": float(n_emotions) * n_edges,
        "prediction rows": float(n_emotions) * n_rows * (n_sets + n_baselines),
    }


def compare_terms(
    *, n_rows: int, n_units: int, n_groups: int, n_columns: int, n_permutations: int, n_covariates: int = 0
) -> dict[str, float]:
    """Return the sizes of comparing groups.

    Parameters
    ----------
    n_rows
        Rows of the mapped texts.
    n_units, n_groups
        Units of all groups, and groups: every pair is compared, and more than two all at once.
    n_columns
        Regions times measures that are tested.
    n_permutations, n_covariates
        Relabellings of each test; covariates, with which residuals are permuted.
    """
    n_pairs = n_groups * (n_groups - 1) / 2
    in_tests = (n_groups - 1) * n_units + (n_units if n_groups > 2 else 0)  # a unit is in a pair per other group
    relabelled = float(n_permutations) * in_tests * n_columns
    n_tests = n_pairs + (n_groups > 2)
    return {
        "run": 1.0,
        "rows": float(n_rows),
        "tests": n_tests,
        "statistics": float(n_permutations) * n_tests * n_columns,
        "relabelled": 0.0 if n_covariates else relabelled,
        "residuals": relabelled if n_covariates else 0.0,
        "units": float(n_units) * n_columns,
    }


def stage_names(config: Config, roles: Sequence[str]) -> dict[str, str]:
    """Return the names of a configuration's stages, by role; those of emotopy's own without their owner."""
    chosen = {role: config.stages[role] for role in roles}
    return {
        role: type(one.use).__name__ if one.is_object else str(one.use).removeprefix("emotopy:")
        for role, one in chosen.items()
    }


def check_need(need: Need, host: Host, *, advice: str) -> None:
    """Tell what work will take where that is long, and refuse it where the machine hasn't as much.

    Memory is what the machine and this process' limits have left, disk what is free at `host.results_dir`. With
    `host.force` a line of the log says that it may not be enough.

    Raises ResourceError, with the bytes that are wanted and those that there are.
    """
    if need.seconds >= TOLD_FROM_S:
        host.log(f"expected: {need}")
    have = available_memory_bytes()
    error = None
    if have is not None and need.memory_bytes > have:
        error = ResourceError.of("memory", int(need.memory_bytes), have, advice=advice)
    elif host.results_dir is not None:
        free = free_disk_bytes(host.results_dir)
        if need.disk_bytes > free:
            error = ResourceError.of(
                "disk space", int(need.disk_bytes), free, advice=f"free some space, or choose another {flag('--out')}"
            )
    if error is None:
        return
    if not host.force:
        raise error
    host.log(f"{error.args[0]}; continuing because of {flag('--force')}")


def doubt_of_need(need: Need, host: Host, *, advice: str) -> ResourceError | None:
    """Return the error that `check_need` would raise; None where there is enough, or a run is forced."""
    try:
        check_need(need, host, advice=advice)
    except ResourceError as error:
        return error
    return None


def available_memory_bytes() -> int | None:
    """Return the memory that this process may have in all: what it has, and what is left; None where nobody tells.

    The least of what the machine has available, of the control group's limit (version 2 or 1), and of the process'
    own limit of its address space.
    """
    held = _resident_bytes()
    left = [one for one in (_machine_left(), _groups_left(), _address_space_left()) if one is not None]
    return held + max(min(left), 0) if left else None


def free_disk_bytes(folder: Path) -> int:
    """Return the bytes free where `folder` is, or will be made."""
    place = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return shutil.disk_usage(place).free


def size_in_words(n_bytes: float) -> str:
    """Return a size to about two digits.

    >>> size_in_words(1.234e9), size_in_words(45e9), size_in_words(3.4e6)
    ('1.2 GB', '45 GB', '3 MB')
    """
    if n_bytes < 1e9:
        return f"{max(n_bytes / 1e6, 1):.0f} MB"
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes < 1e10 else f"{n_bytes / 1e9:,.0f} GB"


def _machine_left() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _groups_left(proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Return the least that the control groups around this process leave; None without a limit."""
    try:
        lines = [line.strip().split(":", 2) for line in proc.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return None
    found = []
    for _, controllers, path in (line for line in lines if len(line) == 3):
        if controllers not in ("", "memory"):
            continue
        top = root / controllers  # version 1 mounts each controller by itself
        own = top / path.lstrip("/")
        found += [_group_left(one) for one in (own, *own.parents) if one == top or top in one.parents]
    return min((one for one in found if one is not None), default=None)


def _group_left(folder: Path) -> int | None:
    """Return what one control group leaves; what it holds of files can be given up."""
    for limit, used, files_held in (
        ("memory.max", "memory.current", "inactive_file"),
        ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            most, now = (int((folder / name).read_text(encoding="ascii")) for name in (limit, used))
            stat = (folder / "memory.stat").read_text(encoding="ascii")
        except (OSError, ValueError):  # "max": no limit
            continue
        held = dict(line.split()[:2] for line in stat.splitlines() if len(line.split()) >= 2)
        return most - now + int(held.get(files_held, 0))
    return None


def _address_space_left() -> int | None:
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY:
            return None
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return soft - pages * resource.getpagesize()
    except (ImportError, OSError, ValueError, IndexError):
        return None


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
