"""Reading numbers out of what a model wrote."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.shared.chat import UnusableError, numbers_schema, read_numbers
from emotopy_plugins.shared.endpoint import usd_per_million_chat_tokens

NUMBERS = st.fixed_dictionaries({"joy": st.floats(0, 1), "home sickness": st.integers(0, 1)})
PROSE = st.text(st.characters(exclude_characters="{"), max_size=40)


@given(PROSE, NUMBERS, PROSE)
def test_an_object_is_found_whatever_stands_around_it(before, numbers, after):
    """Prose before and after changes nothing; the order is that of the keys asked for."""
    found = read_numbers(before + json.dumps(numbers) + after, ["home sickness", "joy"])
    assert found == [numbers["home sickness"], numbers["joy"]]


@given(st.text(alphabet='{}[]":,. joy01-eN\\', max_size=60))
def test_any_text_gives_numbers_from_0_to_1_or_a_reason(text):
    """Nothing but numbers in range comes back, and nothing else is raised."""
    with contextlib.suppress(UnusableError):
        (number,) = read_numbers(text, ["joy"])
        assert 0 <= number <= 1


@pytest.mark.parametrize(
    "value", ["true", "null", '"high"', '"50%"', "[0.5]", "1e400", "1" + "0" * 400, "NaN", "-0.001", '"1.5"', '"-0.1"']
)
def test_what_is_no_number_in_range_is_refused(value):
    """Booleans, strings, lists, infinities, numbers of four hundred digits."""
    with pytest.raises(UnusableError, match=r"joy is (a percentage|no number|out of range)"):
        read_numbers(f'{{"joy": {value}}}', ["joy"])


def test_the_last_object_with_all_keys_counts():
    """An example that lacks keys, thoughts in braces and drafts before the answer are passed over."""
    text = '{hm} {"joy": 0.1} {"joy": 0.2, "fear": 0.3} {"joy": 1, "fear": 0} {"because": "so"}'
    assert read_numbers(text, ["joy", "fear"]) == [1, 0]


def test_deep_nesting_is_no_crash():
    """A hundred thousand brackets are half a JSON."""
    with pytest.raises(UnusableError, match="half a JSON"):
        read_numbers('{"joy": ' + "[" * 100_000, ["joy"])


def test_the_schema_allows_just_what_is_wanted():
    """Checked with a JSON Schema validator."""
    jsonschema = pytest.importorskip("jsonschema")
    schema = numbers_schema(["joy", "fear"])
    jsonschema.validate({"joy": 0, "fear": 1.0}, schema)
    for wrong in ({"joy": 0}, {"joy": 0, "fear": 2}, {"joy": 0, "fear": "1"}, {"joy": 0, "fear": 1, "awe": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_prices_of_unknown_models_are_unknown():
    """None rather than a guess."""
    assert usd_per_million_chat_tokens("no-such-model") == (None, None)
    into, out = usd_per_million_chat_tokens("gpt-4.1-mini")
    assert 0 < into < out
