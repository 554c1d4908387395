"""Wrong configurations: each is refused before any work, with the key, what is allowed, and the nearest match."""

from __future__ import annotations

import json

import jsonschema
import pytest

from emotopy import Registry
from emotopy.config import build, read_file
from emotopy.config.schema import schema
from emotopy.errors import ConfigError

WRONG = [
    # what is written, the key that the message starts with, what it must hold besides
    ('embeder = "static"', "embeder", "Did you mean 'embedder'? Keys: annotator, atlas, clusterer"),
    ('embedder = "statik"', "embedder", "Did you mean 'static'? There are: ada-002, multilingual, openai"),
    ("embedder = 3", "embedder", "wanted a name, a table with `use`, or an object, got 3"),
    ('embedder = ["static"]', "embedder", "wanted a name"),
    ("[embedder]\nuse = true", "embedder.use", "wanted a name, got true"),
    ('[embedder]\nuse = "static"\nn_dim = 64', "embedder.n_dim", "Did you mean 'n_dims'? Options of embedder static"),
    ('[embedder]\nuse = "static"\nn_dims = 100', "embedder.n_dims", "wanted one of 64, 128, 256, got 100"),
    ('[embedder]\nuse = "static"\nn_dims = "64"', "embedder.n_dims", "Write it without quotes: 64."),
    ('embedder = "somebody:static"', "embedder", "Did you mean 'emotopy:static'?"),
    (
        '[reducer]\nuse = "umap"\nn_components = 2.5',
        "reducer.n_components",
        "wanted integer (at least 1), got 2.5",
    ),
    ('[reducer]\nuse = "umap"\nn_components = "5"', "reducer.n_components", "Write it without quotes: 5."),
    ('[reducer]\nuse = "umap"\nmetric = "cosin"', "reducer.metric", "Did you mean 'cosine'?"),
    ('[reducer]\nuse = "pca"\nn_neighbors = 5', "reducer.n_neighbors", "Options of reducer pca: n_components"),
    ('[reducer]\nuse = "pca"\nstandardise = 1', "reducer.standardise", "wanted true | false, got 1 (integer)"),
    ('clusterer = "kmeens"', "clusterer", "Did you mean 'kmeans'? There are: hdbscan, kmeans"),
    ('[region_mapper]\nuse = "nearest"\nmatching = "gredy"', "region_mapper.matching", "Did you mean 'greedy'?"),
    ('[intensity_scorer]\nuse = "lexical"\ntiers = 5', "intensity_scorer.tiers", "wanted path | none, got 5 (integer)"),
    ('atlas = "affect"', "atlas", "Did you mean 'affect18'?"),
    ('[annotator]\nuse = "anchors"\nembedder = "statik"', "annotator.embedder", "Did you mean 'static'?"),
    ('reporter = "pdf"', "reporter", "There are: html, tables"),
    ('reporter = ["tables", "htlm"]', "reporter[1]", "Did you mean 'html'?"),
    ('[reporter]\ntitel = "x"', "reporter.titel", "Did you mean 'title'?"),
    ('reporter = ["tables", { title = "x" }]', "reporter[1]", "options without a stage"),
    ('preset = "vos2024"', "preset", "Did you mean 'vos2025'? There are: recommended, vos2025, zhang2026"),
    ('level = "voxel"', "level", "wanted one of 'region', 'node'"),
    ('fit = "joined"', "fit", "Did you mean 'joint'?"),
    ("seed = -1", "seed", "wanted at least 0 and at most 4294967295, got -1"),
    ('seed = "3"', "seed", "Write it without quotes: 3."),
    ("interval = 3", "interval", "wanted a table of options, got 3"),
    ("[interval]\nn = 99", "interval.n", "wanted at least 100 and at most 1000000, got 99"),
    ("[interval]\ncoverag = 0.9", "interval.coverag", "Did you mean 'coverage'? Options of interval: coverage, n"),
    ("[interval]\ncoverage = 1.0", "interval.coverage", "wanted more than 0 and less than 1, got 1.0"),
    ("[windowing]\nwidth_s = -3", "windowing.width_s", "wanted more than 0, got -3.0"),
    ('[windowing]\ntaper = "gausian"', "windowing.taper", "Did you mean 'gaussian'?"),
    ('split = "blocks"', "split.kind", "Did you mean 'block'?"),
    ("[split]\nn_blocks = 1", "split.n_blocks", "wanted at least 2, got 1"),
    ('[null]\nkind = "phases"', "null.kind", "Did you mean 'phase'?"),
    ('[compare]\nfeatures = "amplitude"', "compare.features", "Write it in brackets: ['amplitude']."),
    ('[compare]\nfeatures = ["static", "amplitud"]', "compare.features[1]", "Did you mean 'amplitude'?"),
    ('[compare]\nremove_evoked = "true"', "compare.remove_evoked", "Write it without quotes: true."),
]


@pytest.fixture(scope="module")
def installed():
    """What ships."""
    return Registry.load(plugins=False)


@pytest.fixture(scope="module")
def validator(installed):
    """The schema of what ships, in a public library."""
    return jsonschema.Draft202012Validator(json.loads(json.dumps(schema(installed))))


@pytest.fixture
def refusal(installed, tmp_path):
    """Write a configuration and return the message that refuses it."""

    def read(written: str) -> str:
        file = tmp_path / "emotopy.toml"
        file.write_text(written + "\n", "utf-8")
        with pytest.raises(ConfigError) as caught:
            build(read_file(file), registry=installed)
        return str(caught.value)

    return read


@pytest.mark.parametrize(("written", "key", "wanted"), WRONG, ids=[written for written, _, _ in WRONG])
def test_a_wrong_configuration_is_refused_with_its_key(refusal, written, key, wanted):
    """The message starts with the path of the key and says what is allowed, or what was nearly said."""
    message = refusal(written)
    assert message.startswith(f"{key}: ")
    assert wanted in message


@pytest.mark.parametrize(("written", "key"), [row[:2] for row in WRONG], ids=[written for written, _, _ in WRONG])
def test_the_schema_refuses_it_too(validator, tmp_path, written, key):
    """A form that a platform builds from the schema refuses the same."""
    file = tmp_path / "emotopy.toml"
    file.write_text(written, "utf-8")
    assert list(validator.iter_errors(read_file(file))), key


def test_the_page_shows_what_users_read(refusal, same_as_page):
    """docs/config-errors.md holds these configurations with their messages, at least thirty."""
    rows = [["`" + written.replace("\n", "`<br>`") + "`", refusal(written)] for written, _, _ in WRONG]
    assert len(rows) >= 30
    same_as_page("config-errors.md", ["configuration", "message"], rows)
