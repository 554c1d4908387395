"""Servers of embeddings and language models as they are found in public, and the answers of models."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.forms.form import Form
from tests.forms.loopback import Loopback, Reply, completion, loopback, vector, vectors

from emotopy.errors import ConfigError, ProviderError
from emotopy.roles import Host
from emotopy_plugins.annotators.llm import LlmAnnotator
from emotopy_plugins.embedders.openai import OpenAIEmbedder

pytestmark = pytest.mark.usefixtures("flags")

Check = Callable[[Path], None]
Answering = Callable[[str, dict[str, Any], int], Reply]

KEYS = ("joy", "fear")
ANSWER, DRAFT = '{"joy": 0.1, "fear": 0.7}', '{"joy": 0.9, "fear": 0.1}'
LONG = " ".join(f"word{i}" for i in range(60))
QUICK: dict[str, Any] = {"first_wait_s": 0.001, "max_wait_s": 2.0, "timeout_s": 30.0}


def embedded(
    reply: Answering, texts: Sequence[str], path: str = "/v1", **options: Any
) -> tuple[np.ndarray | ProviderError, Loopback, list[str]]:
    """Embed texts at a server on this machine; return the vectors or the error, the server, and what was noted."""
    noted: list[str] = []
    with loopback(reply) as server:
        host = Host(notify=noted.append)
        embedder = OpenAIEmbedder(base_url=server.url + path, host=host, **{**QUICK, "max_attempts": 3, **options})
        try:
            return embedder.embed(texts), server, noted
        except ProviderError as error:
            return error, server, noted


def annotated(reply: Answering, path: str = "/v1", **options: Any) -> tuple[list[float] | ProviderError, Loopback]:
    """Rate a segment at a server on this machine; return the ratings or the error, and the server."""
    with loopback(reply) as server:
        annotator = LlmAnnotator(
            base_url=server.url + path, host=Host(), **{**QUICK, "max_attempts": 3, "retries": 0, **options}
        )
        try:
            return annotator.annotate(["he laughed at the funeral"], KEYS)[0].tolist(), server
        except ProviderError as error:
            return error, server


def says(words: str, status: int | None = None) -> Callable[[Any], None]:
    """Check an error: it says the server's words, and no others, under the status that was sent."""

    def check(error: Any) -> None:
        assert isinstance(error, ProviderError)
        assert error.server_message == words
        assert status is None or error.status == status

    return check


# Embeddings ---------------------------------------------------------------------------------------------------------


def without_index(*places: int) -> Check:
    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        answer = vectors(body)
        for place in places:
            del answer["data"][place]["index"]
        return 200, answer

    def check(folder: Path) -> None:
        found, _, noted = embedded(reply, ["a", "bb", "ccc"])
        np.testing.assert_array_equal(found, [vector("a"), vector("bb"), vector("ccc")])
        assert len(noted) == (1 if len(places) > 1 else 0)  # one index can be told from the others, more are assumed

    return check


def out_of_order(folder: Path) -> None:
    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        answer = vectors(body)
        answer["data"].reverse()
        return 200, answer

    found, _, _ = embedded(reply, ["a", "bb", "ccc"])
    np.testing.assert_array_equal(found, [vector("a"), vector("bb"), vector("ccc")])


def too_few(folder: Path) -> None:
    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        answer = vectors(body)
        del answer["data"][2]
        return 200, answer

    found, _, _ = embedded(reply, ["a", "bb", "ccc", "dddd"])
    assert isinstance(found, ProviderError)


def split_where(status: int, refusal: Any, longest: int = 200) -> Check:
    """A text that the server finds too long is sent in parts, once each, and no request is sent twice."""

    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        return (status, refusal) if max(map(len, body["input"])) > longest else (200, vectors(body))

    def check(folder: Path) -> None:
        found, server, _ = embedded(reply, [LONG])
        asked = [tuple(body["input"]) for _, body in server.asked]
        answered = [body["input"] for _, body in server.asked if max(map(len, body["input"])) <= longest]
        parts = [text for texts in answered for text in texts]
        assert len(asked) == len(set(asked))
        assert " ".join(sorted(parts, key=LONG.index)) == LONG
        mean = sum(len(part) * np.array(vector(part)) for part in parts)
        np.testing.assert_allclose(found, [mean / np.linalg.norm(mean)], rtol=1e-6)

    return check


def halved_where(status: int, refusal: Any, most: int) -> Check:
    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        return (status, refusal) if len(body["input"]) > most else (200, vectors(body))

    def check(folder: Path) -> None:
        texts = ["x" * (i + 1) for i in range(4 * most + 1)]
        found, _, _ = embedded(reply, texts)
        np.testing.assert_array_equal(found, [vector(text) for text in texts])

    return check


def refused(status: int, refusal: Any, words: str, n_asked: int = 1, headers: dict[str, str] | None = None) -> Check:
    """The error has the server's words and status; a refusal for good is sent once, a passing fault more often."""

    def check(folder: Path) -> None:
        error, server, _ = embedded(lambda *_: (status, refusal, headers or {}), ["a"])
        says(words, status)(error)
        assert len(server.asked) == n_asked

    return check


def waits(status: int, refusal: Any, wait_s: float, headers: dict[str, str] | None = None) -> Check:
    """A wait longer than the longest ends the trying; the error says how long the server asks for."""

    def check(folder: Path) -> None:
        error, server, _ = embedded(lambda *_: (status, refusal, headers or {}), ["a"])
        assert isinstance(error, ProviderError)
        assert error.wait_s == pytest.approx(wait_s)
        assert len(server.asked) == 1

    return check


def short_wait(folder: Path) -> None:
    """The next request comes no earlier than the message asks, and then it is answered."""
    words = "Rate limit reached on tokens per min (TPM): Limit 30000, Used 29937. Please try again in 644ms."
    times: list[float] = []

    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        times.append(time.monotonic())
        return (429, {"error": {"message": words, "type": "tokens"}}) if number == 0 else (200, vectors(body))

    found, _, _ = embedded(reply, ["a"])
    np.testing.assert_array_equal(found, [vector("a")])
    assert times[1] - times[0] >= 0.644


def passes_in_body(refusal: Any) -> Check:
    """An error in the body that names a passing status is tried again."""

    def check(folder: Path) -> None:
        found, server, _ = embedded(lambda path, body, n: (200, vectors(body) if n else refusal), ["a"])
        np.testing.assert_array_equal(found, [vector("a")])
        assert len(server.asked) == 2

    return check


def minds_base64(status: int, refusal: Any) -> Check:
    """The server is requesting lists instead, and for nothing else from then on."""

    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        return (status, refusal) if body["encoding_format"] == "base64" else (200, vectors(body))

    def check(folder: Path) -> None:
        found, server, _ = embedded(reply, ["a", "bb", "ccc"], max_inputs=1, concurrency=1)
        np.testing.assert_array_equal(found, [vector("a"), vector("bb"), vector("ccc")])
        assert [body["encoding_format"] for _, body in server.asked] == ["base64", "float", "float", "float"]

    return check


def ignores_base64(folder: Path) -> None:
    found, server, _ = embedded(lambda path, body, n: (200, vectors(body)), ["a", "bb"])
    np.testing.assert_array_equal(found, [vector("a"), vector("bb")])
    assert server.asked[0][1]["encoding_format"] == "base64"


def vector_per_token(folder: Path) -> None:
    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        items = [{"object": "embedding", "index": 0, "embedding": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]}]
        return 200, {"object": "list", "data": items}

    error, _, _ = embedded(reply, ["three words here"])
    assert isinstance(error, ProviderError)
    assert "3 lists, one for each token" in str(error)


def wrong_address(path: str, likely: str, refusal: Any, words: str) -> Check:
    """The error of a 404 has the server's words, and names the address that is likely the right one."""

    def check(folder: Path) -> None:
        error, server, _ = embedded(lambda *_: (404, refusal), ["a"], path=path)
        says(words, 404)(error)
        assert f"base_url={server.url}{likely} " in str(error)

    return check


def protocol_of_its_own(folder: Path) -> None:
    """llama.cpp answers `/embeddings` in a form of its own; the error names the address that lacks."""
    error, _, _ = embedded(lambda *_: (200, [{"index": 0, "embedding": [[0.1, 0.2]]}]), ["a"], path="")
    assert isinstance(error, ProviderError)
    assert "/v1" in str(error)


def refused_address(url: str, right: str) -> Check:
    """Nothing is sent: the configuration is refused, and the right address is named."""

    def check(folder: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            OpenAIEmbedder(base_url=url)
        assert caught.value.path == "embedder.base_url"
        assert right in caught.value.wanted

    return check


def page_with_200(folder: Path) -> None:
    page = "<!doctype html><html><head><title>Sign in</title></head><body><form>…</form></body></html>"
    error, _, _ = embedded(lambda *_: (200, page), ["a"])
    says("Sign in", 200)(error)


def another_model(folder: Path) -> None:
    """The vectors are taken, and the name that the server gives is noted once; a name with a version is the same."""
    for said, n_notes in (("text-embedding-nomic-embed-text-v1.5", 1), ("any-model-name-v2", 0)):
        found, _, noted = embedded(
            lambda path, body, n: (200, {**vectors(body), "model": said}),  # noqa: B023 (called within the iteration)
            ["a", "bb", "ccc"],
            model="any-model-name",
            max_inputs=1,
        )
        np.testing.assert_array_equal(found, [vector("a"), vector("bb"), vector("ccc")])
        assert sum(said in note for note in noted) == len(noted) == n_notes


def echoed_input(folder: Path) -> None:
    """What a server repeats of a text stands neither in the error nor in its attributes."""
    secret = "I never told anyone that I was afraid of my brother"

    def reply(path: str, body: dict[str, Any], number: int) -> Reply:
        return 400, {"error": {"message": f"cannot embed '{body['input'][0]}': bad text", "input": body["input"]}}

    error, _, _ = embedded(reply, [secret])
    says("cannot embed '[text]': bad text", 400)(error)
    assert "afraid" not in str(error)


CONTEXT_200 = {
    "error": {
        "code": 400,
        "message": "the request exceeds the available context size. try increasing the context size",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 14429,
        "n_ctx": 8192,
    }
}
GOOGLE = {
    "error": {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "45.837906927s"},
        ],
    }
}


def server_error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": 500, "message": message, "type": "server_error", **more}}


# Chat answers -------------------------------------------------------------------------------------------------------


def read(text: str) -> Check:
    """The answer is the one that isn't a draft."""

    def check(folder: Path) -> None:
        from emotopy_plugins.shared.chat import read_numbers

        assert read_numbers(text, KEYS) == [0.1, 0.7]

    return check


def unusable(text: str) -> Check:
    """The text has no answer: nothing is guessed from it."""

    def check(folder: Path) -> None:
        from emotopy_plugins.shared.chat import UnusableError, read_numbers

        with pytest.raises(UnusableError):
            read_numbers(text, KEYS)

    return check


def content_in_parts(folder: Path) -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": DRAFT}]}, {"type": "text", "text": ANSWER}]
    found, _ = annotated(lambda *_: (200, completion(parts)))
    assert found == pytest.approx([0.1, 0.7])


def answer_among_reasoning(folder: Path) -> None:
    """What stands in the reasoning isn't taken for an answer; the error says where it is."""
    error, _ = annotated(lambda *_: (200, completion(None, message={"reasoning_content": ANSWER})))
    assert isinstance(error, ProviderError)
    assert error.status == 200
    assert "reasoning" in str(error)


def cut_off(folder: Path) -> None:
    """A draft in what came before the end of the tokens isn't taken; the error says that the tokens ended."""
    error, _ = annotated(lambda *_: (200, completion(f'{DRAFT} or {{"joy": 0.1, "fe', finish_reason="length")))
    assert isinstance(error, ProviderError)
    assert "token limit" in str(error)


def choice_with_error(folder: Path) -> None:
    """An error inside a choice has a status of its own; a passing one is tried again."""
    failed = completion("", finish_reason="error", error={"code": 502, "message": "Provider disconnected"})
    found, server = annotated(lambda path, body, n: (200, failed if n == 0 else completion(ANSWER)))
    assert found == pytest.approx([0.1, 0.7])
    assert len(server.asked) == 2


def chat_refused(status: int, refusal: Any, words: str, path: str = "/v1") -> Check:
    """The server's own words are shown, after one request."""

    def check(folder: Path) -> None:
        error, server = annotated(lambda *_: (status, refusal), path, response_format="text")
        says(words, status)(error)
        assert len(server.asked) == 1

    return check


TPM = (
    "Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 31538. "
    "The input or output tokens must be reduced in order to run successfully."
)

FORMS = (
    Form("Gemini leaves out index 0", "server", "samfoy/pi-session-search#13", "inferred from the other indices",
         without_index(0)),
    Form("no index at all", "server", "doobidoo/mcp-memory-service#612", "vectors are taken in the order of the texts",
         without_index(0, 1, 2)),
    Form("vectors out of order", "server", "smaramwbc/statewave#225", "the index gives the order", out_of_order),
    Form("a vector too few", "server", "xberg-io/xberg#1302",
         "an error; no vector is assigned to a wrong text", too_few),
    Form("llama.cpp: too large, HTTP 500", "server", "lemonade-sdk/lemonade#3591", "the text is split, without a retry",
         split_where(500, server_error("input (992 tokens) is too large to process. increase the batch size"))),
    Form("llama.cpp: larger than the context, HTTP 500", "server", "ggml-org/llama.cpp#10030",
         "the text is split, without a retry",
         split_where(500, server_error("input is larger than the max context size. skipping"))),
    Form("llama-box: context exceeded, HTTP 500", "server", "gpustack/gpustack#1359",
         "the text is split, without a retry",
         split_where(500, server_error("decoding exceeds the available context size. try increasing it."))),
    Form("llama.cpp: context exceeded, HTTP 200", "server", "oobabooga/textgen#7257",
         "an error, although the status is 200",
         split_where(200, CONTEXT_200)),
    Form("TEI: less than 512 tokens, HTTP 413", "server", "huggingface/text-embeddings-inference#82",
         "the text is split",
         split_where(413, {"error": "Input validation error: `inputs` must have less than 512 tokens. Given: 514",
                           "error_type": "Validation"})),
    Form("Ollama: context length, HTTP 400", "server", "nano-step/nano-brain#208", "the text is split",
         split_where(400, {"error": "the input length exceeds the context length"})),
    Form("vLLM: maximum context length", "server", "infiniflow/ragflow#4683", "the text is split",
         split_where(400, {"object": "error", "message": "This model's maximum context length is 512 tokens. However, "
                           "you requested 1084 tokens in the input for embedding generation.",
                           "type": "BadRequestError", "param": None, "code": 400})),
    Form("SiliconFlow: less than 8192 tokens", "server", "lxfight/astrbot_plugin_mnemosyne#84", "the text is split",
         split_where(413, {"code": 20042, "message": "input must have less than 8192 tokens", "data": None})),
    Form("DashScope: batch of ten", "server", "memodb-io/memobase#142", "the request is halved",
         halved_where(400, {"error": {"message": "<400> InternalError.Algo.InvalidParameter: Value error, batch size "
                            "is invalid, it should not be larger than 10.: input.contents", "type": "InvalidParameter",
                            "param": None, "code": "InvalidParameter"}, "id": "d"}, 10)),
    Form("Mistral: too many tokens in batch", "server", "aurelio-labs/semantic-router#297", "the request is halved",
         halved_where(400, {"object": "error", "message": "Too many tokens in batch. Max is 16384 got 17555",
                            "type": "invalid_request_error", "param": None, "code": None}, 3)),
    Form("Google: retryDelay in the body", "server", "dcdpr/jp#1061", "waits 45.8 s, or reports that this is too long",
         waits(429, GOOGLE, 45.837906927)),
    Form("Google: a list of errors", "server", "google-gemini/gemini-cli#6454", "retried; the inner message is shown",
         refused(429, [{"error": {"code": 429, "message": "Resource exhausted. Please try again later.",
                                  "status": "RESOURCE_EXHAUSTED"}}], "Resource exhausted. Please try again later.", 3)),
    Form("OpenAI: try again in 1m9.696s", "server", "Pythagora-io/gpt-pilot#608",
         "a wait in minutes and seconds, in words",
         waits(429, {"error": {"message": "Rate limit reached on tokens per day (TPD). Please try again in 1m9.696s.",
                               "type": "tokens", "code": "rate_limit_exceeded"}}, 69.696)),
    Form("OpenAI: try again in 644ms", "server", "BuilderIO/micro-agent#86",
         "a wait in milliseconds, in words", short_wait),
    Form("Azure: retry after 3 seconds", "server", "microsoft/action-python#12", "a wait in seconds, in words",
         waits(429, {"error": {"code": "429", "message": "Requests have exceeded call rate limit of your current "
                               "OpenAI S0 pricing tier. Please retry after 3 seconds."}}, 3.0)),
    Form("Gemini: a list with HTTP 400", "server", "Simpleyyt/ai-manus#101", "the inner message is shown",
         refused(400, [{"error": {"code": 400, "message": "Request contains an invalid argument.",
                                  "status": "INVALID_ARGUMENT"}}], "Request contains an invalid argument.")),
    Form("JSON in a string of an error", "server", "google-gemini/gemini-cli#14811", "the inner message is shown",
         refused(429, {"error": {"message": json.dumps({"error": {"code": 429, "message": "Resource has been exhausted "
                                 "(e.g. check quota).", "status": "RESOURCE_EXHAUSTED"}}, indent=2), "code": 429,
                                 "status": "Too Many Requests"}}, "Resource has been exhausted (e.g. check quota).",
                 3)),
    Form("nginx: a page with HTTP 502", "server", "Kong/kong#927", "retried; the title of the page is shown",
         refused(502, "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway"
                 "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n", "502 Bad Gateway", 3)),
    Form("a page with HTTP 200", "server", "xuzhougeng/wisp-science#681",
         "not an answer; the title of the page is shown",
         page_with_200),
    Form("an error with HTTP 200", "server", "lmstudio-ai/lmstudio-bug-tracker#618", "the server's message is shown",
         chat_refused(200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"},
                      "Unexpected endpoint or method. (POST /chat/completions)", "/")),
    Form("OpenRouter: a passing error with HTTP 200", "server", "xyOz-dev/Saturn#43", "retried",
         passes_in_body({"error": {"message": "Provider returned error", "code": 502}})),
    Form("OpenRouter: an error in a choice", "server", "nodetool-ai/nodetool#5755", "retried", choice_with_error),
    Form("OpenAI: a request above the limit of a minute", "server", "TheR1D/shell_gpt#653", "not retried",
         chat_refused(429, {"error": {"message": TPM, "type": "tokens", "param": None, "code": "rate_limit_exceeded"}},
                      TPM)),
    Form("LiteLLM: base64 isn't supported", "server", "BerriAI/litellm#17150", "lists are requested",
         minds_base64(400, {"error": {"message": "litellm.UnsupportedParamsError: gemini does not support parameters: "
                                      "{'encoding_format': 'base64'}", "type": "None", "param": "None",
                                      "code": "400"}})),
    Form("OpenRouter: nothing where base64 is asked for", "server", "plastic-labs/honcho#938", "lists are requested",
         minds_base64(200, {"object": "list", "data": [], "model": "m"})),
    Form("LM Studio: lists where base64 is asked for", "server", "lmstudio-ai/lmstudio-bug-tracker#756",
         "the lists are read",
         ignores_base64),
    Form("LM Studio: another model answers", "server", "lmstudio-ai/lmstudio-bug-tracker#619",
         "a note names it", another_model),
    Form("a vector per token", "server", "abetlen/llama-cpp-python#1588", "rejected with the reason", vector_per_token),
    Form("Ollama without /v1", "server", "fredrikburmester/streamystats#318", "the error names the likely address",
         wrong_address("", "/v1", "404 page not found", "404 page not found")),
    Form("infinity without a prefix", "server", "michaelfeil/infinity#298", "the error names the likely address",
         wrong_address("/v1", "", {"detail": "Not Found"}, "Not Found")),
    Form("llama.cpp without /v1", "server", "langroid/langroid#922", "its own protocol is recognised",
         protocol_of_its_own),
    Form("the address of the embeddings", "server", "AnnaSuSu/TechSpar#54", "an error before anything is sent",
         refused_address("https://api.siliconflow.cn/v1/embeddings", "https://api.siliconflow.cn/v1")),
    Form("the address of chat completions", "server", "openclaw/openclaw#29734", "an error before anything is sent",
         refused_address("https://a.example/v1/chat/completions", "https://a.example/v1")),
    Form("Azure's deployments", "server", "andrewyng/aisuite#194", "an error before anything is sent",
         refused_address("https://r.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-08-01",
                         "https://r.openai.azure.com/openai/v1")),
    Form("Azure's resource alone", "server", "cline/cline#444", "an error before anything is sent",
         refused_address("https://r.openai.azure.com/", "https://r.openai.azure.com/openai/v1")),
    Form("DeepSeek-R1: reasoning in tags", "chat answer", "deepseek-ai/DeepSeek-R1#381",
         "the text after it is the answer",
         read(f"<think>\nPerhaps {DRAFT}? No.\n</think>json{ANSWER}")),
    Form("Qwen3: a closing tag alone", "chat answer", "Cerebras/cerebras-cloud-sdk-python#10",
         "the text after it is the answer",
         read(f"Okay, so maybe {DRAFT}. But he laughed.\n</think>\n\n{ANSWER}")),
    Form("an opening tag alone", "chat answer", "openclaw/openclaw#37703", "rejected, because its end is unknown",
         unusable(f"<think>Perhaps {DRAFT}, but")),
    Form("Seed-OSS: tags of its own", "chat answer", "open-webui/open-webui#16856", "the text after it is the answer",
         read(f"<seed:think>{DRAFT} at first</seed:think>{ANSWER}")),
    Form("a scratchpad", "chat answer", "NousResearch/hermes-agent#4286", "the text after it is the answer",
         read(f"<REASONING_SCRATCHPAD>{DRAFT}</REASONING_SCRATCHPAD>{ANSWER}")),
    Form("gpt-oss: channels", "chat answer", "johnbean393/Sidekick#75", "the final channel is the answer",
         read(f"<|channel|>analysis<|message|>{DRAFT}?<|end|><|start|>assistant<|channel|>final<|message|>{ANSWER}")),
    Form("gpt-oss: a constrained channel", "chat answer", "vllm-project/vllm#28000", "the final channel is the answer",
         read(f"<|channel|>analysis<|message|>{DRAFT}<|end|><|start|>assistant<|channel|>final <|constrain|>JSON"
              f"<|message|>{ANSWER}<|return|>")),
    Form("gpt-oss: a malformed channel", "chat answer", "ggml-org/llama.cpp#27720",
         "rejected, because there is no final channel",
         unusable(f"<|channel|>commentary?commentary? {DRAFT}<|end|>")),
    Form("Magistral: content in parts", "chat answer", "NousResearch/hermes-agent#4748",
         "the parts of type text are the answer",
         content_in_parts),
    Form("vLLM: the answer among the reasoning", "chat answer", "vllm-project/vllm#17357", "rejected with the reason",
         answer_among_reasoning),
    Form("an echoed form before the answer", "chat answer", "atomantic/PortOS#6800", "the answer is read, not the form",
         read(f'I am to answer as {{"joy": 0.0, "fear": 0.0}}.\n{ANSWER}')),
    Form("braces in prose", "chat answer", "Nikita-Filonov/ai-review#96", "ignored",
         read(f"Some prose with {{curly braces}} before the object\n{ANSWER}")),
    Form("tags behind the answer", "chat answer", "web-infra-dev/midscene#1576", "ignored",
         read(f"{ANSWER}\n</action_output>\n</action_output>")),
    Form("a key around the answer", "chat answer", "phenobarbital/ai-parrot#338", "the inner object is the answer",
         read(f'{{"emotion_ratings": {ANSWER}}}')),
    Form("LiteLLM: the name of a tool around the answer", "chat answer", "spinje/pflow#598",
         "the inner object is the answer",
         read(f'{{"json_tool_call": {ANSWER}}}')),
    Form("a call's form around the answer", "chat answer", "caribeedu/twin#57", "the inner object is the answer",
         read(f'{{"parameters": {{"ratings": [{ANSWER}]}}}}')),
    Form("a comma too many", "chat answer", "manhhailua/lorekeep#192", "rejected and requested again",
         unusable('{"joy": 0.1, "fear": 0.7,}')),
    Form("Python's quotes", "chat answer", "mangiucugna/json_repair#10", "rejected and requested again",
         unusable("{'joy': 0.1, 'fear': 0.7}")),
    Form("cut off at the limit of tokens", "chat answer", "agent0ai/agent-zero#1836",
         "rejected; the error names the limit",
         cut_off),
    Form("numbers in quotes", "chat answer", "comet-ml/opik#7758",
         "read as numbers", read('{"joy": "0.1", "fear": "0.7"}')),
    Form("percentages", "chat answer", "blakeblackshear/frigate#22370",
         "rejected, because 0.7 and 70 can't be distinguished",
         unusable('{"joy": 10, "fear": 70}')),
    Form("a code fence", "chat answer", "langchain-ai/langchain#23297", "its content is the answer",
         read(f"Sure!\n```json\n{ANSWER}\n```\n")),
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_form(form, tmp_path):
    """Each is read right, or refused with its reason."""
    form.check(tmp_path)


def test_nothing_that_was_sent_stands_in_an_error(tmp_path):
    """A server that repeats a text doesn't get it into a message."""
    echoed_input(tmp_path)
