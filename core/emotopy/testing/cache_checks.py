"""What a stage promises that keeps work between runs: no texts on disk, nobody else's to read, and no wrong answers."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from emotopy.bounds import split_annotation
from emotopy.errors import ConfigError, EmotopyError
from emotopy.registry.options import SEED, Option, convert
from emotopy.roles import Fingerprinted, Host
from emotopy.testing.example_inputs import SECRETS, confidential_inputs_of, contents, inputs_of, run_once
from emotopy.testing.generic_checks import copied, same
from emotopy.testing.secrets_in_files import texts_in
from emotopy.testing.specimens import first_use
from emotopy.testing.suite import Candidate, NotApplicable, Unavailable, decided_at_once, require


@decided_at_once
def check_a_cache_holds_no_texts(candidate: Candidate) -> None:
    """Files in `Host.cache_dir` hold no text or part of a text, and only the user can read them.

    A second stage that finds it there gives the same output as a stage without.
    """
    if not candidate.offer.signature.hosts:
        raise NotApplicable(f"{candidate}: takes no Host, and so has no folder to keep work in")
    candidate.stage()  # which says so where it can't be made here
    inputs, texts = confidential_inputs_of(candidate)
    without = copied(run_once(candidate, candidate.stage(), inputs))
    with tempfile.TemporaryDirectory() as folder:
        host = Host(cache_dir=Path(folder) / "cache")
        outputs = []
        for _ in range(2):  # the second finds what the first kept
            outputs.append(copied(run_once(candidate, candidate.make(host=host), confidential_inputs_of(candidate)[0])))
            if not list(Path(folder).rglob("*")):
                raise NotApplicable(f"{candidate}: keeps nothing in its cache folder")
        found = texts_in(contents(Path(folder)), texts, SECRETS)
        for leak in found.leaks:
            require(False, f"{candidate}: a cache holds no texts (keep a hash in their place), {leak.place} does")
        open_to_others = [path.name for path in _files(Path(folder)) if _others_may_read(path, Path(folder))]
        require(
            os.name != "posix" or not open_to_others,
            f"{candidate}: only the user reads a cache (mode 0600, in a folder of mode 0700), others may read "
            f"{', '.join(sorted(open_to_others)[:3])}",
        )
    for output in outputs:
        require(same(output, without), f"{candidate}: with a cache folder it gives another output than without")
    if found.unread:
        raise Unavailable(f"{candidate}: not all of its cache can be looked into: {', '.join(found.unread[:3])}")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _others_may_read(path: Path, folder: Path) -> bool:
    """Whether somebody else may, given the modes of the file and of the folders below `folder` that it lies in."""
    within = [path, *(parent for parent in path.parents if folder in parent.parents)]
    return all(place.stat().st_mode & 0o077 for place in within)


def check_a_fingerprint_tells_options_apart(candidate: Candidate) -> None:
    """Stages whose output differs have different fingerprints, for every option.

    Work is reused where fingerprints are equal: an option that its fingerprint leaves out would have no effect then.
    """
    stage = candidate.stage()
    if not isinstance(stage, Fingerprinted):
        raise NotApplicable(f"{candidate}: has no fingerprint, so nothing of it is reused")
    first, fingerprint = first_use(candidate).output, stage.fingerprint
    is_word = isinstance(fingerprint, str) and bool(fingerprint)
    require(is_word, f"{candidate}: a fingerprint is a word that isn't empty, got a {type(fingerprint).__name__}")
    for option in candidate.offer.signature.options.values():
        for value in _others(option, candidate.options.get(option.name, option.default)):
            try:
                other = candidate.make_or_raise(**{option.name: value})
                if not isinstance(other, Fingerprinted) or other.fingerprint != fingerprint:
                    continue
                output = run_once(candidate, other, inputs_of(candidate))
            except EmotopyError:  # not a value for this stage, or not one for here
                continue
            require(
                same(output, first),
                f"{candidate}: with another {option.name} it gives another output under the same fingerprint",
            )


def _others(option: Option, value: Any) -> list[Any]:
    """Return one other value of an option, where its type is a plain one; none otherwise."""
    bare, _ = split_annotation(option.annotation)
    if option.name == SEED or value is inspect.Parameter.empty:
        return []
    if get_origin(bare) is Literal:
        choices = [one for one in get_args(bare) if one != value]
    elif isinstance(value, bool):
        choices = [not value]
    elif isinstance(value, (int, float)):
        choices = [value + 1, value / 2 if isinstance(value, float) else value - 1]
    else:
        choices = []
    fitting = []
    for choice in choices:
        try:
            fitting.append(convert(choice, option.annotation, option.name))
        except ConfigError:
            continue
    return fitting[:1]


EVERY_ROLE = (check_a_cache_holds_no_texts, check_a_fingerprint_tells_options_apart)
