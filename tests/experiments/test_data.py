"""Data of an experiment from a data set that somebody else's plugin offers."""

from __future__ import annotations

import attrs
import pytest

from emotopy import Registry
from emotopy.errors import ConfigError, UnknownName
from emotopy.experiments.data import load_data
from emotopy.experiments.definition import Columns, Data, parse_definition, read_definition
from emotopy.readers.confidential import is_confidential
from emotopy.storage.cache import hash_file
from emotopy.testing import doubles
from emotopy.testing.doubles import LinesDataset


class OneFile(LinesDataset):
    """Lines that stand in one file, and are confidential."""

    card = attrs.evolve(LinesDataset.card, name="one-file", source="file", confidential=True)

    def load(self, source):
        return super().load(source.parent)

    def recognises(self, source):
        return source.name == "lines.txt"


PLUGIN = doubles.plugin(dataset={"lines": LinesDataset, "one-file": OneFile})
THEIRS = Registry([PLUGIN], owner="theirs")


@pytest.fixture
def folder(tmp_path):
    """The example of both."""
    return LinesDataset().example(tmp_path)


def definition(**data):
    """An experiment on lines, which have no unit."""
    shipped = read_definition("depression")
    return attrs.evolve(shipped, data=Data(**data), columns=Columns(id="id"))


def test_a_folder_of_another_plugin_s_data_set_is_read_and_its_owner_told(folder):
    """Card and source say whose it is; options reach it."""
    found = load_data(definition(dataset="lines", options={"longest": 4}), folder, THEIRS)
    assert found.source == {"dataset": "lines", "owner": "theirs", "version": ""}
    assert found.card.title == "Lines"
    assert found.frame["text"].tolist() == ["a wa", "it w", "tea "]
    assert list(found.corpus.group) == ["calm", "afraid", "calm"]


def test_a_data_set_of_one_file_reads_that_file(folder):
    """It isn't taken for a table; its checksum is told; the host marks it; of several it is the one that says so."""
    file = folder / "lines.txt"
    for names in ("one-file", ("lines", "one-file")):
        found = load_data(definition(dataset=names), file, THEIRS)
        assert found.source["sha256"] == hash_file(file)
        assert found.source["owner"] == "theirs"
        assert found.confidential
        assert is_confidential(found.frame)


def test_a_column_that_the_data_set_lacks_is_told_by_its_key(folder):
    """Before anything is mapped; of answers, the question is one of them."""
    named = attrs.evolve(definition(dataset="lines"), columns=Columns(unit="writer"))
    with pytest.raises(ConfigError) as caught:
        load_data(named, folder, THEIRS)
    assert (caught.value.path, caught.value.got) == ("columns.unit", "writer")
    answers = attrs.evolve(definition(dataset="lines"), experiment="human-vs-llm")
    with pytest.raises(ConfigError) as caught:
        load_data(answers, folder, THEIRS)
    assert (caught.value.path, caught.value.got) == ("columns.keep", "question")


def test_toml_names_one_or_several(folder):
    """A string or a list; none is what the shipped experiment reads, with its options."""
    table = {"experiment": "emotions", "comparison": {"pairs": [["calm", "afraid"]]}}
    assert parse_definition(table, "x.toml").data == Data(dataset=("goemotions",), split="train")
    for given, names in (("lines", ("lines",)), (["lines", "one-file"], ("lines", "one-file"))):
        data = parse_definition({**table, "data": {"dataset": given}}, "x.toml").data
        assert data.datasets == names
        assert data.said() == {}
    with pytest.raises(UnknownName):
        parse_definition({**table, "data": {"datasets": "lines"}}, "x.toml")
    with pytest.raises(ConfigError):
        parse_definition({**table, "data": {"dataset": 3}}, "x.toml")
    recorded = parse_definition({**table, "data": {"dataset": "lines", "options": {"longest": 3}}}, "x").to_dict()
    assert recorded["data"]["options"] == {"longest": 3}
