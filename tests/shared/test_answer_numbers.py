"""Which numbers of a model's text are its answer, and which texts have none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.shared.answer_numbers import Numbers, UnusableError, find_numbers, read_numbers, scanned

KEYS = ["joy", "fear"]
ANSWER, DRAFT = '{"joy": 0.2, "fear": 0.8}', '{"joy": 0.9, "fear": 0.1}'

READ = {
    "bare": ANSWER,
    "reasoning": f"<think>{DRAFT}</think>{ANSWER}",
    "reasoning behind": f"{ANSWER}\n<think>fine</think>",
    "no opening tag": f"hm {DRAFT}\n</think>\n\n{ANSWER}",
    "no opening tag, half a draft": f'hm {{"joy": 0.9, "fe</think>{ANSWER}',
    "two thoughts": f"<think>a</think>{DRAFT}<think>b, so no</think>{ANSWER}",
    "a tag that reasoning talks about": f"<think>I may use <think> tags</think>{ANSWER}",
    "tags in tags": f"<reasoning>a <think>b</think> {DRAFT}</reasoning> {ANSWER}",
    "other names": f"<Thinking>{DRAFT}</Thinking><thought>{DRAFT}</thought><reflection>x</reflection>{ANSWER}",
    "a name with a prefix": f"<seed:think>{DRAFT}</seed:think>{ANSWER}",
    "square brackets": f"[THINK]{DRAFT}[/THINK]{ANSWER}",
    "triangles": f"◁think▷{DRAFT}◁/think▷{ANSWER}",
    "channels": f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}",
    "a constrained channel": f"<|channel|>final <|constrain|>JSON<|message|>{ANSWER}<|return|>",
    "a draft in prose": f"First {DRAFT}. On second thoughts: {ANSWER}.",
    "an echoed form": f'{{"joy": 0.0, "fear": 0.0}}\n{ANSWER}',
    "a form with placeholders": f'{{"joy": <number>, "fear": <number>}} → {ANSWER}',
    "a form with dots": f'{{"joy": ..., "fear": ...}} {ANSWER}',
    "a form with braces": f'{{"joy": {{0-1}}, "fear": {{0-1}}}} {ANSWER}',
    "an open quote in braces": f'{{"unfinished {ANSWER}',
    "a fence": f"```json\n{ANSWER}\n```",
    "a list": f"[{ANSWER}]",
    "an object around": f'{{"ratings": {ANSWER}, "model": "x"}}',
    "a list in an object": f'{{"result": [{{"text": "…", "emotions": {ANSWER}}}]}}',
    "evidence within": '{"joy": 0.2, "fear": 0.8, "why": {"joy": "laughs", "fear": 1}}',
    "quoted numbers": '{"joy": "0.2", "fear": " .8 "}',
    "numbers in objects": '{"joy": {"score": 0.2, "why": "so"}, "fear": {"Value": "0.8"}}',
    "keys in capitals": '{"JOY": 0.2, " Fear ": 0.8}',
    "an escaped key": '{"j\\u006fy": 0.2, "fear": 0.8}',
    "further keys twice": '{"note": 1, "note": 2, "joy": 0.2, "fear": 0.8}',
    "an object in Python's quotes before": f"{{'joy': 0.9, 'fear': 0.1}} {ANSWER}",
    "other braces behind": f"{ANSWER} {{see: above}} {{'note': 1}}",
    "braces in a string": '{"note": "}{\\"joy\\"", "joy": 0.2, "fear": 0.8}',
    "a remark behind": f'{ANSWER} {{"because": "a death"}} :-]',
}


@pytest.mark.parametrize("name", READ)
def test_the_answer_is_found(name):
    """Past reasoning, drafts, forms, fences, and what stands around it."""
    assert read_numbers(READ[name], KEYS) == [0.2, 0.8]


@pytest.mark.parametrize(
    ("text", "replaces_others"),
    [
        (ANSWER, False),
        (f"<think>{DRAFT}</think>{ANSWER}", False),
        (f"{ANSWER}, that is\n{ANSWER}", False),
        (f"{DRAFT} {ANSWER}", True),
        (f"{ANSWER} {DRAFT} {ANSWER}", True),
        (f'{{"joy": 0.2}} {ANSWER} {{"note": 1}}', False),
    ],
)
def test_other_ratings_before_the_answer_are_told(text, replaces_others):
    """Outside the reasoning; the same ones again, and parts, aren't others."""
    assert find_numbers(text, KEYS) == Numbers([0.2, 0.8], replaces_others)


UNUSABLE = {
    "reasoning without an end": f"<think>{DRAFT}",
    "an answer, and reasoning without an end": f"{DRAFT} <think>but wait",
    "only reasoning": f"<think>{DRAFT}</think>",
    "nothing behind a closing tag": f"{DRAFT}</think>",
    "channels without a final one": f"<|channel|>analysis<|message|>{DRAFT}<|end|>",
    "a malformed channel": f"<|channel|>commentary?? {DRAFT}",
    "half": '{"joy": 0.9, "fear": 0',
    "a draft, then half": f'{DRAFT} no: {{"joy": 0.2, "fe',
    "a draft, then half a key": f'{DRAFT} no: {{"jo',
    "a draft, then a comma too many": f'{DRAFT} {{"joy": 0.2, "fear": 0.8,}}',
    "a draft, then a comment": f'{DRAFT} {{"joy": 0.2, // some\n "fear": 0.8}}',
    "a draft, then a part": f'{DRAFT} correction: {{"joy": 0.2}}',
    "a draft, then Python's quotes": f"{DRAFT} finally {{'joy': 0.2, 'fear': 0.8}}",
    "a draft, then no quotes": f"{DRAFT} finally {{joy: 0.2, fear: 0.8}}",
    "a draft, then a word processor's quotes": f"{DRAFT} finally {{“joy”: 0.2, “fear”: 0.8}}",
    "a draft inside a broken object": f'{{"note": "a "draft" {DRAFT}", "joy": 0.2, "fear": 0.8}}',
    "a draft inside a form": f'{{"joy": {{0-1}}, "draft": {DRAFT}, "fear": {{0-1}}}}',
    "a comma too many": '{"joy": 0.2, "fear": 0.8,}',
    "a comment": '{"joy": 0.2, /* low */ "fear": 0.8}',
    "single quotes": "{'joy': 0.2, 'fear': 0.8}",
    "a number that is none": '{"joy": 00.2, "fear": 0.8}',
    "two in a list": f"[{DRAFT}, {ANSWER}]",
    "a list that isn't told in full": f"[{DRAFT}, ...]",
    "two in an object": f'{{"first": {DRAFT}, "final": {ANSWER}}}',
    "a whole and a part in an object": f'{{"ratings": {DRAFT}, "correction": {{"joy": 0.2}}}}',
    "a key twice": '{"joy": 0.9, "fear": 0.8, "joy": 0.2}',
    "a key twice, once in capitals": '{"joy": 0.9, "fear": 0.8, "Joy": 0.2}',
    "two scores": '{"joy": {"score": 0.9, "value": 0.2}, "fear": 0.8}',
    "a number of something else": '{"joy": {"confidence": 0.9}, "fear": 0.8}',
    "percentages": '{"joy": "20%", "fear": "80%"}',
    "of a hundred": '{"joy": 20, "fear": 80}',
    "a decimal comma": '{"joy": "0,2", "fear": "0,8"}',
    "a string with JSON in it": json.dumps({"answer": ANSWER}),
    "two halves": '{"joy": 0.2} {"fear": 0.8}',
    "prose": "Joy is low.",
    "nothing": "  ",
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_told_is_refused(name):
    """A draft never stands for an answer that went wrong, and the reason quotes nothing."""
    with pytest.raises(UnusableError) as caught:
        read_numbers(UNUSABLE[name], KEYS)
    assert not any(word in str(caught.value) for word in ("draft", "laughs", "low", "confidence", "0.9"))


def test_an_echo_of_the_form_alone_is_an_answer():
    """Zeros for everything are an honest answer to an empty segment; nothing tells the echo of a form from them."""
    assert read_numbers('{"joy": 0.0, "fear": 0.0}', KEYS) == [0, 0]


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.floats(0, 1), VALUES, VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_any_object_is_read_as_the_json_library_reads_it(number, before, after, is_ascii, indent):
    """Whatever stands beside the number, in any writing of JSON."""
    text = json.dumps({"a": before, "joy": number, "b": after}, ensure_ascii=is_ascii, indent=indent)
    assert read_numbers(text, ["joy"]) == [json.loads(text)["joy"]]


@given(st.lists(st.one_of(st.floats(0, 1).map(lambda x: {"joy": x}), VALUES), min_size=1, max_size=5))
def test_of_objects_one_after_the_other_the_last_counts(values):
    """The reference reads them one by one with the json library."""
    numbers = [value["joy"] for value in values if isinstance(value, dict) and set(value) == {"joy"}]
    text = " and ".join(json.dumps(value) for value in values if not isinstance(value, str))
    if numbers:
        assert read_numbers(text, ["joy"]) == [numbers[-1]]


ATTACKS = [
    "{", "[", '{"', '{"a":', '["{"', '{"{":', '{"x{"', '"{"joy', '{"\n', '{"a{b', '{"k":["{",', "}", '"', "\\",
    '{"\\u12', '{"joy":0.1,"fear":{', '[{"joy":0.1,"fear":0.1},', '{"joy":1,', "{   ", '{"joy":0.1,"fear":0.1}', "1",
    '{"a":1e', "{}",
]  # fmt: skip


@pytest.mark.parametrize("piece", ATTACKS)
@pytest.mark.parametrize("opening", ["", '{"joy": ', '{"joy": "', "["])
def test_every_character_is_looked_at_a_bounded_number_of_times(piece, opening):
    """However braces and quotes follow each other; and depth is no stack overflow."""
    text = opening + piece * 5_000
    scan = scanned(text, frozenset(KEYS))
    assert scan.n_visits <= 3 * len(text)


@given(st.text('{}[]":, \\joy0.1\n', max_size=200))
def test_no_text_of_brackets_takes_more_than_a_few_looks(text):
    """Found by search instead of thought."""
    assert scanned(text * 3, frozenset(["joy"])).n_visits <= 3 * 3 * len(text) + 3
