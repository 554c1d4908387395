"""The experiment on interviews: people count, nothing they said is written, nothing leaves the machine."""

from __future__ import annotations

import attrs
import pandas as pd
import pytest
from tests.experiments.conftest import SAD, quick, run

from emotopy.errors import ConfigError, InputError
from emotopy.experiments.data import load_data
from emotopy.experiments.definition import Data, changed
from emotopy.registry import Registry
from emotopy_plugins.datasets.daic_woz import DaicWozDataset

pytestmark = pytest.mark.slow


def test_people_are_counted_and_length_is_held_constant(depression):
    """12 against 16 participants; the covariate is the logarithm of the number of words."""
    comparison = depression.parts["comparison"]
    assert comparison.n_units == {"depressed": 12, "healthy": 16}
    assert comparison.provenance["config"]["covariates"] == ["log_words"]
    assert set(depression.details) == {"balance"}
    assert set(depression.tables["balance"]["quantity"]) == {"words", "log words"}


def test_a_planted_difference_is_found(depression):
    """Participants who speak of sorrow differ from those who speak of joy in some region, family-wise."""
    assert (depression.side_by_side["relative_p_family"] < 0.05).any()


def texts_of(folder):
    """The texts that the experiment maps."""
    return loaded(folder).corpus.text


def test_texts_are_pieces_of_three_hundred_characters(depression, woz):
    """Rows are chunks of participants' words."""
    lengths = [len(text) for text in texts_of(woz)]
    assert len(lengths) == len(depression.parts["recommended"].texts)
    assert max(lengths) <= 300
    assert max(lengths) > 250


def test_who_is_left_out_is_listed(depression):
    """The participant with a label but no transcript stands in the table of what was left out."""
    assert depression.left_out.to_dict("records") == [{"what": "490", "reason": "no transcript"}]


def test_no_word_of_the_interviews_is_written(depression, woz, tmp_path):
    """Neither tables nor pages nor Parquet files hold a phrase of a participant, or a word of the interviewer's."""
    folder = depression.write(tmp_path / "out")
    phrases = [text[:40] for text in texts_of(woz)]
    assert not any(depression.parts["recommended"].mapped.corpus.text)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 12
    for path in files:
        held = path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            held += pd.read_parquet(path).to_csv()
        assert "zanzibar" not in held, path
        assert not any(phrase in held for phrase in phrases), path
    assert any(word in " ".join(phrases) for word in SAD)


@pytest.mark.parametrize("sets", [{"embedder": "openai"}, {"embedder": {"use": "openai", "model": "x"}}])
def test_nothing_is_sent_away(woz, sets):
    """A stage that would send the texts to a server is refused, whichever preset it serves."""
    with pytest.raises(ConfigError, match="embedder emotopy:openai would send these texts"):
        run(quick("depression"), woz, sets=sets)


def loaded(path, definition=None):
    """The data of the experiment, as it reads them."""
    return load_data(definition or quick("depression"), path, Registry.load(plugins=False))


def test_either_data_set_is_recognised_by_its_labels(woz, edaic, tmp_path):
    """Label files say which it is; none or both is an error, and so is a folder that isn't there."""
    assert [loaded(path).card.title for path in (woz, edaic)] == ["DAIC-WOZ", "E-DAIC"]
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError) as caught:
            loaded(folder)
        assert caught.value.file == folder.name
    for name in ("train_split.csv", "full_test_split.csv"):
        (tmp_path / name).write_text("Participant_ID\n", "utf-8")
    with pytest.raises(InputError) as caught:
        loaded(tmp_path)
    assert caught.value.file == tmp_path.name
    assert all(title in caught.value.got for title in ("DAIC-WOZ", "E-DAIC"))


def test_the_one_that_is_named_is_read(woz, edaic):
    """An experiment that names one data set reads that one, with its own defaults; another folder is refused."""
    named = changed(quick("depression"), "data", dataset="daic-woz", unit_text=None)
    chunks, turns = loaded(woz), loaded(woz, attrs.evolve(named, data=Data(dataset="daic-woz")))
    assert len(turns.frame) > len(chunks.frame)
    interviews = Data(dataset="daic-woz", options={"unit_text": "interview", "speakers": "both"})
    assert set(loaded(woz, attrs.evolve(named, data=interviews)).frame["speaker"]) == {"participant", "interviewer"}
    with pytest.raises(InputError):
        loaded(edaic, named)


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"dataset": "daic-wox"}, "data.dataset"),
        ({"dataset": "daic-woz", "split": "dev"}, "data.split"),
        ({"dataset": "daic-woz", "unit_text": "word"}, "data.unit_text"),
        ({"dataset": "daic-woz", "options": {"speaker": "both"}}, "data.options.speaker"),
        ({"dataset": "daic-woz", "options": {"unit_text": "turn"}, "unit_text": "turn"}, "data.unit_text"),
        ({"dataset": "alice"}, "data.dataset"),
    ],
)
def test_what_the_data_set_is_not_or_has_not_is_told_by_its_key(woz, data, path, request):
    """An unknown data set, an option that it lacks or that is said twice, one that gives no table of texts."""
    source = request.getfixturevalue("shared_data") / "alice-brennan2016" if data["dataset"] == "alice" else woz
    with pytest.raises(ConfigError) as caught:
        loaded(source, attrs.evolve(quick("depression"), data=Data(**data)))
    assert caught.value.path == path


def test_the_extended_data_set_runs_too(edaic):
    """E-DAIC, with a note on its transcripts; few people are warned of."""
    found = run(quick("depression"), edaic)
    assert found.parts["comparison"].n_units == {"depressed": 6, "healthy": 7}
    assert any("made by speech recognition" in note for note in found.notes)
    assert any("fewer than 10" in note for note in found.notes)
    assert found.no_texts


def test_a_marked_table_is_as_confidential_as_the_folder(woz, tmp_path):
    """What `emotopy data` made of the interviews runs as they do, texts kept out."""
    from emotopy.readers.confidential import schema_marks
    from emotopy.storage.parquet import parquet_bytes

    path = tmp_path / "daic.parquet"
    frame = DaicWozDataset(unit_text="chunk").load(woz)
    path.write_bytes(parquet_bytes(frame, schema_marks(frame)))
    found = run(quick("depression"), path)
    assert found.no_texts
    assert found.provenance["presets"]["recommended"]["input"]["file"] == "daic.parquet"


def test_a_quick_look_takes_whole_people(woz):
    """Of each group as many participants as asked for, with all they said, and a note that says so."""
    found = run(quick("depression"), woz, limit=8)
    assert found.parts["comparison"].n_units == {"depressed": 8, "healthy": 8}
    assert found.notes[0].startswith("Quick look with only 8 values of participant in each group")
