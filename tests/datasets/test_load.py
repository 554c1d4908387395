"""`emotopy.load_dataset`: a data set of a plugin, loaded as its card says, or an error that names its owner."""

from __future__ import annotations

import attrs
import pandas as pd
import pytest

import emotopy
from emotopy import Registry
from emotopy.datasets.load import load_dataset
from emotopy.errors import Cancelled, ConfigError, DuplicateName, InputError, PluginError, UnknownName
from emotopy.readers.confidential import is_confidential
from emotopy.records.dataset_info import DatasetCard
from emotopy.roles import Host
from emotopy.testing import doubles
from emotopy.testing.doubles import LinesDataset

SECRET = "what nobody may read"
CONFIDENTIAL = attrs.evolve(LinesDataset.card, confidential=True)


def registry(**methods):
    """A registry whose data set `lines` is the double's with other methods or attributes."""
    made = type("Lines", (LinesDataset,), methods)
    return Registry([doubles.plugin(dataset={"lines": made})], owner="theirs")


@pytest.fixture
def folder(tmp_path):
    """The double's example."""
    return LinesDataset().example(tmp_path)


def test_a_table_comes_with_its_options(folder):
    """By name, short or full, from a path or a string; options are checked against their types and bounds."""
    known = Registry([doubles])
    whole = load_dataset("lines", folder, registry=known)
    assert whole["text"].tolist() == ["a walk by the river", "it was dark", "tea at four"]
    short = load_dataset("local:lines", str(folder), registry=known, longest=5)
    assert short["text"].tolist() == ["a wal", "it wa", "tea a"]
    assert emotopy.load_dataset is load_dataset
    for wrong, path in (({"longest": 0}, "dataset.longest"), ({"longset": 3}, "dataset.longset")):
        with pytest.raises(ConfigError) as caught:
            load_dataset("lines", folder, registry=known, **wrong)
        assert caught.value.path == path


def test_a_name_that_nobody_or_two_offer_is_told(folder):
    """Unknown: the choices; offered twice: both owners, and the full name works."""
    with pytest.raises(UnknownName) as unknown:
        load_dataset("linse", folder, registry=Registry([doubles]))
    assert (unknown.value.kind, unknown.value.choices) == ("dataset", ("lines",))
    one, other = (doubles.plugin(name, dataset={"lines": LinesDataset}) for name in ("one", "other"))
    with pytest.raises(DuplicateName):
        load_dataset("lines", folder, registry=Registry([one, other]))


def test_a_factory_without_a_card_is_refused_when_it_is_loaded():
    """The plugin is a problem with its owner, and offers nothing."""
    for card in (None, "Lines", {"name": "lines"}):
        found = registry(card=card)
        assert found.offers() == []
        assert [problem.owner for problem in found.problems] == ["theirs"]


@pytest.mark.parametrize(
    "load",
    [
        lambda self, source: 1 / 0,
        lambda self, source: None,
        lambda self, source: {"text": ["a"]},
        lambda self, source: pd.DataFrame({"text": ["a"]}),
        lambda self, source: exec("raise SystemExit(3)"),
    ],
    ids=["raises", "None", "dict", "lacks columns", "exits"],
)
def test_what_fails_or_breaks_the_card_is_the_plugin_s_fault(folder, load):
    """PluginError, with owner and stage."""
    with pytest.raises(PluginError) as caught:
        load_dataset("lines", folder, registry=registry(load=load))
    assert (caught.value.owner, caught.value.stage) == ("theirs", "dataset theirs:lines")


def test_records_need_a_card_without_columns(folder):
    """Then anything may come but a table."""
    records = attrs.evolve(LinesDataset.card, columns=())
    assert load_dataset("lines", folder, registry=registry(card=records, load=lambda self, source: (1, 2))) == (1, 2)
    with pytest.raises(PluginError):
        load_dataset("lines", folder, registry=registry(card=records))


def test_the_host_marks_what_the_card_calls_confidential(folder):
    """Though the loader forgot it."""
    assert is_confidential(load_dataset("lines", folder, registry=registry(card=CONFIDENTIAL)))
    assert not is_confidential(load_dataset("lines", folder, registry=registry()))


def test_an_error_of_a_confidential_data_set_repeats_no_text(folder):
    """A loader's own exception may hold a text: its type alone is told, and nothing stands behind it."""

    def fails(self, source):
        raise ValueError(SECRET)

    with pytest.raises(PluginError) as caught:
        load_dataset("lines", folder, registry=registry(card=CONFIDENTIAL, load=fails))
    assert SECRET not in str(caught.value)
    assert "ValueError" in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(PluginError, match=SECRET):
        load_dataset("lines", folder, registry=registry(load=fails))


def test_errors_of_emotopy_s_own_pass(tmp_path):
    """A folder without the data is the user's matter."""
    with pytest.raises(InputError):
        load_dataset("lines", tmp_path, registry=Registry([doubles]))

    def opens(self, source):
        return (source / "there.txt").read_text("utf-8")

    with pytest.raises(InputError) as caught:  # what isn't there is no fault of the plugin's
        load_dataset("lines", tmp_path / "nowhere", registry=registry(load=opens))
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(PluginError):
        load_dataset("lines", tmp_path, registry=registry(load=opens))


def test_a_card_may_depend_on_the_options(folder):
    """The card of what is made counts; one that is no card is the plugin's fault."""

    def make(self, longest: int = 1000):
        self.longest, self.card = longest, "no card"

    with pytest.raises(PluginError):
        load_dataset("lines", folder, registry=registry(__init__=make))


def test_a_host_is_told_what_a_data_set_says(folder):
    """A factory with a parameter of type Host is given the caller's."""

    class Talks(LinesDataset):
        def __init__(self, host: Host):
            super().__init__()
            self.host = host

        def load(self, source):
            self.host.notify("these lines are made up")
            return super().load(source)

    said = []
    known = Registry([doubles.plugin(dataset={"lines": Talks})])
    load_dataset("lines", folder, registry=known, host=Host(notify=said.append))
    assert said == ["these lines are made up"]


def test_cards_are_plain_values():
    """A card of a few words is enough; everything else has a default."""
    card = DatasetCard(name="x", title="X", cite="nobody", licence="none", home="here")
    assert (card.columns, card.confidential, card.source) == ((), False, "folder")


@pytest.mark.parametrize(
    ("old", "name", "new"),
    [
        ("daic_woz", "load_daic_woz", "emotopy.load_dataset"),
        ("alice", "load_alice", "emotopy.load_dataset"),
        ("dataset_info", "notes_of", "emotopy.records.dataset_info"),
    ],
)
def test_what_the_documentation_named_before_says_where_it_is(old, name, new):
    """An ImportError that says what to write; other names are simply not there."""
    with pytest.raises(ImportError, match=new):
        exec(f"from emotopy.datasets.{old} import {name}", {})
    with pytest.raises(ImportError):
        exec(f"from emotopy.datasets.{old} import nonsense", {})


def test_what_a_host_raises_passes_as_itself(folder):
    """An exception of a function that the host gave is no fault of the data set."""

    class Talks(LinesDataset):
        def __init__(self, host: Host):
            super().__init__()
            self.host = host

        def load(self, source):
            self.host.notify("anything")
            return super().load(source)

    class EnoughError(Exception):
        pass

    def refuses(message):
        raise EnoughError

    known = Registry([doubles.plugin(dataset={"lines": Talks})])
    with pytest.raises(EnoughError):
        load_dataset("lines", folder, registry=known, host=Host(notify=refuses))
    with pytest.raises(Cancelled):
        load_dataset("lines", folder, registry=known, host=Host(cancel=lambda: True))


def test_a_fence_keeps_a_loader_s_prints_from_stdout(folder, capsys):
    """Where the registry asks for one, as the command line's does."""

    def prints(self, source):
        print("progress")
        return LinesDataset.load(self, source)

    for fence, out in ((True, ""), (False, "progress\n")):
        made = type("Lines", (LinesDataset,), {"load": prints})
        known = Registry([doubles.plugin(dataset={"lines": made})], fence=fence)
        load_dataset("lines", folder, registry=known)
        assert capsys.readouterr().out == out
