"""`emotopy data` of data sets that plugins offer: the list, the commands made of them, flags and `--set`."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import attrs
import pandas as pd
import pytest
from annotated_types import Ge

from emotopy import Registry
from emotopy.testing import doubles
from emotopy.testing.doubles import LinesDataset

OFFERS = Registry.load(plugins=False).offers("dataset")
TABLES = [offer.name for offer in OFFERS if offer.card.columns]
SAID = {
    "goemotions": {"split": "all"},
    "daic-woz": {"speakers": "both", "unit_text": "chunk"},
    "e-daic": {"unit_text": "interview"},
    "schema-guided": {"split": "dev"},
    "paired-answers": {"models": ["one model", "another"], "question": "question", "topic": "topic"},
}
"""Options of each data set that gives a table, none of them its default."""


@pytest.fixture
def example(tmp_path):
    """A function that writes a data set's example, and returns what `--from` is given."""

    def write(name):
        (tmp_path / "source").mkdir()
        return Registry.load(plugins=False).make("dataset", name, **SAID.get(name, {})).example(tmp_path / "source")

    return write


def flags_of(options):
    """Options as flags of their names, as before there was `--set`."""
    words = []
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            words += ["--model" if name == "models" else f"--{name.replace('_', '-')}", one]
    return words


@pytest.mark.parametrize("name", TABLES)
def test_flags_and_set_say_the_same(call, example, tmp_path, name):
    """Table and file beside it are the same bytes; the file holds every option, those that were said and the others."""
    source = example(name)
    assert call("data", name, "--from", source, "--out", "flags.parquet", *flags_of(SAID[name])).code == 0
    sets = [word for key, value in SAID[name].items() for word in ("--set", f"{key}={json.dumps(value)}")]
    assert call("data", name, "--from", source, "--out", "sets.parquet", *sets).code == 0
    for ending in ("parquet", "json"):
        assert (tmp_path / f"flags.{ending}").read_bytes() == (tmp_path / f"sets.{ending}").read_bytes()
    about = json.loads((tmp_path / "sets.json").read_text("utf-8"))
    offer = next(offer for offer in OFFERS if offer.name == name)
    assert SAID[name].items() <= about["options"].items()
    assert list(offer.signature.options) == [key for key in about["options"] if key != "file"]
    assert about["columns"] == list(offer.card.columns)
    assert about["confidential"] is offer.card.confidential
    assert len(pd.read_parquet(tmp_path / "sets.parquet")) == about["n_rows"] > 0


class Odd:
    """A data set whose options have names of flags, and types of every kind."""

    card = attrs.evolve(LinesDataset.card, name="odd")

    def __init__(
        self,
        out: str = "here",
        help: bool = True,  # noqa: A002 (a name that a flag has)
        n: Annotated[int, Ge(1)] = 2,
        share: float | None = None,
        names: tuple[str, ...] = (),
        sizes: list[int] | None = None,
        is_short: bool = False,
        kind: Literal["a", "b"] | None = None,
    ) -> None:
        self.options = {key: value for key, value in locals().items() if key != "self"}

    example, load = LinesDataset.example, LinesDataset.load
    longest = 1000


@pytest.mark.parametrize(
    ("words", "changed"),
    [
        ((), {}),
        (("--set", "out=there", "--set", "help=false"), {"out": "there", "help": False}),
        (("--n", "3", "--share", "0.5"), {"n": 3, "share": 0.5}),
        (("--names", "1", "--names", "true"), {"names": ["1", "true"]}),
        (("--sizes", "1", "--sizes", "2"), {"sizes": [1, 2]}),
        (("--is-short", "--kind", "b"), {"is_short": True, "kind": "b"}),
        (("--no-is-short", "--share", "none"), {}),
        (("--n", "0"), "dataset.n"),
        (("--n", "many"), "dataset.n"),
        (("--share", "half"), "dataset.share"),
    ],
)
def test_flags_are_made_of_the_options_types(call, tmp_path, monkeypatch, words, changed):
    """Words stay words, numbers become numbers, options whose names are taken are set; what doesn't fit is named."""
    registry = Registry([doubles.plugin(dataset={"odd": Odd})])
    assert not registry.problems
    monkeypatch.setattr("emotopy.cli.dataset_command.load_registry", lambda context: registry)
    LinesDataset().example(tmp_path)
    run = call("data", "odd", "--from", ".", "--out", "odd.parquet", *words)
    if isinstance(changed, str):
        assert (run.code, changed in run.error) == (1, True)
        return
    assert run.code == 0, run.err
    usual = {"out": "here", "help": True, "n": 2, "share": None, "names": [], "sizes": None, "is_short": False}
    found = json.loads((tmp_path / "odd.json").read_text("utf-8"))["options"]
    assert found == usual | {"kind": None} | changed


@pytest.mark.parametrize("name", ["alice", "neuroquery"])
def test_records_are_described(call, example, name):
    """No table: there is no --out; what is there and what comes next is printed."""
    source = example(name)
    run = call("data", name, "--from", source)
    assert run.code == 0, run.err
    assert "Next:" in run.out
    assert str(source) in run.out
    assert call("data", name, "--from", source, "--out", "x.parquet").code == 2


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("goemotoins", "--from", "."), 1, "goemotions"),
        (("goemotions", "--from", ".", "--set", "split"), 1, "OPTION=VALUE"),
        (("goemotions", "--from", ".", "--set", "splt=dev"), 1, "Did you mean 'split'?"),
        (("goemotions", "--from", ".", "--set", "split=tran"), 1, "dataset.split"),
        (("goemotions", "--from", ".", "--set", "split=dev", "--split", "dev"), 1, "dataset.split"),
        (("goemotions", "--from", ".", "--unit-text", "turn"), 2, "--unit-text"),
        (("daic-woz", "--fetch"), 2, "--fetch"),
        (("daic-woz",), 2, "--from"),
    ],
)
def test_wrong_words_are_told_before_any_work(call, tmp_path, words, code, told):
    """1 for a name or an option that isn't one, 2 for usage; nothing is written."""
    run = call("data", *words, "--out", "x.parquet")
    assert run.code == code
    assert told in " ".join(run.err.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == []


def test_set_takes_the_role_s_name_too(call, example, tmp_path):
    """`dataset.split=dev` is `split=dev`, as `plugins check` takes it."""
    source = example("goemotions")
    for name, word in {"one": "split=dev", "two": "dataset.split=dev"}.items():
        assert call("data", "emotopy:goemotions", "--from", source, "--out", f"{name}.parquet", "--set", word).code == 0
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_what_is_installed_is_listed(call):
    """A row for each data set and each form of one's own files; the help of each names its flags."""
    listed = [line.split()[0] for line in call("data").out.splitlines()[1:] if line.strip()]
    assert listed[: len(OFFERS) + 2] == [*(offer.name for offer in OFFERS), "chat", "transcript"]
    for offer in OFFERS:
        told = call("data", offer.name, "--help").out
        assert "--from" in told
        assert ("--out" in told) == bool(offer.card.columns)
        assert [name for name in offer.signature.options if f"--{name.replace('_', '-')}" not in told] == []


@pytest.mark.parametrize("offer", OFFERS, ids=str)
def test_plugins_show_says_the_card(call, offer):
    """What to cite, licence, home, columns, and every option; `emotopy plugins` lists the role."""
    shown = call("plugins", "show", f"dataset.{offer.name}").out
    assert all(said in shown for said in (offer.card.cite, offer.card.licence, offer.card.home, *offer.card.columns))
    assert all(option in shown for option in offer.signature.options)
    rows = [line.split()[:3] for line in call("plugins").out.splitlines()]
    assert ["dataset", offer.name, offer.owner] in rows


def test_plugins_check_checks_a_data_set(call):
    """On its own example, with options where it needs some; no promise is broken, and none is left unchecked."""
    for name, sets in {"e-daic": (), "paired-answers": ("--set", 'models=["gpt"]')}.items():
        run = call("plugins", "check", name, *sets)
        assert run.code == 0, run.out
        assert "0 failed" in run.out
        assert run.out.rstrip().endswith("0 not checked")
