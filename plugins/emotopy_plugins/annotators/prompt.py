"""The prompt: shipped under a name with a version, filled with the emotions asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib import resources
from string import Template

import attrs

from emotopy.emotions import emotion
from emotopy.errors import UnknownName, listed, nearest


@attrs.frozen
class Prompt:
    """A prompt's name with its version, and its text with places for the emotions."""

    name: str
    text: str = attrs.field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the text, under which ratings are kept."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def fill(self, emotions: Sequence[str]) -> str:
        """Return the prompt for these emotions, each with its definition where we have one."""
        known = [emotion(name) for name in emotions]
        lines = [f"- {one.name}{f': {one.definition}' if one.definition else ''}" for one in known]
        keys = ", ".join(json.dumps(name, ensure_ascii=False) for name in emotions)
        return Template(self.text).substitute(emotions="\n".join(lines), keys=keys)


def load_prompt(name: str) -> Prompt:
    """Return a prompt that ships; raises UnknownName with the choices."""
    folder = resources.files("emotopy_plugins.annotators.prompts")
    names = sorted(file.name.removesuffix(".txt") for file in folder.iterdir() if file.name.endswith(".txt"))
    if name not in names:
        raise UnknownName(
            f"annotator.prompt: no prompt is called {name!r}.{nearest(name, names)} There are: {listed(names)}"
        )
    return Prompt(name, folder.joinpath(f"{name}.txt").read_text("utf-8"))


def message(segments: Sequence[str], number: int, context: int) -> str:
    """Return what the model is sent about segment `number`: the segment, and the `context` segments before it."""
    before = list(segments[max(0, number - context) : number])
    return json.dumps({"context": before, "segment": segments[number]}, ensure_ascii=False)
