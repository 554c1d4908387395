"""The cases of servers and models that failed once, one test each."""

from __future__ import annotations

import numpy as np
import pytest
from tests.forms.loopback import completion, loopback, vector, vectors

from emotopy.errors import ProviderError
from emotopy.roles import Host
from emotopy_plugins.annotators.llm import LlmAnnotator
from emotopy_plugins.embedders.openai import OpenAIEmbedder

QUICK = {"first_wait_s": 0.001, "max_wait_s": 2.0, "timeout_s": 30.0}


def item(vector, **index):
    return {"object": "embedding", "embedding": vector, **index}


@pytest.mark.parametrize(
    ("items", "order"),
    [
        ([item([0.1, 0.2]), item([0.3, 0.4], index=1)], [0, 1]),
        ([item([0.1, 0.2]), item([0.3, 0.4])], [0, 1]),
        ([item([0.3, 0.4], index=1), item([0.1, 0.2])], [1, 0]),
        ([item([0.1, 0.2], index=None), item([0.3, 0.4], index=None)], [0, 1]),
        ([item([0.3, 0.4], index=1), item([0.1, 0.2], index=0)], [1, 0]),
    ],
)
def test_case_04_vectors_without_index(items, order):
    """A missing index is the one that is left, or the place in the list."""
    with loopback(lambda *_: (200, {"object": "list", "data": items})) as server:
        found = OpenAIEmbedder(base_url=server.url + "/v1", **QUICK).embed(["a", "b"])
    sent = np.array([one["embedding"] for one in items], dtype=np.float32)
    np.testing.assert_array_equal(found, sent[np.argsort(order)])


@pytest.mark.parametrize(
    "items",
    [
        [item([0.1]), item([0.2], index=5)],
        [item([0.1], index=0), item([0.2], index=0)],
        [item([0.1]), item([0.2]), item([0.3])],
        [item([0.1])],
        [item([0.1], index=1), item([0.2], index=1)],
        [item([0.1], index="0"), item([0.2], index="1")],
        [item([0.1], index=True), item([0.2], index=0)],
        [item([0.1], index=-1), item([0.2], index=0)],
        ["a", "b"],
    ],
)
def test_case_04_indices_that_fit_nothing(items):
    """Doubled and foreign indices, too many and too few vectors, and what is no index at all."""
    with loopback(lambda *_: (200, {"data": items})) as server, pytest.raises(ProviderError) as caught:
        OpenAIEmbedder(base_url=server.url + "/v1", **QUICK).embed(["a", "b"])
    assert caught.value.status == 200
    assert caught.value.server == server.url.removeprefix("http://") + "/v1"


def test_case_04_what_was_assumed_is_told_once():
    """Two requests of vectors without index are one note; vectors with an index are none."""
    noted: list[str] = []

    def reply(path, body, number):
        answer = vectors(body)
        for one in answer["data"]:
            del one["index"]
        return 200, answer

    with loopback(reply) as server:
        embedder = OpenAIEmbedder(base_url=server.url + "/v1", host=Host(notify=noted.append), max_inputs=2, **QUICK)
        np.testing.assert_array_equal(
            embedder.embed(["a", "bb", "ccc", "dddd"]), [vector("x" * n) for n in (1, 2, 3, 4)]
        )
    assert len(noted) == 1


@pytest.mark.parametrize("status", [500, 503, 400, 413])
def test_case_24_too_large_with_any_status(status):
    """A text that is too long is split, and no request is sent twice."""
    refusal = {
        "error": {"code": status, "message": "input (992 tokens) is too large to process", "type": "server_error"}
    }
    text = " ".join(f"word{i}" for i in range(30))

    def reply(path, body, number):
        return (status, refusal) if max(map(len, body["input"])) > 150 else (200, vectors(body))

    with loopback(reply) as server:
        found = OpenAIEmbedder(base_url=server.url + "/v1", **QUICK).embed([text, "short"])
        asked = [tuple(body["input"]) for _, body in server.asked]
    assert len(asked) == len(set(asked))
    np.testing.assert_array_equal(found[1], vector("short"))
    assert np.linalg.norm(found[0]) == pytest.approx(1)


def test_case_24_another_500_is_tried_again():
    """A fault that isn't about size passes."""
    with loopback(lambda path, body, n: (200, vectors(body)) if n else (500, {"error": "CUDA error"})) as server:
        np.testing.assert_array_equal(OpenAIEmbedder(base_url=server.url + "/v1", **QUICK).embed(["a"]), [vector("a")])
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("content", "ratings"),
    [
        ('<think>Perhaps {"joy": 0.9, "fear": 0.1}? No.</think>\n{"joy": 0.1, "fear": 0.7}', (0.1, 0.7)),
        ('The format is {"joy": 0.0, "fear": 0.0}.\n```json\n{"joy": 0.2, "fear": 0.8}\n```', (0.2, 0.8)),
        ('first {"joy": 0.9, "fear": 0.1} but</think>{"joy": 0.1, "fear": 0.7}', (0.1, 0.7)),
        ('{"ratings": {"joy": 0.2, "fear": 0.8}}', (0.2, 0.8)),
        ('[{"joy": 0.2, "fear": 0.8}]', (0.2, 0.8)),
        ('{"joy": "0.2", "fear": "0.8"}', (0.2, 0.8)),
        ('{"Joy": 0.2, "FEAR": 0.8, "note": "x"}', (0.2, 0.8)),
    ],
)
def test_case_32_the_answer_is_the_last_object_outside_the_reasoning(content, ratings):
    """Drafts, echoes and what stands around an answer change nothing."""
    with loopback(lambda *_: (200, completion(content))) as server:
        found = LlmAnnotator(base_url=server.url + "/v1", **QUICK).annotate(["so"], ["joy", "fear"])
    np.testing.assert_allclose(found, [ratings], atol=1e-6)


def test_case_32_a_broken_answer_is_asked_for_again():
    """A comma too many is refused; the next answer counts."""
    answers = ['{"joy": 0.9, "fear": 0.8,}', '{"joy": 0.2, "fear": 0.8}']
    with loopback(lambda path, body, n: (200, completion(answers[n]))) as server:
        found = LlmAnnotator(base_url=server.url + "/v1", **QUICK).annotate(["so"], ["joy", "fear"])
    np.testing.assert_allclose(found, [[0.2, 0.8]], atol=1e-6)


@pytest.mark.parametrize("error", ["Model m is not loaded", {"message": "Model m is not loaded", "type": "x"}])
@pytest.mark.parametrize("make", [lambda body: body, lambda body: [body]])
def test_case_36_an_error_with_http_200(error, make):
    """The server's own words, its status and its name; asked once, by embedder and annotator alike."""
    for stage, arguments in ((OpenAIEmbedder, ["embed", ["a"]]), (LlmAnnotator, ["annotate", ["a"], ["joy"]])):
        with loopback(lambda *_: (200, make({"error": error}))) as server, pytest.raises(ProviderError) as caught:
            getattr(stage(base_url=server.url + "/v1", **QUICK), arguments[0])(*arguments[1:])
        assert (caught.value.status, caught.value.server_message) == (200, "Model m is not loaded")
        assert caught.value.server == server.url.removeprefix("http://") + "/v1"
        assert len(server.asked) == 1


def test_case_36_the_words_are_bounded_and_without_the_key(monkeypatch):
    """However much a server says, and whatever it repeats."""
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2-correct-horse")
    words = "no model for hunter2-correct-horse " + "z" * 5000
    with loopback(lambda *_: (200, {"error": words})) as server, pytest.raises(ProviderError) as caught:
        OpenAIEmbedder(base_url=server.url + "/v1", **QUICK).embed(["a"])
    assert caught.value.server_message.startswith("no model for [key] zzz")
    assert len(caught.value.server_message) < 320
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("embedding", "expected"),
    [([1, 0], [1, 0]), ([0.25, -3], [0.25, -3]), ("AACAPwAAAMA=", [1, -2])],
)
def test_vectors_in_any_writing_of_numbers(embedding, expected):
    """Whole numbers, fractions, base64; without `usage` and `model`."""
    with loopback(lambda *_: (200, {"data": [{"embedding": embedding, "index": 0}]})) as server:
        found = OpenAIEmbedder(base_url=server.url + "/v1", **QUICK).embed(["a"])
    np.testing.assert_array_equal(found, [expected])


@pytest.mark.parametrize(
    "embedding",
    [[0.1, None], [], [[0.1], [0.2]], [0.1, "0.2"], [0.1, True], "AAA=", "", None, {"0": 0.1}, [1e300, 0]],
    ids=str,
)
def test_what_is_no_vector_is_refused(embedding):
    """null among numbers, a vector per token, strings, base64 that is no whole number of floats, more than float32."""
    with loopback(lambda *_: (200, {"data": [{"embedding": embedding, "index": 0}]})) as server:
        embedder = OpenAIEmbedder(base_url=server.url + "/v1", encoding_format="float", **QUICK)
        with np.errstate(over="ignore"), pytest.raises(ProviderError) as caught:
            embedder.embed(["a"])
    assert caught.value.status == 200


@pytest.mark.parametrize(
    ("completed", "reason"),
    [
        (completion("", finish_reason="length", message={"reasoning": "so " * 50}), "while it was still reasoning"),
        (completion(None, finish_reason="length"), "truncated at the token limit"),
        (completion(None, message={"reasoning_content": "so"}), "only reasoning (2 characters)"),
        (completion(None), "without text"),
        (completion([]), "an empty answer"),
        (completion([{"type": "thinking", "thinking": "so"}]), "an empty answer"),
        (completion(None, message={"refusal": "I won't rate 'my secret fear of him'"}), "(I won't rate '[text]')"),
        ({"choices": []}, "no chat completion"),
        ({"choices": None, "id": "x"}, "no chat completion"),
        ("<html><title>Sign in</title></html>", "no chat completion but a page 'Sign in'"),
    ],
)
def test_why_an_answer_cannot_be_used_is_said(completed, reason):
    """And nothing of the segment with it, whatever the server repeats."""
    with loopback(lambda *_: (200, completed)) as server, pytest.raises(ProviderError) as caught:
        LlmAnnotator(base_url=server.url + "/v1", retries=1, **QUICK).annotate(["my secret fear of him"], ["joy"])
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)
    assert len(server.asked) == 2


def test_a_segment_that_is_too_long_keeps_the_server_s_words():
    """The error that names the segment has the status and the words of the refusal."""
    words = "the request exceeds the available context size. try increasing it"
    refusal = {"error": {"code": 500, "message": words, "type": "server_error"}}
    with loopback(lambda *_: (500, refusal)) as server, pytest.raises(ProviderError) as caught:
        LlmAnnotator(base_url=server.url + "/v1", **QUICK).annotate(["so"], ["joy"])
    assert (caught.value.status, caught.value.server_message, caught.value.code) == (500, words, "server_error")
    assert len(server.asked) == 1


@pytest.mark.parametrize("said", ["other-model", "gpt-4.1-mini-2025-04-14"])
def test_another_model_that_rates_is_told(said):
    """Once, by the name that the server gives; a version of the model asked for is the same."""
    noted: list[str] = []
    answer = {**completion('{"joy": 0.5}'), "model": said}
    with loopback(lambda *_: (200, answer)) as server:
        annotator = LlmAnnotator(base_url=server.url + "/v1", host=Host(notify=noted.append), context=0, **QUICK)
        annotator.annotate(["so", "then", "now"], ["joy"])
    assert [said in note for note in noted] == ([True] if said == "other-model" else [])


def test_answers_with_several_objects_are_told_by_their_number():
    """Two of three answers have a draft before the object that counts; a draft inside the reasoning is none."""
    draft, answer = '{"joy": 0.9}', '{"joy": 0.1}'
    answers = [f"{draft} no: {answer}", f"<think>{draft}</think>{answer}", f"{draft} or {draft}; no: {answer}"]
    noted: list[str] = []
    with loopback(lambda path, body, n: (200, completion(answers[n]))) as server:
        annotator = LlmAnnotator(
            base_url=server.url + "/v1", model="m", host=Host(notify=noted.append), context=0, concurrency=1, **QUICK
        )
        found = annotator.annotate(["so", "then", "now"], ["joy"])
    np.testing.assert_allclose(found, 0.1, atol=1e-6)
    assert ["2 of 3" in note for note in noted] == [True]
