"""`emotopy track`: a process that follows a file or standard input, volume by volume."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import attrs
import numpy as np
import pytest

from emotopy.pathways.brain.pathway import decode
from emotopy.records.brain import RegionSeries
from emotopy.registry import Registry
from emotopy.simulate import simulate_bold

TR_S, N_REGIONS, WIDTH = 2.0, 4, 8
CONFIG = {
    "reporter": [],
    "null": {"n": 19},
    "windowing": {"width_s": WIDTH * TR_S, "step_s": 8.0},
    "split": {"n_blocks": 3},
    "compare": {"features": [], "remove_evoked": False, "baselines": False},
}
FEW_S = 60.0


@pytest.fixture(scope="module")
def decoding():
    study = simulate_bold(
        "coupling", n_subjects=3, n_volumes=200, n_regions=N_REGIONS, n_carriers=2, emotions=("fear", "joy"), seed=2
    )
    return decode(study.series, study.ratings, config=CONFIG, registry=Registry.load())


@pytest.fixture(scope="module")
def saved(decoding, tmp_path_factory):
    """A causal decoder, and the folder that it was saved to."""
    decoder = decoding.refit(causal=True)
    return decoder, decoder.save(tmp_path_factory.mktemp("track") / "decoder")


@pytest.fixture
def volumes(rng):
    """A scan of 20 volumes, (n_volumes, n_regions)."""
    return 500 + rng.standard_normal((20, N_REGIONS)) + rng.standard_normal((20, 1))


@pytest.fixture
def start(tmp_path, environment):
    """Start `emotopy track` in a process of its own; it is ended with the test."""
    started = []

    def run(*words, **options):
        words = [sys.executable, "-m", "emotopy", "track", *map(str, words)]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        started.append(subprocess.Popen(words, cwd=tmp_path, env=environment, text=True, **pipes, **options))
        return started[-1]

    yield run
    for one in started:
        one.kill()
        one.communicate()


def as_lines(volumes, decoder, separator="\t"):
    return [separator.join(decoder.regions), *(separator.join(map(repr, row.tolist())) for row in volumes)]


def predicted(decoder, volumes):
    """What the causal pipeline gives for the whole run, a row per volume, NaN before the first window is full."""
    (course,) = decoder.predict(RegionSeries("new", decoder.regions, volumes, TR_S), step_s=TR_S)
    early = np.full((WIDTH - 1, len(decoder.emotions)), np.nan)
    return np.vstack([early, course.values]), np.concatenate([early[:, 0], course.centres_s])


def check(text, decoder, volumes):
    """Compare a table of `track` with the batch."""
    header, *rows = [line.split("\t") for line in text.splitlines()]
    assert header == ["volume", "centre_s", *decoder.emotions]
    found = np.array([[np.nan if cell == "n/a" else float(cell) for cell in row] for row in rows])
    values, centres_s = predicted(decoder, volumes)
    np.testing.assert_array_equal(found[:, 0], np.arange(len(volumes)))
    np.testing.assert_allclose(found[:, 1], centres_s)
    np.testing.assert_allclose(found[:, 2:], values, rtol=1e-6, atol=1e-8)


@pytest.mark.slow
def test_a_file_is_followed_while_it_grows(saved, volumes, start, tmp_path):
    """A line every 0.1 s, some in two halves; each answer comes before the next line, all equal the batch."""
    decoder, place = saved
    path = tmp_path / "scan.tsv"
    header, *lines = as_lines(volumes, decoder)
    path.write_text(header + "\n")
    process = start("--decoder", place, "--series", path)
    out = [process.stdout.readline()]
    with path.open("a") as file:
        for line in lines:
            half = len(line) // 2
            for part in (line[:half], line[half:] + "\n"):
                file.write(part)
                file.flush()
                time.sleep(0.05)
            out.append(process.stdout.readline())
        file.write("# end\n")
    rest, err = process.communicate(timeout=FEW_S)
    assert process.returncode == 0, err
    assert rest == ""
    check("".join(out), decoder, volumes)


@pytest.mark.slow
def test_standard_input_is_read_to_its_end(saved, volumes, start):
    """With commas and regions in another order; half a line at the end is told and not read."""
    decoder, place = saved
    header, *lines = as_lines(volumes[:, ::-1], decoder, ",")
    header = ",".join(reversed(decoder.regions))
    process = start("--decoder", place, "--series", "-")
    out, err = process.communicate("\n".join([header, *lines, lines[0][:9]]), timeout=FEW_S)
    assert process.returncode == 0, err
    check(out, decoder, volumes)
    assert sum(line.startswith("note: ") for line in err.splitlines()) == 2


def test_missing_volumes_are_censored(saved, volumes, call, tmp_path):
    """As rows that say so, or by the volumes' numbers; both ends of the same run."""
    decoder, place = saved
    volumes[10] = np.nan
    header, *lines = as_lines(volumes, decoder)
    rows = [line.replace("nan", "n/a") for line in lines]
    (tmp_path / "a.tsv").write_text("\n".join([header, *rows]) + "\n")
    done = call("track", "--decoder", place, "--series", "a.tsv", "--idle-s", "0")
    assert done.code == 0, done.err
    check(done.out, decoder, volumes)
    numbered = [f"{i + 1}\t{line}" for i, line in enumerate(lines) if i != 10]
    (tmp_path / "b.tsv").write_text("\n".join([f"volume\t{header}", *numbered]) + "\n")
    words = ("--decoder", place, "--series", "b.tsv", "--idle-s", "0", "--out", "b.out", "--quiet")
    again = call("track", *words)
    assert (again.code, again.out, again.err) == (0, "", "")
    table = done.out.splitlines()
    assert (tmp_path / "b.out").read_text().splitlines() == [*table[:11], *table[12:]]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends signals")
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_interrupted_has_written_all_it_read(saved, volumes, start, tmp_path, how, code):
    """A file without an end is followed until somebody says stop."""
    decoder, place = saved
    (tmp_path / "scan.tsv").write_text("\n".join(as_lines(volumes, decoder)) + "\n")
    process = start("--decoder", place, "--series", "scan.tsv", "--out", "found.tsv")
    found, until = tmp_path / "found.tsv", time.monotonic() + FEW_S
    while time.monotonic() < until and not (found.exists() and found.read_text().count("\n") == 21):
        time.sleep(0.05)
    process.send_signal(how)
    _, err = process.communicate(timeout=FEW_S)
    assert process.returncode == code, err
    check(found.read_text(), decoder, volumes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [lines[0], *lines[1:9], lines[9].replace("5", "x", 1)], ["scan.tsv", "line 10"]),
        (lambda lines: [lines[0].replace("region_2", "other"), *lines[1:]], ["scan.tsv", "region_2"]),
        (lambda lines: [*lines[:5], "1\t2\tn/a\t4"], ["scan.tsv", "line 6", "region_3"]),
        (
            lambda lines: [f"volume\t{lines[0]}", *(f"{min(i, 6)}\t{line}" for i, line in enumerate(lines[1:]))],
            ["scan.tsv", "line 9", "volume 6"],
        ),
        (lambda lines: [lines[0], *("7\t" + line.split("\t", 1)[1] for line in lines[1:])], ["region_1", "constant"]),
    ],
    ids=["no number", "a region is missing", "a volume in part", "a volume repeated", "a dead region"],
)
def test_bad_input_is_one_error_that_names_the_place(saved, volumes, call, tmp_path, change, words):
    """Exit 1; lines before it were written."""
    decoder, place = saved
    (tmp_path / "scan.tsv").write_text("\n".join(change(as_lines(volumes, decoder))) + "\n")
    done = call("track", "--decoder", place, "--series", "scan.tsv", "--idle-s", "0")
    assert done.code == 1
    for word in words:
        assert word in done.error


@pytest.fixture
def study_files(tmp_path):
    """A study as files: series, a table of ratings."""
    study = simulate_bold(
        "coupling", n_subjects=3, n_volumes=200, n_regions=N_REGIONS, n_carriers=2, emotions=("fear", "joy"), seed=2
    )
    (tmp_path / "series").mkdir()
    for one in study.series:
        (tmp_path / "series" / f"{one.subject}.tsv").write_text("\n".join(as_lines(one.values, one)) + "\n")
    ratings = study.ratings
    rows = [["onset", "duration", *ratings.emotions]]
    rows += np.column_stack([ratings.onset_s, ratings.duration_s, ratings.values]).tolist()
    (tmp_path / "ratings.tsv").write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    settings = ["windowing.width_s=16.0", "windowing.step_s=8.0", "split.n_blocks=3", "null.n=19", "reporter=tables"]
    settings += ["compare.features=[]", "compare.remove_evoked=false", "compare.baselines=false"]
    sets = [word for setting in settings for word in ("--set", setting)]
    return ("--series", "series", "--ratings", "ratings.tsv", "--tr", "2.0", "--no-cache", *sets)


def test_decode_keeps_a_decoder_that_track_runs(saved, volumes, call, tmp_path, study_files):
    """The one that Python makes of the same files; its scores are printed beside those of the decoding."""
    decoder, _ = saved
    done = call("decode", *study_files, "--out", "results", "--save-decoder", "decoder", "--causal")
    assert done.code == 0, done.err
    (tmp_path / "scan.tsv").write_text("\n".join(as_lines(volumes, decoder)) + "\n")
    tracked = call("track", "--decoder", "decoder", "--series", "scan.tsv", "--idle-s", "0")
    assert tracked.code == 0, tracked.err
    check(tracked.out, decoder, volumes)
    words = ("--out", "again", "--no-cache", "--from", "results", "--save-decoder", "b")
    again = call("decode", *study_files[:4], *words)
    assert again.code == 0, again.err
    usual = call("track", "--decoder", "b", "--series", "scan.tsv", "--idle-s", "0")
    assert usual.code == 1  # it wasn't asked to be causal


def test_a_decoder_that_can_not_be_kept_is_refused_before_any_work(call, tmp_path, study_files):
    """Nothing is decoded: no results, no decoder."""
    usual = ("decode", *study_files, "--out", "results")
    ridge = ("--set", "neural_decoder=ridge")
    for words, code in (
        (("--causal",), 2),
        (("--save-decoder", "results"), 2),
        (("--save-decoder", "results/decoder"), 2),
        (("--save-decoder", "series"), 1),
        (("--save-decoder", "decoder", *ridge), 1),
        (("--save-decoder", "decoder", "--causal", "--set", "connectivity=amplitude"), 1),
    ):
        done = call(*usual, *words)
        assert done.code == code, (words, done.err)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["series"]


def test_a_name_in_the_header_has_no_signs_that_a_terminal_obeys(saved, call, tmp_path, write):
    """Tabs would make columns, escapes would colour or clear the listener's terminal."""
    decoder, _ = saved
    attrs.evolve(decoder, emotions=("fe\x1b[2Jar", "j\toy"), scores=decoder.scores.iloc[:0]).save(tmp_path / "odd")
    write("scan.tsv", "\t".join(decoder.regions) + "\n")
    done = call("track", "--decoder", "odd", "--series", "scan.tsv", "--idle-s", "0")
    assert done.out.splitlines()[0].split("\t") == ["volume", "centre_s", "fe [2Jar", "j oy"]


def test_what_can_not_be_followed_is_refused(saved, decoding, call, tmp_path, write):
    """Before any work: exit 1 or 2, and no file is made."""
    _, place = saved
    write("scan.tsv", "x\n")
    write("there.tsv", "kept")
    decoding.refit().save(tmp_path / "usual")
    usual = ("--decoder", place, "--series", "scan.tsv")
    for words, code in (
        (("--decoder", place, "--series", "absent.tsv"), 1),
        (("--decoder", place, "--series", tmp_path), 1),
        (("--decoder", "absent", "--series", "scan.tsv"), 1),
        (("--decoder", "usual", "--series", "scan.tsv"), 1),
        ((*usual, "--out", "there.tsv"), 1),
        ((*usual, "--tr", "1.5"), 1),
        ((*usual, "--out", "absent/x.tsv"), 1),
        (("--decoder", place, "--series", "x.npy"), 2),
        ((*usual, "--header", "maybe"), 2),
        ((*usual, "--idle-s", "-1"), 2),
        ((*usual, "--out", "scan.tsv", "--force"), 2),
        (("--decoder", place, "--series", "-", "--idle-s", "1"), 2),
    ):
        done = call("track", *words)
        assert done.code == code, (words, done.err)
    assert (tmp_path / "there.tsv").read_text() == "kept"
    assert (tmp_path / "scan.tsv").read_text() == "x\n"
