"""Stages at work on texts that stay out of all output: what they say, print, log and raise holds none of them."""

from __future__ import annotations

import http.server
import json
import logging
import sys
import threading
import traceback
import warnings

import attrs
import numpy as np
import pytest

from emotopy.errors import InputError, PluginError, ProviderError
from emotopy.pathways.text.pathway import TextPathway
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.secrecy import repeats, without_messages
from emotopy.testing import doubles

SECRET = "zanzibar"
TEXTS = [f"I hid number {i} in {SECRET} and told nobody about it" for i in range(12)]
STAGES = {**doubles.CHOICES, "interval": {"n": 100}}


class Leaky(doubles.HashingEmbedder):
    """Does with its first text what the test says, then embeds."""

    def __init__(self, leak):
        super().__init__()
        self.leak = leak

    def embed(self, texts):
        found = self.leak(texts)
        return super().embed(texts) if found is None else found


def raising(kind):
    """A leak that raises an error of this kind with the texts in its message, caused by another one."""

    def leak(texts):
        raise kind(f"can't embed {texts!r}") from KeyError(texts[0])

    return leak


def loud(texts):
    """Everything that a stage can say without failing."""
    print(texts[0])
    print(texts[0], file=sys.stderr)
    warnings.warn(texts[0], stacklevel=1)
    logging.getLogger("leaky").debug(texts[0])
    logging.getLogger("leaky").critical(texts[0])


def pathway(host=None, *, fence=False, **stages):
    """The text pathway of quick stages, some of them objects; behind a fence as on the command line, or not."""
    return TextPathway.from_config({**STAGES, **stages}, registry=Registry([doubles], fence=fence), host=host)


@pytest.fixture
def said():
    """All that a host is told."""
    return []


@pytest.fixture
def host(said):
    """A host that keeps what it is told."""
    return Host(notify=said.append, log=said.append)


@pytest.mark.parametrize("kind", [ValueError, KeyError, InputError, ProviderError, MemoryError, SystemExit])
def test_the_message_of_a_failing_stage_is_withheld(kind):
    """Type, stage and place are told; no exception in the chain, nor its traceback, holds the text."""
    with pytest.raises((PluginError, MemoryError)) as caught:
        pathway(embedder=Leaky(raising(kind))).fit(TEXTS, no_texts=True)
    printed = "".join(traceback.format_exception(caught.value))
    assert SECRET not in printed
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    if kind is not MemoryError:
        assert kind.__name__ in str(caught.value)
        assert "Leaky" in caught.value.stage


def test_without_the_mark_the_message_is_told():
    """Whoever may see the texts sees what the stage says."""
    with pytest.raises(PluginError, match=SECRET):
        pathway(embedder=Leaky(raising(ValueError))).fit(TEXTS)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda texts: texts,
        lambda texts: [[text] for text in texts],
        lambda texts: np.array([texts], dtype=object),
        lambda texts: dict.fromkeys(texts, 1),
        lambda texts: np.zeros((3, 2)),
    ],
)
@pytest.mark.parametrize("no_texts", [True, False])
def test_an_answer_of_another_form_is_not_quoted(wrong, no_texts):
    """Texts in the place of numbers stay out of the complaint, marked or not."""
    with pytest.raises(PluginError) as caught:
        pathway(embedder=Leaky(wrong)).fit(TEXTS, no_texts=no_texts)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_failing_scorer_and_mapper_are_silent_too():
    """Every role that is given texts."""

    class Scorer:
        def score(self, texts):
            raise ValueError(texts[0])

    class Mapper:
        def fit(self, inputs):
            raise ValueError(f"{inputs} {inputs.texts}")

        def assign(self, inputs):
            return inputs

    for stages in ({"intensity_scorer": Scorer()}, {"region_mapper": Mapper()}):
        with pytest.raises(PluginError) as caught:
            pathway(**stages).fit(TEXTS, no_texts=True)
        assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("fence", [True, False])
def test_what_a_stage_prints_warns_and_logs_is_withheld(capfd, caplog, host, said, fence):
    """Standard output and error, warnings, logging at every level; logging works as before afterwards."""
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pathway(host, fence=fence, embedder=Leaky(loud)).fit(TEXTS, no_texts=True)
    out, err = capfd.readouterr()
    assert SECRET not in out + err + caplog.text + "".join(said) + "".join(str(one.message) for one in caught)
    logging.getLogger("leaky").warning("heard again")
    assert "heard again" in caplog.text
    pathway(host, embedder=Leaky(loud)).fit(TEXTS)
    assert SECRET in "".join(capfd.readouterr())


def test_in_a_library_other_threads_lose_nothing_meanwhile(capfd, caplog):
    """While a stage works on secret texts, another thread prints, warns and logs: all of it arrives, at every level."""
    caplog.set_level(logging.DEBUG)

    def beside(texts):
        def speak():
            print("a line of another thread")
            print("an error of another thread", file=sys.stderr)
            logging.getLogger("another").debug("a record of another thread")
            warnings.warn("a warning of another thread", stacklevel=1)

        thread = threading.Thread(target=speak)
        thread.start()
        thread.join()
        loud(texts)

    streams = sys.stdout, sys.stderr, warnings.showwarning
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pathway(embedder=Leaky(beside)).fit(TEXTS, no_texts=True)
    out, err = capfd.readouterr()
    assert ("a line of another thread" in out, "an error of another thread" in err) == (True, True)
    assert "a record of another thread" in caplog.text
    assert "a warning of another thread" in [str(one.message) for one in caught]
    assert SECRET not in out + err + caplog.text + "".join(str(one.message) for one in caught)
    assert streams == (sys.stdout, sys.stderr, warnings.showwarning)


def test_what_the_host_does_with_a_message_is_seen(capfd, caplog):
    """Its own functions print and log what they are told, also while a stage works on secret texts."""
    caplog.set_level(logging.DEBUG)

    def tell(message):
        print(f"host: {message}")
        logging.getLogger("host").info(message)

    class Says(doubles.HashingEmbedder):
        def __init__(self, host):
            super().__init__()
            self.host = host

        def embed(self, texts):
            self.host.notify(texts[0])
            return super().embed(texts)

    def says(host: Host) -> Says:
        return Says(host)

    registry = Registry([doubles, doubles.plugin("talkers", embedder={"says": says})])
    made = TextPathway.from_config({**STAGES, "embedder": "says"}, registry=registry, host=Host(notify=tell))
    made.fit(TEXTS, no_texts=True)
    printed = capfd.readouterr().out
    assert "host: embedder local:says: messages of this stage were left out" in printed
    assert "messages of this stage were left out" in caplog.text
    assert SECRET not in printed + caplog.text


def test_messages_to_the_host_are_withheld_and_a_note_says_so(host, said):
    """A stage that notifies, logs and names its progress by a text; its words before the work are told."""

    class Telling(doubles.HashingEmbedder):
        def __init__(self, host: Host, n_dims: int = 16) -> None:
            super().__init__(n_dims)
            self.host = host
            host.notify("licence: free")

        def embed(self, texts):
            self.host.notify(texts[0])
            self.host.log(texts[1])
            with self.host.progress(texts[2], 1) as advance:
                advance(1)
            return super().embed(texts)

    from emotopy.hookspecs import hookimpl

    class Plugin:
        @hookimpl
        def register_embedders(self):
            return {"telling": Telling}

    told = TextPathway.from_config(
        {**STAGES, "embedder": "telling"}, registry=Registry([doubles, Plugin()]), host=host
    ).fit(TEXTS, no_texts=True)
    notes = told.result.notes
    assert SECRET not in "".join([*said, *notes])
    assert "licence: free" in notes
    assert sum("telling" in note for note in notes) == 1


class Echo(http.server.BaseHTTPRequestHandler):
    """Refuses every request, and repeats in its reason what it was sent, or says that the key is wrong."""

    repeats_input = True

    def do_POST(self):
        sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reason = f"can't read {sent['input']}" if self.repeats_input else "wrong key"
        body = json.dumps({"error": {"message": reason, "type": "invalid"}}).encode()
        self.send_response(400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.mark.parametrize("repeats_input", [True, False])
def test_a_servers_words_are_shortened_to_status_and_code(caplog, monkeypatch, host, said, repeats_input):
    """They may repeat a text in any form; the client's log of what it sends at DEBUG is off."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    handler = type("Handler", (Echo,), {"repeats_input": repeats_input})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        embedder = {"use": "openai", "base_url": f"http://127.0.0.1:{server.server_port}/v1"}
        config = {"embedder": embedder, "reducer": "pca", "clusterer": "kmeans"}
        registry = Registry.load(plugins=False)
        with pytest.raises(ProviderError) as caught:
            TextPathway.from_config(config, registry=registry, host=host).fit(TEXTS, no_texts=True)
        server.shutdown()
    printed = "".join(traceback.format_exception(caught.value))
    assert SECRET not in printed + caplog.text + "".join(said)
    assert "wrong key" not in printed
    assert "HTTP 400" in printed
    assert caught.value.status == 400
    assert caught.value.server_message is None


def test_a_bug_is_told_without_its_message():
    """What nobody foresaw: its type and place; errors that address the user pass as they are."""
    with pytest.raises(RuntimeError, match="KeyError") as caught, without_messages(no_texts=True):
        raise KeyError(SECRET)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(KeyError), without_messages(no_texts=False):
        raise KeyError(SECRET)
    with pytest.raises(InputError, match="wanted"), without_messages(no_texts=True):
        raise InputError("wanted texts")


def test_repetition_is_found_in_other_case_and_spacing():
    """Twelve characters in a row, or a shorter text as a whole word; less is chance."""
    texts = ["I was afraid\nof the dark room", "Anna", "no"]
    assert repeats("400: {'input': 'WAS  AFRAID OF'}", texts)
    assert repeats("can't read 'anna'", texts)
    assert not repeats("the key is wrong; no afraid", texts)
    assert not repeats("Annabel", texts)


def test_columns_that_hold_the_texts_are_refused():
    """An id, group, unit, time or kept column would carry them into every table."""
    import pandas as pd

    from emotopy.readers.corpora import corpus_from

    frame = pd.DataFrame({"text": TEXTS, "n": [f"w{i}" for i in range(12)]})
    for columns in ({"group": "text"}, {"unit": "text"}, {"id": "text"}):
        corpus = corpus_from(frame, text="text", **columns)
        with pytest.raises(InputError) as caught:
            pathway().fit(corpus, no_texts=True)
        assert caught.value.column == next(iter(columns))
        assert SECRET not in str(caught.value)
    assert pathway().fit(corpus_from(frame, text="text", unit="n"), no_texts=True).result.no_texts
    one = attrs.evolve(corpus_from(frame, text="text", id="n"), group=(TEXTS[0], *["a"] * 11))
    with pytest.raises(InputError, match="row 1"):
        pathway().fit(one, no_texts=True)
