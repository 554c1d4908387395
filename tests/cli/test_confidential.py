"""`emotopy map` on a file that is marked as confidential: texts stay out of the results and on this machine."""

from __future__ import annotations

import stat

import pandas as pd
import pytest

from emotopy.readers.confidential import mark, schema_marks
from emotopy.storage.parquet import parquet_bytes

WORDS = ["happy", "sunny", "afraid", "dark", "river", "window", "quiet", "exam", "mother", "garden"]
SECRET = "zanzibar"
OPENAI = ("--set", "embedder=openai")


@pytest.fixture
def frame():
    """Twelve texts with a rare word in each."""
    texts = [f"{SECRET} {WORDS[i % 10]} and {WORDS[(3 * i + 1) % 10]} number {i}" for i in range(12)]
    return pd.DataFrame({"text": texts, "group": ["a", "b"] * 6})


@pytest.fixture
def confidential(frame, tmp_path):
    """They as a marked file."""
    path = tmp_path / "interviews.parquet"
    path.write_bytes(parquet_bytes(mark(frame), schema_marks(mark(frame))))
    return path


def holds_the_word(folder):
    """Names of the files in which the rare word stands."""
    found = set()
    for path in folder.iterdir():
        frames = [pd.read_parquet(path).to_csv()] if path.suffix == ".parquet" else []
        if any(SECRET in text for text in [path.read_bytes().decode("utf-8", "replace"), *frames]):
            found.add(path.name)
    return found


def test_texts_stay_out_of_the_results_by_default(map_it, confidential, tmp_path):
    """Without a flag no word of a text is in any file; --texts asks for them; an unmarked file has them anyway."""
    run, _, _ = map_it(confidential, "--group", "group")
    assert run.code == 0, run.err
    assert holds_the_word(tmp_path / "out") == set()
    run, _, _ = map_it(confidential, "--group", "group", "--texts")
    assert "clusters.csv" in holds_the_word(tmp_path / "out")
    run, _, _ = map_it(confidential, "--group", "group", "--no-texts")
    assert holds_the_word(tmp_path / "out") == set()


def test_nobody_else_reads_what_is_made_of_a_confidential_file(call, confidential, tmp_path):
    """Results, the segments beside them, the cache, and what is made of the results: 0600 and 0700."""
    words = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--cache", "cache", "--segments", "segments.csv")
    for extra in ((), ("--texts", "--force")):
        run = call("map", confidential, "--group", "group", "--out", "maps", *words, *extra)
        assert run.code == 0, run.err
        run = call("compare", "maps", "a", "b", "--out", "comparison", "--force")
        assert run.code == 0, run.err
        for name in ("maps", "cache", "comparison", "segments.csv"):
            for path in (tmp_path / name, *(tmp_path / name).rglob("*")):
                assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path.name


def test_files_without_the_mark_are_mapped_as_before(map_it, frame, tmp_path):
    """Texts are written unless --no-texts says otherwise."""
    frame.to_csv(tmp_path / "plain.csv", index=False)
    map_it("plain.csv", "--group", "group")
    assert "clusters.csv" in holds_the_word(tmp_path / "out")
    map_it("plain.csv", "--group", "group", "--no-texts")
    assert holds_the_word(tmp_path / "out") == set()


def test_no_stage_may_send_the_texts_away(call, confidential, tmp_path):
    """The embedder and its address are named before anything is read or sent; a dry run says the same."""
    run = call("map", confidential, "--out", "out", *OPENAI)
    assert (run.code, run.out) == (1, "")
    assert run.error.startswith(
        "embedder emotopy:openai would send these texts to api.openai.com/v1, but they are marked"
    )
    assert run.error.endswith("--allow-upload")
    assert not (tmp_path / "out").exists()
    assert call("map", confidential, *OPENAI, "--dry-run").error == run.error
    assert call("map", confidential, *OPENAI, "--dry-run", "--allow-upload").code == 0
    allowed = call("map", confidential, "--out", "out", *OPENAI, "--allow-upload")
    assert "OPENAI_API_KEY" in allowed.error


@pytest.mark.slow
def test_a_base_url_from_the_environment_is_an_address_too(process, confidential):
    """A process of its own with OPENAI_BASE_URL; on this machine it may be asked, elsewhere not."""
    away = process("map", confidential, "--out", "out", *OPENAI, env={"OPENAI_BASE_URL": "https://models.example/v1"})
    assert "would send these texts to models.example/v1" in away.error
    here = process(
        *("map", confidential, "--out", "out", *OPENAI, "--set", "embedder.max_attempts=1"),
        env={"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"},
    )
    assert "would send" not in here.err
    assert "127.0.0.1:9" in here.error


def test_an_unmarked_file_may_go_where_the_user_says(call, frame, tmp_path):
    """Without the mark no leave is needed: the next thing missing is the key."""
    frame.to_parquet(tmp_path / "plain.parquet")
    assert "OPENAI_API_KEY" in call("map", "plain.parquet", "--out", "out", *OPENAI).error
