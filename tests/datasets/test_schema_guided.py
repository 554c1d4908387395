"""Schema-Guided Dialogue in its official layout."""

from __future__ import annotations

import json

import pytest

from emotopy.errors import InputError, UnknownName
from emotopy.records.dataset_info import left_out_of
from emotopy_plugins.datasets.schema_guided import SchemaGuidedDataset


def dialogue(name, *texts, services=("Restaurants_2",)):
    """A dialogue in which user and system take turns."""
    turns = [
        {"speaker": "USER" if i % 2 == 0 else "SYSTEM", "utterance": text, "frames": [{"service": services[0]}]}
        for i, text in enumerate(texts)
    ]
    return {"dialogue_id": name, "services": list(services), "turns": turns}


@pytest.fixture
def folder(tmp_path, write):
    """Two files in train, one in dev that numbers its dialogue like one of train's."""
    first = [dialogue("1_00000", "A table, please.", "For whom?", "For two.")]
    second = [dialogue("2_00000", "A hotel.", " ", services=("Hotels_1", "Events_2"))]
    write("train/dialogues_001.json", json.dumps(first))
    write("train/dialogues_002.json", json.dumps(second))
    write("train/schema.json", "not read")
    write("dev/dialogues_001.json", json.dumps([dialogue("1_00000", "Hello", "Good day")], indent=2))
    return tmp_path


def test_a_row_per_turn_with_its_speaker_and_dialogue(folder):
    """Groups are user and system; a unit is a dialogue's speaker, so no unit is in both groups; empty turns listed."""
    frame = SchemaGuidedDataset().load(folder)
    assert frame[["id", "text", "group", "unit", "turn", "service", "n_words"]].to_numpy().tolist() == [
        ["train/1_00000/001", "A table, please.", "user", "train/1_00000/user", 1, "Restaurants_2", 3],
        ["train/1_00000/002", "For whom?", "system", "train/1_00000/system", 2, "Restaurants_2", 2],
        ["train/1_00000/003", "For two.", "user", "train/1_00000/user", 3, "Restaurants_2", 2],
        ["train/2_00000/001", "A hotel.", "user", "train/2_00000/user", 1, "Hotels_1+Events_2", 2],
    ]
    assert (frame.groupby("unit")["group"].nunique() == 1).all()
    assert [str(one) for one in left_out_of(frame)] == ["train/2_00000/002: the turn contains no words"]


def test_all_splits_keep_their_dialogues_apart(folder):
    """Files number dialogues anew in each split; the split is part of the name."""
    frame = SchemaGuidedDataset(split="all").load(folder)
    assert frame["id"].is_unique
    assert frame["dialogue"].unique().tolist() == ["train/1_00000", "train/2_00000", "dev/1_00000"]
    assert frame["split"].tolist() == ["train"] * 4 + ["dev"] * 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[\n{]", r"train/dialogues_001\.json, line 2: isn't valid JSON"),
        ("{}", r"train/dialogues_001\.json: wanted a list of dialogues, got dict"),
        ("[3]", r"train/dialogues_001\.json, dialogue 1: wanted dialogue_id"),
        ("[" * 100_000, r"train/dialogues_001\.json"),
        (json.dumps([{"dialogue_id": "1", "services": []}]), "dialogue 1: wanted .*KeyError: 'turns'"),
        (json.dumps([{"dialogue_id": "1", "services": [], "turns": [{"speaker": "BOT", "utterance": ""}]}]), "'BOT'"),
        (json.dumps([{"dialogue_id": "1", "services": [], "turns": [{"speaker": "USER", "utterance": 3}]}]), "utteran"),
        (json.dumps([dialogue("1", "a"), dialogue("1", "b")]), "dialogue train/1 is also in dialogues_001.json"),
        (json.dumps([dialogue("1", "")]), "contain no words"),
        (b'["\xff"]', r"dialogues_001\.json, line 1: byte 0xff is not UTF-8"),
    ],
)
def test_files_of_another_form_are_named(tmp_path, write, content, message):
    """JSON that isn't, dialogues without their parts, ids that stand twice: file and place are in the message."""
    write("train/dialogues_001.json", content)
    with pytest.raises(InputError, match=message):
        SchemaGuidedDataset().load(tmp_path)


def test_absent_folders_and_splits_are_told(tmp_path):
    """What was wanted, and from where it comes."""
    with pytest.raises(InputError, match="isn't a folder"):
        SchemaGuidedDataset().load(tmp_path / "gone")
    with pytest.raises(
        InputError, match=r"wanted test/dialogues_001\.json, \.\.\., but there are none; get them from https://github"
    ):
        SchemaGuidedDataset(split="test").load(tmp_path)
    with pytest.raises(UnknownName, match="Did you mean 'train'"):
        SchemaGuidedDataset(split="trian").load(tmp_path)
