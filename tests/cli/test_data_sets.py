"""`emotopy data` of data sets that plugins offer: the list, the commands made of them, flags and `--set`."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from emotopy import Registry

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
