"""The map of texts: what stands in the page, and what doesn't."""

from __future__ import annotations

import base64
import json
import re

import attrs
import numpy as np
import pytest

from emotopy.records import PageLimits
from emotopy_plugins.reporters.sections.text_map import map_data, render_map

LIMITS = PageLimits()


@attrs.frozen
class WithTexts:
    """A result that was given its texts again."""

    result: object
    shown_texts: dict

    def __getattr__(self, name):
        return getattr(self.result, name)


def placed(result, rng=None):
    """Give a result places, as the pathway does; the last text has none."""
    rng = np.random.default_rng(3) if rng is None else rng
    texts = result.texts.copy()
    places = rng.normal(size=(len(texts), 2))
    places[-1] = np.nan
    texts["map_x"], texts["map_y"] = places.T
    return attrs.evolve(result, texts=texts)


def data_of(fragment):
    """Read what the script is given."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', str(fragment.body), re.DOTALL)[1])


def unpack(text):
    return np.frombuffer(base64.b64decode(text), dtype="<u2")


def test_no_places_no_map(result):
    """Results of older versions, and of stages without points, have no such section."""
    assert render_map(result, LIMITS) is None
    assert render_map(placed(result), attrs.evolve(LIMITS, points=0)) is None


def test_places_keep_their_distances(result):
    """Both axes have one scale: quotients of distances are those of the table, to 16 bits."""
    result = placed(result)
    data = data_of(render_map(result, LIMITS))
    texts = result.texts[result.texts["map_x"].notna()]
    assert data["n"] == len(texts) == len(data["ids"])
    drawn = np.column_stack([unpack(data["x"]), unpack(data["y"])]).astype(float)
    given = texts[["map_x", "map_y"]].to_numpy()
    between = [np.linalg.norm(one[:, None] - one[None, :], axis=-1) for one in (drawn, given)]
    scale = between[0].max() / between[1].max()
    np.testing.assert_allclose(between[0], scale * between[1], atol=2)
    assert max(data["width"], data["height"]) == pytest.approx(1.0)


def test_every_point_has_its_own_labels(result):
    """The number of a text's label, in every colouring, is that of the table."""
    result = placed(result)
    data = data_of(render_map(result, LIMITS))
    by_name = {one["name"]: one for one in data["colourings"]}
    texts = result.texts[result.texts["map_x"].notna()]
    group = by_name["group"]
    assert [group["labels"][code] for code in unpack(group["codes"])] == list(texts["group"])
    assert group["counts"] == sorted(group["counts"], reverse=True)
    assert sum(group["counts"]) == data["n"]
    cluster = by_name["cluster"]
    numbers = [cluster["labels"][code].partition(":")[0] for code in unpack(cluster["codes"])]
    assert numbers == [str(one) if one >= 0 else "no cluster" for one in texts["cluster"].astype("Int64").fillna(-1)]


def test_a_sample_is_said_and_is_the_same_each_time(result):
    """Of more texts than fit, some are drawn; the page says how many of how many."""
    result = placed(result)
    first, again = (render_map(result, attrs.evolve(LIMITS, points=4)) for _ in range(2))
    assert first.body == again.body
    assert data_of(first)["n"] == 4
    assert f"4 texts are shown, drawn at random from {len(result.texts) - 1}" in first.body


def test_texts_are_there_only_where_the_result_was_given_them(result):
    """Without them the page has ids; with them it has texts, cut; never where they are to be left out."""
    result = placed(result)
    assert "texts" not in data_of(render_map(result, LIMITS))
    texts = {str(one): "</script><b>word</b> " * 300 for one in result.texts["id"]}
    shown = data_of(render_map(WithTexts(result, texts), LIMITS))["texts"]
    assert all(one.startswith("</script><b>word</b>") and len(one) == 280 for one in shown)
    body = str(render_map(WithTexts(result, texts), LIMITS).body)
    assert body.count("</script>") == 1
    secret = attrs.evolve(result, no_texts=True)
    assert "texts" not in data_of(render_map(WithTexts(secret, texts), LIMITS))


def test_twenty_thousand_texts_stay_small(result):
    """Without texts below 1 MB, with long ones below 4 MB, whatever they hold."""
    texts = result.texts.iloc[np.arange(20_000) % (len(result.texts) - 1)].copy()
    texts["id"] = [f"{i:040}" for i in range(20_000)]
    texts[["map_x", "map_y"]] = np.random.default_rng(0).normal(size=(20_000, 2))
    many = attrs.evolve(result, texts=texts)
    assert len(json.dumps(map_data(many, texts))) < 1_300_000
    long = dict.fromkeys(texts["id"].iloc[:1], "word " * 100000) | dict.fromkeys(texts["id"].iloc[1:], "word " * 80)
    assert len(render_map(WithTexts(many, long), LIMITS).body) < 4_500_000


@pytest.mark.parametrize("letter", ["悲", "<"])
def test_letters_of_many_bytes_stay_small(result, letter):
    """Texts, ids and groups in letters that take three or six bytes are cut shorter, and none is left out."""
    texts = result.texts.iloc[np.arange(20_000) % (len(result.texts) - 1)].copy()
    texts["id"] = [f"{i}{letter * 1000}" for i in range(20_000)]
    texts["group"] = [f"{i % 2000}{letter * 300}" for i in range(20_000)]
    texts[["map_x", "map_y"]] = np.random.default_rng(0).normal(size=(20_000, 2))
    many = attrs.evolve(result, texts=texts)
    body = str(render_map(WithTexts(many, dict.fromkeys(texts["id"], letter * 400)), LIMITS).body)
    assert len(body.encode("utf-8")) < 5_000_000
    data = json.loads(re.search(r"<script[^>]*>(.*?)</script>", body, re.DOTALL)[1])
    assert len(data["texts"]) == len(data["ids"]) == 20_000
    assert all(data["texts"])
    assert all(data["ids"])
