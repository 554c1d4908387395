"""Data sets: for each promise there is one that breaks just that one, and the suite says so."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from tests.testing.test_role_promises import like, run

from emotopy.readers.confidential import mark
from emotopy.records.dataset_info import LeftOut, with_remarks
from emotopy.testing import ContractViolation, NotApplicable
from emotopy.testing.doubles import LinesDataset

CARD = attrs.evolve(LinesDataset.card, name="it")


def card(**changes):
    """A data set that is well but for its card."""
    return {"card": attrs.evolve(CARD, **changes)}


def changed(change):
    """A loader whose table is changed afterwards."""
    return {"load": lambda self, source: change(LinesDataset.load(self, source))}


def _card_of_options(self, longest: int = 1000):
    LinesDataset.__init__(self, longest)
    self.card = attrs.evolve(CARD, licence="another", columns=("id", "text", "group"))


def _writes_beside(self, source):
    (source / "cache.bin").write_bytes(b"1")
    return LinesDataset.load(self, source)


def _rewrites(self, source):
    found = LinesDataset.load(self, source)
    (source / "lines.txt").write_text("calm: nothing more\n", "utf-8")
    return found


def _takes_nothing_for_granted(self, source):
    file = source / "lines.txt"
    return LinesDataset.load(self, source) if file.is_file() else [].index(str(file))


def _invents(self, source):
    import pandas as pd

    if not (source / "lines.txt").is_file():
        return pd.DataFrame({"id": ["1"], "text": ["made up"], "group": ["a"]})
    return LinesDataset.load(self, source)


def _fragile(self, source):
    lines = (source / "lines.txt").read_bytes() if (source / "lines.txt").is_file() else b""
    if lines and b": " not in lines:
        raise IndexError
    return LinesDataset.load(self, source)


def _talkative(self, source):
    from emotopy.errors import InputError

    try:
        return LinesDataset.load(self, source)
    except InputError as error:
        raise InputError("no: a walk by the river") from error


N_CALLS = {"n": 0}


def _another_each_time(self, source):
    N_CALLS["n"] += 1
    return LinesDataset.load(self, source).assign(text=f"call {N_CALLS['n']}")


BROKEN = [
    ("card_says_what_it_is", card(name="other")),
    ("card_says_what_it_is", card(licence=" ")),
    ("card_says_what_it_is", card(cite="")),
    ("card_says_what_it_is", card(language="")),
    ("card_says_what_it_is", card(columns=("id", "text", "text"))),
    ("card_says_what_it_is", {"__init__": _card_of_options}),
    ("example_loads_as_the_card_says", card(columns=("id", "text", "group", "age"))),
    ("example_loads_as_the_card_says", card(map_columns={"unit": "writer"})),
    ("example_loads_as_the_card_says", changed(lambda frame: frame.iloc[:0])),
    ("example_loads_as_the_card_says", changed(lambda frame: frame.assign(text=3))),
    ("example_loads_as_the_card_says", changed(lambda frame: frame.assign(text=np.nan))),
    ("example_loads_as_the_card_says", changed(lambda frame: frame.assign(id="same"))),
    ("example_loads_as_the_card_says", changed(mark)),
    ("example_loads_as_the_card_says", changed(lambda frame: with_remarks(frame, [LeftOut("one", "")]))),
    ("example_loads_as_the_card_says", changed(lambda frame: with_remarks(frame, (), [3]))),
    ("example_loads_as_the_card_says", changed(lambda frame: frame["text"].tolist())),
    ("example_loads_as_the_card_says", {"example": lambda self, folder: folder}),
    ("example_loads_as_the_card_says", {"example": lambda self, folder: folder.parent / "elsewhere"}),
    ("source_stays_as_it_was", {"load": _writes_beside}),
    ("source_stays_as_it_was", {"load": _rewrites}),
    ("what_lacks_is_refused", {"load": _takes_nothing_for_granted}),
    ("what_lacks_is_refused", {"load": _invents}),
    ("damaged_files_are_refused_or_read", {"load": _fragile}),
    ("damaged_files_are_refused_or_read", {"load": _talkative}),
    ("recognises_its_own", {"recognises": lambda self, source: True}),
    ("recognises_its_own", {"recognises": lambda self, source: False}),
    ("records_are_described", {"describe": lambda self, loaded, source: "one string"}),
    ("records_are_described", {"describe": lambda self, loaded, source: []}),
    ("same_input_same_output", {"load": _another_each_time}),
]


@pytest.mark.parametrize(("check", "members"), BROKEN, ids=[f"{check}-{i}" for i, (check, _) in enumerate(BROKEN)])
def test_what_breaks_a_promise_is_found(check, members):
    """The check that the promise is named for raises."""
    with pytest.raises(ContractViolation):
        run("dataset", like(LinesDataset, **{"card": CARD, **members}), check)


@pytest.mark.parametrize("check", sorted({check for check, _ in BROKEN}))
def test_what_keeps_them_passes(check):
    """The double itself, under its own name on the card, breaks none; what it can't do isn't asked of it."""
    whole = like(LinesDataset, card=CARD)
    if check in ("recognises_its_own", "records_are_described"):
        with pytest.raises(NotApplicable):
            run("dataset", whole, check)
        members = {"recognises": lambda self, source: (source / "lines.txt").is_file()}
        members["describe"] = lambda self, loaded, source: [f"{len(loaded)} lines"]
        whole = like(LinesDataset, card=CARD, **members)
    run("dataset", whole, check)
