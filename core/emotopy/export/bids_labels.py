"""Labels of BIDS entities: letters and digits alone, a label per name, the mapping kept."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

LONGEST = 32
"""Characters of a label that is made from a name; file systems allow 255 bytes a file."""
_NOT_ALLOWED = re.compile(r"[^0-9A-Za-z]+")
_VALID = re.compile(rf"[0-9A-Za-z]{{1,{LONGEST}}}")


def labels_of(names: Iterable[str], *, prefix: str = "") -> dict[str, str]:
    """Return a BIDS label for each distinct name, name → label; labels differ even where case doesn't count.

    A name that is a label already stays as it is, after `prefix` was taken away. Of another one letters and digits
    remain, followed by ``x`` and eight digits of the name's SHA-256, which keep names apart that look alike then. The
    label of a name so depends on nothing but the name, and on whether another name is equal but for case.

    >>> labels_of(["sub-01", "sub-02"], prefix="sub-")
    {'sub-01': '01', 'sub-02': '02'}
    >>> labels_of(["fear", "joy & awe"])
    {'fear': 'fear', 'joy & awe': 'joyawexeee2532e'}
    """
    distinct = list(dict.fromkeys(names))
    stems = {name: name.removeprefix(prefix) if prefix else name for name in distinct}
    # Two names of one stem (`01`, `sub-01`), or stems that differ in case alone, would share a file on some systems.
    shared = Counter(stem.lower() for stem in stems.values())
    found = {name: stem for name, stem in stems.items() if _VALID.fullmatch(stem) and shared[stem.lower()] == 1}
    taken = {label.lower() for label in found.values()}
    for name in distinct:
        if name in found:
            continue
        digits, n_digits = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(), 8
        stem = _NOT_ALLOWED.sub("", stems[name])[:LONGEST]
        while f"{stem}x{digits[:n_digits]}".lower() in taken:
            n_digits += 1
        found[name] = f"{stem}x{digits[:n_digits]}"
        taken.add(found[name].lower())
    return {name: found[name] for name in distinct}


def participant_labels(names: Iterable[str]) -> dict[str, str]:
    """Return the label of each subject, without its ``sub-``."""
    return labels_of(names, prefix="sub-")
