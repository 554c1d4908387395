"""Repeating a run: its provenance is enough, and differences are found before any work."""

from __future__ import annotations

import json

import attrs
import pytest

from emotopy import Registry
from emotopy.config import build
from emotopy.errors import ConfigError, EmotopyError, InputError
from emotopy.pathways.text.pathway import TextPathway
from emotopy.roles import Embedder
from emotopy.running.rerun import Rerun, recorded_arguments
from emotopy.storage.cache import hash_file
from emotopy.testing import doubles

TEXTS = ["I am happy and glad", "afraid of the dark", "a sunny day", "they scream and shiver", "we laugh"]


def listed_embedder(words: str = "none", n_dims: int = 8) -> Embedder:
    """An embedder with an option that may be a file."""
    return doubles.HashingEmbedder(n_dims)


def served_embedder(api_key: str, url: str = "http://127.0.0.1:9", n_dims: int = 8) -> Embedder:
    """An embedder that would send a secret to a server."""
    return doubles.HashingEmbedder(n_dims)


STAGES = {"listed": listed_embedder, "served": served_embedder}
TOY = Registry([doubles, doubles.plugin("lists", embedder=STAGES)], owner="toys")


@pytest.fixture
def run(tmp_path):
    """Do a run with doubles into a folder, as a command would."""

    def do(name, *layers, registry=TOY, source=None):
        pathway = TextPathway.from_config(build(doubles.CHOICES, *layers), registry=registry)
        source_of_run = {"sha256": "5a" * 32, **recorded_arguments("map", columns={"text": None}, no_texts=False)}
        pathway.fit(TEXTS, source=source_of_run if source is None else source).result.write(tmp_path / name, registry)
        return tmp_path / name

    return do


@pytest.fixture
def rewritten():
    """Change what a provenance says."""

    def change(folder, *keys, value):
        path = folder / "provenance.json"
        whole = json.loads(path.read_text("utf-8"))
        part = whole
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = value
        path.write_text(json.dumps(whole), "utf-8")

    return change


def test_a_run_told_by_its_provenance_gives_identical_files(run):
    """Configuration, options, sections, seed, level: all of it comes from the provenance, nothing differs."""
    settings = {"embedder": {"use": "hashing", "n_dims": 5}, "interval": {"n": 150}, "seed": 9, "level": "node"}
    first = run("first", settings, {"reporter": ["csv", {"use": "csv", "name": "again.csv"}]})
    again = Rerun.read(first, "map").check(TOY)
    assert again.differences == []
    second = run("second", again.layer)
    assert again.compare(second) == [f"3 of 3 files are identical to those in {first}."]
    assert (first / "provenance.json").read_bytes() == (second / "provenance.json").read_bytes()


def test_what_comes_out_different_is_named(run):
    """Files that differ, and files that only one of them has."""
    first, second = run("first"), run("second", {"seed": 1, "reporter": [{"use": "csv", "name": "other.csv"}]})
    lines = Rerun.read(first / "provenance.json", "map").compare(second)
    assert lines == [
        f"0 of 1 files are identical to those in {first}.",
        "Differs: provenance.json.",
        "Only there: toy.csv.",
        "Only here: other.csv.",
    ]


def test_a_provenance_alone_is_compared_by_its_keys(run, tmp_path):
    """Without the other files beside it, the provenance is compared key by key."""
    first = run("first")
    alone = tmp_path / "alone" / "kept.json"
    alone.parent.mkdir()
    alone.write_bytes((first / "provenance.json").read_bytes())
    again = Rerun.read(alone, "map")
    assert again.compare(first) == ["The provenance is identical."]
    assert again.compare(run("second", {"seed": 1})) == [
        "The provenance differs in: config, config_sha256, seed, stages."
    ]


def test_another_input_is_an_error(run):
    """The hash of the input is compared; the message names the run, both hashes, and what to do."""
    again = Rerun.read(run("first"), "map")
    again.check_input(sha256="5a" * 32)
    with pytest.raises(
        InputError, match=r"^the input differs from that of .*provenance\.json: wanted SHA-256 5a5a5a5a5a5a…, got 5b5b"
    ):
        again.check_input(sha256="5b" * 32)
    with pytest.raises(InputError, match=r"wanted SHA-256 None…, got x…; give exactly the input"):
        again.check_input(files_sha256="x")


def test_arguments_are_taken_by_name(run):
    """In the order asked for; a missing one is an error that names it."""
    again = Rerun.read(run("first"), "map")
    assert again.arguments(no_texts=bool, columns=dict) == [False, {"text": None}]
    with pytest.raises(InputError, match="lacks start, tr, which repeating the run needs"):
        again.arguments(tr=float, columns=dict, start=float)
    assert again.argument("no_texts", bool, True) is False
    assert again.argument("motion_order", str, "auto") == "auto"  # of a version that didn't have it
    for wanted in (int, float | None, str):
        for ask in (
            lambda wanted=wanted: again.arguments(no_texts=wanted),
            lambda: again.argument("no_texts", str, ""),
        ):
            with pytest.raises(InputError) as caught:
                ask()
            assert caught.value.column == "input.arguments.no_texts"


def test_versions_platforms_and_defaults_that_changed_are_named(run, rewritten):
    """Another version is a difference, not an error; so is an option whose default is another today."""
    first = run("first")
    rewritten(first, "versions", "numpy", value="1.0")
    rewritten(first, "platform", "machine", value="abacus")
    rewritten(first, "stages", "embedder", "version", value="0.9")
    rewritten(first, "stages", "embedder", "options", "n_dims", value=99)
    differences = Rerun.read(first, "map").check(TOY).differences
    assert len(differences) == 4
    assert differences[0].startswith("numpy was 1.0, is ")
    assert differences[1].startswith("machine was abacus, is ")
    assert differences[2] == "embedder toys:hashing was version 0.9, is "
    assert differences[3] == "embedder toys:hashing: n_dims was 99, is 16"


def test_a_stage_that_is_not_installed_is_named_with_its_owner(run):
    """A stage of another owner is another stage, though it has the name."""
    again = Rerun.read(run("first"), "map")
    theirs = Registry([doubles], owner="others")
    with pytest.raises(ConfigError) as caught:
        again.check(theirs)
    assert caught.value.path
    for part in ("'toy'", "'toys'", "others:toy is another stage of that name"):
        assert part in str(caught.value)
    assert "pip" not in str(caught.value)


def test_a_name_that_clashes_today_means_what_it_meant(run):
    """Where another plugin took the name since, the run's own is used, and a note says so."""
    first = run("first", {"reporter": ["csv"]})
    both = Registry([doubles], owner="toys")
    for name, offers in {
        "rival": {"embedder": {"hashing": doubles.HashingEmbedder}, "reporter": {"csv": doubles.CsvReporter}}
    }.items():
        both._offers += Registry([doubles.plugin(name, **offers)], owner="rivals").offers()
    again = Rerun.read(first, "map").check(both)
    assert again.layer["embedder"] == {"use": "toys:hashing"}
    assert again.layer["reporter"] == [{"use": "toys:csv"}]
    assert [line for line in again.differences if "offered by rivals" in line and "toys:hashing" in line]
    assert build(again.layer, registry=both).stages["embedder"].use == "toys:hashing"


def test_objects_are_recorded_and_refused_by_name(run):
    """Stages given as objects are recorded by class and parameters, which no command line can make."""
    from sklearn.decomposition import PCA

    first = run("first", {"reducer": PCA(2), "embedder": doubles.HashingEmbedder(4)})
    with pytest.raises(ConfigError) as caught:
        Rerun.read(first, "map")
    for part in ("objects, which only Python code can create again", "reducer: sklearn.", "PCA(", "n_components=2"):
        assert part in str(caught.value)
    assert "embedder: emotopy.testing.doubles.HashingEmbedder()" in str(caught.value)


def test_runs_of_python_and_of_other_commands_are_refused(run):
    """A provenance that doesn't say its command, or says another, can't be repeated by this one."""
    with pytest.raises(ConfigError, match="was made from Python, or by an older version of emotopy"):
        Rerun.read(run("python", source={}), "map")
    with pytest.raises(ConfigError, match="was made by the command map"):
        Rerun.read(run("map"), "decode")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (None, None),
        (b"not json", None),
        (b"\xff", None),
        (b"[1]", None),
        (b'{"config": {}, "input": 3, "versions": {}, "stages": {}}', "input"),
        (b'{"config": {}, "input": {}, "versions": {}}', "stages"),
        (b'{"config": {}, "input": {}, "versions": {"numpy": 2}, "stages": {}}', "versions.numpy"),
    ],
)
def test_what_is_no_provenance_is_refused(tmp_path, data, key):
    """The error names the file and the key."""
    path = tmp_path / "p.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        Rerun.read(path, "map")
    assert caught.value.file == "p.json"
    assert caught.value.column == key


VALUES = (None, True, 1, 1.5, float("nan"), float("inf"), 10**400, "", "x", "$(x)", [], [1], [None], {}, {"a": 1})


def places(value, path=()):
    """Yield the path of everything in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def test_a_tampered_provenance_ends_in_no_foreign_exception(run, tmp_path):
    """Any value in any place, or a key that is gone: the run is repeated, or refused by an error of ours."""
    told = json.loads((run("first", {"reporter": ["csv"]}) / "provenance.json").read_text("utf-8"))
    path = tmp_path / "p.json"
    refused = []
    for i, place in enumerate(places(told)):
        for value in (VALUES[i % len(VALUES)], VALUES[(7 * i + 3) % len(VALUES)], "gone"):
            whole = json.loads(json.dumps(told))
            part = whole
            for key in place[:-1]:
                part = part[key]
            if not place:
                whole = value
            elif value == "gone" and isinstance(part, dict):
                del part[place[-1]]
            else:
                part[place[-1]] = value
            path.write_text(json.dumps(whole), "utf-8")
            try:
                again = Rerun.read(path, "map").with_files({}).check(TOY)
                again.check_input(sha256="5a" * 32)
                again.arguments(columns=dict, no_texts=bool)
                build(again.layer, registry=TOY)
            except EmotopyError as error:
                refused.append(str(error))
    assert len(refused) > 50
    assert not [message for message in refused if "pip install" in message or "`emotopy" in message]


def test_files_of_options_are_named_anew_and_compared(run, tmp_path):
    """An absolute path is no part of a provenance: the file has to be named again, and to be the same."""
    words = tmp_path / "my words.csv"
    words.write_text("happy\n", "utf-8")
    first = run("first", {"embedder": {"use": "listed", "words": str(words)}})
    assert str(tmp_path) not in (first / "provenance.json").read_text("utf-8")
    again = Rerun.read(first, "map")
    with pytest.raises(
        ConfigError, match=r"^embedder\.words: the run read a file 'my words\.csv', which wasn't found; .*--set"
    ):
        again.check(TOY)
    found = again.with_files({"embedder": {"words": str(words)}}).check(TOY)
    assert found.differences == []
    assert found.compare(run("second", found.layer))[0].startswith("2 of 2 files are identical")
    words.write_text("sad\n", "utf-8")
    with pytest.raises(InputError, match=rf"^embedder\.words: .* wanted SHA-256 .*{hash_file(words)[:12]}"):
        again.with_files({"embedder": {"words": str(words)}}).check(TOY)


def test_secrets_stand_in_no_file_and_are_given_again(run):
    """By the option's name, or in an address; a run without them isn't begun."""
    options = {"api_key": "sk-quite-secret", "url": "https://me:hidden-word@example.org/v1"}
    first = run("first", {"embedder": {"use": "served", **options}})
    for path in first.rglob("*"):
        content = path.read_bytes()
        assert b"sk-quite-secret" not in content
        assert b"hidden-word" not in content
    again = Rerun.read(first, "map")
    with pytest.raises(ConfigError) as caught:
        again.check(TOY)
    assert (caught.value.path, caught.value.got) == ("embedder.api_key", "none")
    with pytest.raises(ConfigError) as caught:
        again.with_files({"embedder": {"api_key": options["api_key"]}}).check(TOY)
    assert caught.value.path == "embedder.url"
    found = again.with_files({"embedder": options}).check(TOY)
    assert found.differences == []
    assert found.compare(run("second", found.layer))[0].startswith("2 of 2 files are identical")


@pytest.mark.parametrize("sets", [{"embedder": "listed"}, {"embedder": {"n_dims": 3}}, {"seed": 3}])
def test_nothing_else_may_be_set(run, sets):
    """A repetition with another setting is another run."""
    with pytest.raises(ConfigError, match=r"is taken from provenance\.json and can't be changed with --from"):
        Rerun.read(run("first"), "map").with_files(sets)


def test_arguments_are_recorded_in_an_order_of_their_own():
    """However a command orders them, so that two provenances compare byte by byte."""
    one, other = (
        recorded_arguments("map", b=1, a={"y": None, "x": [2]}),
        recorded_arguments("map", a={"x": (2,), "y": None}, b=1),
    )
    assert json.dumps(one) == json.dumps(other)
    assert one == {"command": "map", "arguments": {"a": {"x": [2], "y": None}, "b": 1}}


def test_a_repetition_is_not_changed_by_checking(run):
    """Checks return a new record."""
    again = Rerun.read(run("first"), "map")
    before = json.dumps(attrs.asdict(again), default=str)
    again.check(TOY)
    assert json.dumps(attrs.asdict(again), default=str) == before
