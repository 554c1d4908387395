"""Configuration: layers, `--set`, files, presets, the schema."""

from __future__ import annotations

import itertools
import json
import math
import tomllib
from pathlib import Path

import attrs
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy import Registry
from emotopy.config import Config, StageChoice, build, load_preset, parse_sets, presets, read_file
from emotopy.config.schema import schema
from emotopy.config.serialise import describe_object, to_plain, to_toml, toml_value
from emotopy.config.settings import Interval, Null
from emotopy.errors import ConfigError, EmotopyError, OutOfBounds, UnknownName
from emotopy.inference.splits import Split
from emotopy.records.brain import Windowing
from emotopy.roles import Embedder, Reporter
from emotopy.testing import doubles


@pytest.fixture(scope="module")
def installed():
    """What is installed, loaded once."""
    return Registry.load(plugins=False)


class Titled(doubles.CsvReporter):
    """A reporter with options of its own."""

    def __init__(self, title: str | None = None, digits: int = 6) -> None:
        super().__init__()


class Picky(doubles.Directions):
    """A mapper that takes an embedder and a path."""

    def __init__(self, embedder: Embedder, table: Path | None = None, sharpness: float = 1.0) -> None:
        super().__init__(sharpness)


def plain_reporter(digits: int = 3) -> Reporter:
    return Titled(digits=digits)


TOY = Registry(
    [
        doubles,
        doubles.plugin(reporter={"titled": Titled, "plain": plain_reporter}, region_mapper={"picky": Picky}),
    ]
)


def toy(*layers):
    return build(doubles.CHOICES, *layers, registry=TOY)


# Layers -------------------------------------------------------------------------------------------------------------


def test_later_layers_win_key_by_key():
    """What a layer doesn't name, it leaves alone; what it names, it replaces."""
    config = build(
        {"seed": 1, "fit": "per-group"}, {"seed": 2, "interval": {"n": 200}}, {"interval": {"coverage": 0.9}}
    )
    assert (config.seed, config.fit, config.interval.n, config.interval.coverage) == (2, "per-group", 200, 0.9)
    assert config.stages["embedder"].use == "static"


def test_naming_a_stage_drops_the_options_of_lower_layers():
    """Options belong to the stage they were given with; the same stage named anew starts from its defaults."""
    lower = {"clusterer": {"use": "kmeans", "n_clusters": 29}}
    for upper in ("kmeans", {"use": "kmeans"}, "hdbscan"):
        assert build(lower, {"clusterer": upper}).stages["clusterer"].options == {}
    mixed = build(lower, {"clusterer": {"use": "kmeans", "n_init": 3}}).stages["clusterer"]
    assert mixed.options == {"n_init": 3}


def test_options_without_a_stage_add_to_the_lower_layers():
    """A table without `use` keeps stage and options, and adds or replaces."""
    config = build({"clusterer": {"use": "kmeans", "n_clusters": 29}}, {"clusterer": {"n_clusters": 5, "n_init": 3}})
    assert config.stages["clusterer"].use == "kmeans"
    assert config.stages["clusterer"].options == {"n_clusters": 5, "n_init": 3}
    assert build(preset="vos2025").stages["clusterer"].options == {"n_clusters": 29, "n_init": 10}


def test_building_changes_no_layer():
    """Layers are read, not written: the same dict can be used twice."""
    layers = [
        {"clusterer": {"use": "kmeans", "n_clusters": 29}},
        {"clusterer": {"n_init": 3}, "reporter": {"digits": 3}},
    ]
    before = json.dumps(layers)
    first = build(*layers).to_dict()
    assert json.dumps(layers) == before
    assert build(*layers).to_dict() == first


def test_the_preset_comes_from_the_argument_then_the_last_layer_then_is_recommended():
    """A layer may name the preset; the argument overrules it; it lies below all layers in any case."""
    assert build().preset == "recommended"
    assert build({"preset": "vos2025"}).fit == "per-group"
    assert build({"preset": "vos2025"}, {"preset": "recommended"}).preset == "recommended"
    assert build({"preset": "recommended"}, preset="vos2025").preset == "vos2025"
    assert build({"fit": "joint"}, preset="vos2025").fit == "joint"


def test_only_a_preset_carries_a_warning():
    """What the published preset warns of can't be silenced by a file, and goes with the preset."""
    assert "fixes nothing" in build(preset="vos2025").warning
    assert "fixes nothing" in build({"embedder": "static"}, preset="vos2025").warning
    assert build().warning == ""
    with pytest.raises(UnknownName) as caught:
        build({"warning": ""}, preset="vos2025")
    assert (caught.value.name, caught.value.kind) == ("warning", "key")


WRONG = {
    "an unknown key": ({"embeder": "static"}, "embeder"),
    "an unknown preset": ({"preset": "recomended"}, "preset"),
    "a preset that is a number": ({"preset": 3}, "preset"),
    "a number for a stage": ({"embedder": 3}, "embedder"),
    "a list for a stage": ({"embedder": ["static"]}, "embedder"),
    "a number for `use`": ({"embedder": {"use": 3}}, "embedder.use"),
    "options of no stage": ({"preset": "vos2025", "annotator": {"n": 3}}, "annotator"),
    "a word for a section": ({"interval": "wide"}, "interval"),
    "an unknown option of a section": ({"interval": {"m": 3}}, "interval.m"),
    "a word for a number": ({"interval": {"n": "many"}}, "interval.n"),
    "too few resamples": ({"interval": {"n": 10}}, "interval.n"),
    "a coverage of one": ({"interval": {"coverage": 1}}, "interval.coverage"),
    "an unknown fit": ({"fit": "joined"}, "fit"),
    "an unknown level": ({"level": "voxel"}, "level"),
    "a seed below zero": ({"seed": -1}, "seed"),
    "a seed too large": ({"seed": 2**32}, "seed"),
    "a seed that is a word": ({"seed": "none"}, "seed"),
    "a seed that is true": ({"seed": True}, "seed"),
    "a nameless reporter": ({"reporter": [{"digits": 3}]}, "reporter"),
    "None for a stage": ({"embedder": None}, "embedder"),
}


@pytest.mark.parametrize(("layer", "path"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_the_key(layer, path):
    """Every error is a ConfigError that has the path of the key and starts with it."""
    with pytest.raises(ConfigError) as caught:
        build(layer)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")


def test_a_seed_is_checked_wherever_it_comes_from():
    """A seed set in Python is held to the same bounds; NumPy's whole numbers are numbers."""
    import numpy as np

    config = attrs.evolve(build(), seed=np.int64(4))
    assert (config.seed, type(config.seed)) == (4, int)
    for wrong in (-1, 2**32, "4", 1.5, True, None):
        with pytest.raises(ConfigError) as caught:
            attrs.evolve(build(), seed=wrong)
        assert caught.value.path == "seed"


@pytest.mark.parametrize(
    ("make", "path"),
    [
        (lambda: Windowing(width_s=0.0), "windowing.width_s"),
        (lambda: Windowing(sigma_s=math.nan), "windowing.sigma_s"),
        (lambda: Interval(coverage=1.0), "interval.coverage"),
        (lambda: Null(n=0), "null.n"),
        (lambda: Split(n_blocks=1), "split.n_blocks"),
        (lambda: Split(apart_s=-1.0), "split.apart_s"),
    ],
)
def test_sections_keep_their_bounds_in_python_too(make, path):
    """A section is a record: made in Python it raises the error that a file would get."""
    with pytest.raises(OutOfBounds) as caught:
        make()
    assert caught.value.path == path


# Checked against what is installed ----------------------------------------------------------------------------------


def test_stages_and_options_are_checked_before_any_work():
    """Names, options and values are checked against the registry, nested stages too; paths lead to the key."""
    for layer, path in (
        ({"embedder": "hashin"}, "embedder"),
        ({"embedder": {"use": "hashing", "n_dim": 3}}, "embedder.n_dim"),
        ({"embedder": {"use": "hashing", "n_dims": "3"}}, "embedder.n_dims"),
        ({"reporter": {"use": "titled", "digits": 2.5}}, "reporter.digits"),
        ({"region_mapper": {"use": "picky", "embedder": "hashin"}}, "region_mapper.embedder"),
        (
            {"region_mapper": {"use": "picky", "embedder": {"use": "hashing", "n": 1}}},
            "region_mapper.embedder.n",
        ),
        ({"region_mapper": {"use": "picky", "embedder": 3}}, "region_mapper.embedder"),
    ):
        with pytest.raises(ConfigError) as caught:
            toy(layer)
        assert caught.value.path == path


def test_a_checked_configuration_holds_converted_values():
    """After the check options have their types: a path is a Path, a whole number a float where one is wanted."""
    config = toy({"region_mapper": {"use": "picky", "table": "t.csv", "sharpness": 2, "embedder": {"use": "hashing"}}})
    assert config.stages["region_mapper"].options == {"table": Path("t.csv"), "sharpness": 2.0, "embedder": "hashing"}
    assert toy({"region_mapper": {"use": "picky", "table": "none"}}).stages["region_mapper"].options == {"table": None}


def test_an_object_is_checked_before_any_work_and_kept_as_it_is():
    """An object with the role's methods is a choice, at the top and nested; one without them raises at once."""
    own = doubles.HashingEmbedder(3)
    assert toy({"embedder": own}).stages["embedder"].use is own
    nested = toy({"region_mapper": {"use": "picky", "embedder": own}})
    assert nested.stages["region_mapper"].options["embedder"] is own
    for wrong in (doubles.HashingEmbedder, doubles.Halves(), object()):
        with pytest.raises(ConfigError, match="the object given is") as caught:
            toy({"embedder": wrong})
        assert caught.value.path == "embedder"


def test_scikit_learn_estimators_are_stages_as_they_are():
    """Any scikit-learn reducer and clusterer is accepted, and described by class and parameters."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    config = toy({"reducer": PCA(2), "clusterer": KMeans(3)})
    told = config.to_dict()["reducer"]["object"]
    assert told["class"].endswith("PCA")
    assert told["parameters"]["n_components"] == 2


# Reporters ----------------------------------------------------------------------------------------------------------


def reporters(config):
    return [(choice.use, dict(choice.options)) for choice in config.reporters]


def test_reporters_come_alone_or_in_a_list():
    """A name, a table, and a list of either say which reporters write; an empty list none."""
    assert reporters(toy({"reporter": "titled"})) == [("titled", {})]
    assert reporters(toy({"reporter": {"use": "titled", "digits": 2}})) == [("titled", {"digits": 2})]
    mixed = toy({"reporter": ["csv", {"use": "titled", "title": "x"}]})
    assert reporters(mixed) == [("csv", {}), ("titled", {"title": "x"})]
    assert reporters(toy({"reporter": []})) == []


def test_options_for_reporters_go_to_those_that_have_them():
    """Options without a reporter's name reach every reporter that knows them, and only these."""
    three = {"reporter": ["csv", "titled", {"use": "plain", "digits": 9}]}
    found = reporters(toy(three, {"reporter": {"title": "x", "digits": 2}}))
    assert found == [("csv", {}), ("titled", {"title": "x", "digits": 2}), ("plain", {"digits": 9})]
    beside = toy({"reporter": {"use": ["csv", "titled"], "title": "x"}})
    assert reporters(beside) == [("csv", {}), ("titled", {"title": "x"})]
    assert reporters(toy({"reporter": {"title": "x"}}, {"reporter": ["titled"]})) == [("titled", {})]


def test_an_option_that_no_reporter_has_is_refused():
    """A word that none of the reporters knows is an error that lists what they know."""
    with pytest.raises(UnknownName) as caught:
        toy({"reporter": ["csv", "titled"]}, {"reporter": {"titel": "x"}})
    assert caught.value.path == "reporter.titel"
    assert caught.value.choices == ("digits", "name", "title")


# --set --------------------------------------------------------------------------------------------------------------

SETS = [
    ["clusterer=kmeans", "clusterer.n_clusters=5", "clusterer.n_init=2", "seed=3"],
    ["reporter=titled", "reporter.title=A day", "level=node"],
    ['reporter=["csv", "titled"]', "reporter.title=x", "reporter.digits=3"],
    ['clusterer={use = "kmeans", n_clusters = 3}', "clusterer.n_clusters=5"],
    ["interval={n = 300}", "interval.coverage=0.8", "interval.n=200"],
    ["reducer.n_components=2", "embedder = hashing", "embedder.n_dims = 4"],
    ["clusterer=5", "clusterer.n_clusters=3"],
    ["fit=joint", "fit.x=3"],
    ["reporter.title=x"],
    ["interval=wide", "interval.n=200"],
    ["split=subject", "split.n_blocks=3"],
]


@pytest.mark.parametrize("assignments", SETS, ids=" ".join)
def test_the_order_of_sets_does_not_matter(assignments):
    """Every order of the same assignments gives the same layer, or the same error."""
    found = set()
    for order in itertools.permutations(assignments):
        try:
            found.add(json.dumps(parse_sets(order)))
        except EmotopyError as error:
            found.add(f"{type(error).__name__}: {error}")
    assert len(found) == 1


KEYS = st.sampled_from(["embedder", "clusterer", "reporter", "interval", "fit", "seed", "nonsense"])
VALUES = st.sampled_from(["kmeans", "5", "true", '["a", "b"]', '{ use = "x", n = 1 }', "{ n = 2 }", "", "1.5"])


@given(st.dictionaries(KEYS | st.tuples(KEYS, st.sampled_from("nm")).map(".".join), VALUES, max_size=5), st.randoms())
def test_any_sets_in_any_order_give_the_same(assignments, random):
    """Whatever is set, however it is ordered: the same layer and configuration, or the same error, never a crash."""
    words = [f"{key}={value}" for key, value in assignments.items()]
    shuffled = random.sample(words, len(words))
    outcomes = []
    for order in (words, shuffled):
        try:
            outcomes.append(json.dumps(build(parse_sets(order)).to_dict()))
        except EmotopyError as error:
            outcomes.append(str(error))
    assert outcomes[0] == outcomes[1]


def test_a_kind_of_section_takes_options_beside_it():
    """`--set split=subject --set split.n_blocks=3` is a table with both."""
    assert parse_sets(["split=subject", "split.n_blocks=3"]) == {"split": {"kind": "subject", "n_blocks": 3}}
    assert build(parse_sets(["split.n_blocks=3", "split=subject"])).split.n_blocks == 3


def test_sets_read_values_as_toml_else_as_words():
    """Numbers, lists and booleans are TOML; what TOML can't read, and dates, are strings; spaces around go."""
    for word, value in {
        "5": 5,
        "0.5": 0.5,
        "true": True,
        '"5"': "5",
        "[1, 2]": [1, 2],
        "kmeans": "kmeans",
        "a b = c": "a b = c",
        "2024-01-01": "2024-01-01",
        "07:30:00": "07:30:00",
        "1\nother = 2": "1\nother = 2",
        "": "",
        "none": "none",
    }.items():
        assert toml_value(word) == value
    assert parse_sets([" embedder = static ", "reporter.title=a=b"]) == {
        "embedder": "static",
        "reporter": {"title": "a=b"},
    }


@pytest.mark.parametrize(
    ("assignments", "reason"),
    [
        (["embedder"], "wanted KEY=VALUE"),
        (["=static"], "wanted KEY=VALUE"),
        (["reducer.graph..n=1"], "wanted ROLE, ROLE.OPTION"),
        (["embedder.=1"], "wanted ROLE, ROLE.OPTION"),
        ([".n=1"], "wanted ROLE, ROLE.OPTION"),
        (["embedder=a", "embedder=b"], "--set embedder: set twice, to 'a' and to 'b'"),
        (["clusterer=5", "clusterer.n=3"], r"--set clusterer\.n: clusterer = 5 has no options"),
        (["reducer=pca", "reducer.use=umap"], r"--set reducer\.use: set twice"),
        (["split=block", "split.kind=subject"], r"--set split\.kind: set twice"),
        (['reducer={use="pca", n_components=2}', "reducer.n_components=3"], r"--set reducer\.n_components: set twice"),
    ],
)
def test_sets_that_say_nothing_or_two_things_are_refused(assignments, reason):
    """Without "=", without a key, with an empty part, or twice: an error that quotes the assignment."""
    with pytest.raises(ConfigError, match=reason):
        parse_sets(assignments)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.toml", ""),
        ("a.toml", "# nothing yet\n"),
        ("a.json", "{}"),
        ("a.json", '{"seed": 1, "seed": 2}'),
        ("a.json", '{"reducer": {"use": "pca", "use": "umap"}}'),
        ("a.toml", "seed = 1\nseed = 2\n"),
    ],
)
def test_files_that_say_nothing_or_two_things_are_refused(tmp_path, name, content):
    """A file without a key, or with one twice: never a configuration other than the user thinks."""
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(ConfigError, match=name):
        read_file(path)


def test_a_set_option_of_a_preset_reaches_its_reporter(installed):
    """`--set reporter.title=...` works over the recommended preset, whose other reporter has no title."""
    config = build(parse_sets(["reporter.title=Ours"]), registry=installed)
    assert reporters(config) == [("tables", {}), ("html", {"title": "Ours"})]


# Files --------------------------------------------------------------------------------------------------------------


def test_files_are_toml_or_by_their_ending_json(tmp_path):
    """A .json file is JSON, everything else TOML; a byte-order mark, which some editors write, is no matter."""
    toml, js = tmp_path / "a.toml", tmp_path / "a.JSON"
    toml.write_text('\ufeffembedder = "static"\n[interval]\nn = 200\n', "utf-8")
    js.write_text('{"embedder": "static", "interval": {"n": 200}}')
    assert read_file(toml) == read_file(js) == {"embedder": "static", "interval": {"n": 200}}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.toml", b"embedder = \n", r"a\.toml: can't be read as TOML.* line 1"),
        ("a.json", b'{"a": }', r"a\.json: .*line 1 column 7"),
        ("a.json", b"[1]", r"a\.json: wanted a table of keys, got list"),
        ("a.json", b"[" * 100_000, r"a\.json: can't be read"),
        ("a.toml", b"a = '\xff'", r"a\.toml: can't be read"),
        ("absent.toml", None, r"absent\.toml: can't be read: No such file"),
        (".", None, "can't be read: Is a directory"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, name, data, reason):
    """The error names the file, and the line where there is one."""
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ConfigError, match=reason):
        read_file(tmp_path / name)


PLAIN = st.recursive(
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4), PLAIN, max_size=4))
def test_what_is_written_as_toml_is_read_back_the_same(values):
    """Any plain values, any keys, control characters and infinities too, survive `to_toml` and `tomllib`."""
    assert tomllib.loads(to_toml(values)) == values


def test_none_is_written_as_a_word_and_read_back_as_none():
    """TOML has no null; an option that is None comes back as None."""
    config = toy({"region_mapper": {"use": "picky", "table": None, "sharpness": 3}})
    again = build(tomllib.loads(to_toml(config.to_dict())), registry=TOY)
    assert again.stages["region_mapper"].options == {"table": None, "sharpness": 3.0}


@pytest.mark.parametrize("preset", presets())
def test_a_configuration_comes_back_from_its_own_file(installed, preset):
    """`config show > file` and `--config file` are the same configuration."""
    sets = parse_sets(["seed=3", "interval.n=200", "reporter.max_groups=3", "intensity_scorer=nrc"])
    config = build(sets, preset=preset, registry=installed)
    again = build(tomllib.loads(to_toml(config.to_dict())), registry=installed)
    assert again.to_dict() == config.to_dict()
    assert again.warning == config.warning


# Presets and schema -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def validator(installed):
    """The schema of what is installed, checked against the meta-schema."""
    found = json.loads(json.dumps(schema(installed)))
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


@pytest.mark.parametrize("preset", presets())
def test_every_preset_is_valid(installed, validator, preset):
    """Every preset names stages and options that are installed, by the check and by the schema."""
    config = build(preset=preset, registry=installed)
    assert isinstance(config, Config)
    layer = load_preset(preset)
    layer.pop("warning", None)
    for instance in (layer, config.to_dict()):
        assert not list(validator.iter_errors(instance))


GOOD = [
    {},
    {"embedder": "emotopy:static"},
    {"reducer": {"n_components": 2}},
    {"reducer": {"use": "pca", "n_components": 2}},
    {"interval": {"n": 100, "coverage": 0.5}},
    {"split": "block"},
    {"windowing": {"width_s": 12, "taper": "rectangular"}},
    {"compare": {"features": ["static", "amplitude"]}},
    {"compare": {"features": []}},
    {"annotator": {"use": "anchors", "embedder": {"use": "static", "n_dims": 64}}},
    {"annotator": {"use": "anchors", "embedder": None}},
    {"reporter": []},
    {"reporter": "html"},
    {"reporter": ["html", {"use": "tables", "digits": 3}]},
    {"reporter": {"use": "html", "title": "x"}},
    {"reporter": {"use": ["html", "tables"], "title": "x"}},
    {"reporter": {"title": "x"}},
    {"region_mapper": {"use": "evidence", "table": "none"}},
    {"seed": 5, "preset": "vos2025", "fit": "joint", "level": "node"},
]
BAD = [
    {"embeder": "static"},
    {"dataset": "goemotions"},
    {"dataset": {"use": "goemotions", "split": "dev"}},
    {"embedder": "statik"},
    {"embedder": 3},
    {"embedder": None},
    {"embedder": ["static"]},
    {"reducer": {"use": "pca", "n_component": 2}},
    {"reducer": {"use": "pca", "n_components": "two"}},
    {"reducer": {"nonsense": 2}},
    {"interval": {"n": 99}},
    {"interval": {"coverage": 1.0}},
    {"interval": {"m": 3}},
    {"windowing": {"width_s": 0}},
    {"split": "blocks"},
    {"compare": {"features": ["amplitud"]}},
    {"annotator": {"use": "anchors", "embedder": "statik"}},
    {"annotator": {"use": "anchors", "embedder": {"use": "static", "n_dims": 65}}},
    {"reporter": "pdf"},
    {"reporter": [{"digits": 3}]},
    {"reporter": {"use": ["html", "pdf"]}},
    {"reporter": {"nonsense": 2}},
    {"seed": -1},
    {"seed": 2**32},
    {"seed": "3"},
    {"fit": "joined"},
    {"level": "voxel"},
    {"preset": "mine"},
    {"warning": ""},
]


@pytest.mark.parametrize(
    "layer",
    [
        lambda: {"dataset": "goemotions"},
        lambda: {"dataset": {"split": "dev"}},
        lambda: parse_sets(["dataset=goemotions"]),
        lambda: parse_sets(["dataset.split=dev"]),
    ],
    ids=["name", "options", "--set", "--set option"],
)
def test_a_data_set_is_no_stage(installed, layer):
    """Whichever way it comes into the configuration of a pathway, it is refused, by its key."""
    with pytest.raises(ConfigError) as caught:
        build(layer(), registry=installed)
    assert caught.value.path == "dataset"
    assert not isinstance(caught.value, UnknownName)


def test_the_schema_offers_no_data_set(validator):
    """Neither as a key nor as a definition."""
    assert "dataset" not in validator.schema["properties"]
    assert "dataset" not in validator.schema["$defs"]


@pytest.mark.parametrize("layer", GOOD, ids=json.dumps)
def test_schema_and_check_accept_the_same(installed, validator, layer):
    """What the program takes, the schema takes."""
    build(layer, registry=installed)
    assert not list(validator.iter_errors(layer))


@pytest.mark.parametrize("layer", BAD, ids=json.dumps)
def test_schema_and_check_refuse_the_same(installed, validator, layer):
    """What the program refuses, the schema refuses."""
    with pytest.raises(ConfigError):
        build(layer, registry=installed)
    assert list(validator.iter_errors(layer))


def test_the_schema_knows_ambiguous_names():
    """A name that two owners offer is in the schema in its full form alone, as the program wants it."""
    twice = Registry([doubles.plugin("one", embedder={"twin": doubles.HashingEmbedder})], owner="first")
    twice._offers += Registry(
        [doubles.plugin("two", embedder={"twin": doubles.HashingEmbedder})], owner="second"
    ).offers()
    validator = jsonschema.Draft202012Validator(schema(twice))
    assert validator.is_valid({"embedder": "first:twin"})
    assert validator.is_valid({"embedder": {"use": "second:twin", "n_dims": 3}})
    assert not validator.is_valid({"embedder": "twin"})
    assert not validator.is_valid({"embedder": {"use": "twin"}})


# Plain values -------------------------------------------------------------------------------------------------------


def test_plain_values_are_json_ready_and_portable_ones_tell_no_path():
    """Paths, sets, tuples, NumPy's numbers and objects become what JSON holds; absolute paths their file name."""
    import numpy as np

    value = {
        "path": Path("/home/somebody/list.csv"),
        "word": "/home/somebody/list.csv",
        "relative": Path("lists/list.csv"),
        "set": {3, 1, 2},
        "tuple": (1, "a"),
        "number": np.float32(0.5),
        "array": np.arange(3),
        "object": doubles.HashingEmbedder(3),
        "none": None,
        "infinite": math.inf,
    }
    portable = json.dumps(to_plain(value, portable=True))
    assert "somebody" not in portable
    plain = to_plain(value)
    assert plain["path"] == plain["word"] == "/home/somebody/list.csv"
    assert (plain["relative"], plain["set"], plain["tuple"]) == ("lists/list.csv", [1, 2, 3], [1, "a"])
    assert (plain["number"], plain["array"]) == (0.5, [0, 1, 2])
    assert plain["object"] == {"object": describe_object(doubles.HashingEmbedder(9))}
    assert "0x" not in portable


def test_a_choice_says_what_it_is():
    """A choice without options is its name, with options a table; an object its class."""
    assert StageChoice("pca").to_dict() == "pca"
    assert StageChoice("pca", {"n_components": 2}).to_dict() == {"use": "pca", "n_components": 2}
    assert StageChoice(doubles.Halves()).to_dict()["object"]["class"].endswith("Halves")


def test_objects_with_broken_parameters_are_described_by_class():
    """A look-alike whose `get_params` fails is still told by its class."""

    class Odd:
        def get_params(self, deep):
            raise ValueError("no")

    assert describe_object(Odd())["parameters"] == {}
