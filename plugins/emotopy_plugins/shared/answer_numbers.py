"""The numbers in what a language model wrote: past its reasoning, drafts, prose and code fences, or not at all.

Models write more than they are asked for: reasoning between tags, the form of the answer before the answer, prose and
fences around it, an object around the object. The last complete JSON object outside the reasoning counts. Where a later
object is broken, cut off or incomplete, it was to replace that one, and nothing counts.

A scanner reads the text once and visits every character a bounded number of times, however braces are nested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Literal

import attrs


class UnusableError(Exception):
    """An answer that came, but isn't what was asked for; the message says what it is instead, and quotes none of it."""


@attrs.frozen
class Numbers:
    """The numbers of an answer, and whether an earlier object of the same text, outside the reasoning, has others."""

    values: list[float]
    replaces_others: bool


def read_numbers(text: str, keys: Sequence[str]) -> list[float]:
    """Return the numbers of `find_numbers`; raises as it does."""
    return find_numbers(text, keys).values


def find_numbers(text: str, keys: Sequence[str]) -> Numbers:
    """Return the numbers under `keys` in the last JSON object of `text` that has all of them.

    Reasoning (`<think>…</think>`, whatever stands before a lone `</think>`, every channel but `final`) isn't looked at.
    Text around the object, an object or a list of one around it, and further keys are passed over; the case of keys
    doesn't matter. A number may stand in quotes, or in an object under `score`, `value`, `rating` or `intensity`.

    Raises UnusableError for prose, reasoning without an end, a JSON object that is half, broken, or followed by such a
    one, missing keys, keys that stand twice, several objects with ratings in one, and anything but numbers from 0 to 1.

    >>> find_numbers('<think>{"joy": 0.9}?</think> ```json {"ratings": {"Joy": "0.1"}} ```', ["joy"])
    Numbers(values=[0.1], replaces_others=False)
    """
    wanted = {key.strip().lower(): key for key in keys}
    visible = _without_reasoning(text)
    scan = scanned(visible, frozenset(wanted))
    if scan.is_cut:
        raise UnusableError("half a JSON object")
    if scan.is_spoilt:
        raise UnusableError("a broken JSON object (an error in its syntax, such as a comment or a comma too many)")
    answer = scan.answer
    if answer is None:
        if scan.partial is not None:
            lacking = [key for lower, key in wanted.items() if lower not in scan.partial]
            raise UnusableError(f"an object with wrong keys: {', '.join(lacking[:5])} lacking")
        if "{" in visible:
            raise UnusableError("half a JSON object")
        raise UnusableError(
            f"prose ({len(visible):,} characters) without a JSON object" if visible.strip() else "an empty answer"
        )
    if scan.n_answers > 1:
        raise UnusableError(f"{scan.n_answers} objects with ratings in one answer, so it is unclear which one is meant")
    if scan.is_partly_replaced:
        raise UnusableError(
            "an object with ratings and another one with some of them, so it is unclear which one is meant"
        )
    values = [_number(answer.members[lower], key, lower in answer.twice) for lower, key in wanted.items()]
    return Numbers(values, scan.replaces_others)


_SCORES = ("score", "value", "rating", "intensity")
"""The keys under which an object that stands for a number may hold it."""

_PLAIN = re.compile(r"\s*(?:\d+(?:\.\d*)?|\.\d+)\s*")


def _number(value: _Value, key: str, is_doubled: bool) -> float:
    if is_doubled:
        raise UnusableError(f"an object in which {key} occurs twice")
    if isinstance(value, _Container):
        scores = [value.members[name] for name in _SCORES if name in value.members]
        if len(scores) != 1 or isinstance(scores[0], _Container) or value.twice:
            raise UnusableError(f"{key} is no number")
        value = scores[0]
    if value.kind == "string" and "%" in value.text:
        raise UnusableError(f"{key} is a percentage instead of a number from 0 to 1")
    if value.kind == "word" or (value.kind == "string" and not _PLAIN.fullmatch(value.text)):
        raise UnusableError(f"{key} is no number")
    number = float(value.text)
    if not 0 <= number <= 1:  # NaN fails the comparison too
        raise UnusableError(f"{key} is out of range: {value.text.strip().lower():.12}, wanted 0 to 1")
    return number


# Reasoning ------------------------------------------------------------------------------------------------------------

_NAMES = r"think(?:ing|_intent)?|thoughts?|reason(?:ing)?|reflection|(?:reasoning_)?scratchpad"
_TAG = re.compile(
    rf"<\s{{0,3}}(?P<close>/?)\s{{0,3}}(?:\w{{1,20}}:)?(?:{_NAMES})\s{{0,3}}>"  # most models; <seed:think>
    r"|\[(?P<close2>/?)(?:THINK)\]"  # Magistral
    r"|◁(?P<close3>/?)think▷",  # Kimi
    re.IGNORECASE,
)
_CHANNEL = re.compile(r"<\|channel\|>\s{0,9}(\w{1,30})[^<{]{0,80}(?:<\|constrain\|>[^<{]{0,80})?<\|message\|>")
_CONTROL = "<|"


def _without_reasoning(text: str) -> str:
    """Return what a model said, without what it only thought; tags don't nest, and a lone closing one ends a thought.

    Raises UnusableError for reasoning that doesn't end: what it would have come to can't be told.
    """
    if "<|channel|>" in text:  # gpt-oss, where the server doesn't take its channels apart
        finals = [match for match in _CHANNEL.finditer(text) if match[1].lower() == "final"]
        if not finals:
            raise UnusableError("reasoning without a final answer")
        begins = finals[-1].end()
        ends = text.find(_CONTROL, begins)
        text = text[begins : ends if ends >= 0 else len(text)]
    kept: list[str] = []
    at, is_thinking = 0, False
    for tag in _TAG.finditer(text):
        closes = any(tag.groupdict().values())
        if not is_thinking:
            kept.append(text[at : tag.start()])
        if closes and not is_thinking:
            kept.clear()  # the chat template had opened the reasoning before the model's first word
        is_thinking, at = not closes, tag.end()
    if is_thinking:
        raise UnusableError("unfinished reasoning without an answer")
    return "".join([*kept, text[at:]])


# JSON objects in a text -----------------------------------------------------------------------------------------------


@attrs.frozen
class _Literal:
    """A number, a string (decoded) or another word of JSON."""

    kind: Literal["number", "string", "word"]
    text: str


@attrs.define(eq=False)
class _Container:
    """An object or a list on its way; keys are in lower case. `expects` is what may come next."""

    is_object: bool
    expects: Literal["first", "key", "colon", "value", "comma"] = "first"
    key: str = ""
    members: dict[str, _Value] = attrs.field(factory=dict)
    twice: set[str] = attrs.field(factory=set)
    found: _Container | None = None  # the last object with all wanted keys in it
    n_found: int = 0
    holds_part: bool = False  # an object in it has some of the wanted keys


_Value = _Literal | _Container


@attrs.define
class Scan:
    """What a text holds. `answer` is the last object with all wanted keys, `replaces_others` tells of others before it.

    `n_answers` such objects stand side by side in the outermost object around it. `is_partly_replaced` tells of one
    with some of the keys beside or behind it, `is_spoilt` of a broken one around or behind it, `is_cut` of an end in
    an object. `partial` are the wanted keys of the first object that lacks some. `n_visits` counts characters as often
    as they were looked at.
    """

    answer: _Container | None = None
    replaces_others: bool = False
    n_answers: int = 0
    is_partly_replaced: bool = False
    is_spoilt: bool = False
    is_cut: bool = False
    partial: frozenset[str] | None = None
    n_visits: int = 0


_BRACKET = re.compile(r"[{}\[\]]")
_BLANKS = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|Infinity)|NaN")
_WORD = re.compile(r"true|false|null")
_LOOSE_KEY = re.compile(r"['‘’“”`]?[ \t]{0,3}([^'‘’“”`\":=,{}\[\]\n]{1,60}?)[ \t]{0,3}['‘’“”`]?[ \t]{0,3}[:=]")


def scanned(text: str, wanted: frozenset[str]) -> Scan:
    """Look through a text for JSON objects with the `wanted` keys (lower case); never raises."""
    scanner = _Scanner(text, wanted)
    while scanner.at < len(text):
        if scanner.stack:
            scanner.read_token()
        else:
            scanner.skip_prose()
    if any(one.is_object for one in scanner.stack) or any(one.found or one.holds_part for one in scanner.stack):
        scanner.scan.is_cut = True
    return scanner.scan


@attrs.define(eq=False)
class _Scanner:
    """A stack machine for JSON that goes on after errors: no container that is open at an error can become whole."""

    text: str
    wanted: frozenset[str]
    at: int = 0
    scan: Scan = attrs.field(factory=Scan)
    stack: list[_Container] = attrs.field(factory=list)
    n_unclosed: int = 0  # objects that broke off at an error and whose closing brace hasn't come yet
    string_at: int | None = None  # where the last token began, if it was a string

    def skip_prose(self) -> None:
        match = _BRACKET.search(self.text, self.at)
        start, self.at = self.at, match.end() if match else len(self.text)
        self.scan.n_visits += self.at - start
        if match is None:
            return
        if match[0] in "{[":
            self.stack.append(_Container(match[0] == "{"))
            self.string_at = None
        elif match[0] == "}":
            self.n_unclosed = max(0, self.n_unclosed - 1)

    def read_token(self) -> None:
        start = self.at
        self.at = self._match_end(_BLANKS, start)
        if self.at == len(self.text):
            return
        sign, inside = self.text[self.at], self.stack[-1]
        string_at, self.string_at = self.string_at, None
        if sign in "}]" and (sign == "}") == inside.is_object and inside.expects in ("first", "comma"):
            self.at += 1
            self._close()
        elif sign == "," and inside.expects == "comma":
            self.at += 1
            inside.expects = "key" if inside.is_object else "value"
        elif sign == ":" and inside.expects == "colon":
            self.at += 1
            inside.expects = "value"
        elif inside.is_object and inside.expects in ("first", "key"):
            self._read_key(inside, string_at)
        elif inside.expects in ("first", "value"):
            self._read_value(inside, string_at)
        else:
            self._break_off(string_at)
        self.scan.n_visits += max(1, self.at - start)

    def _read_key(self, inside: _Container, string_at: int | None) -> None:
        key = self._string()
        if key is None:
            self._break_off(string_at)
            return
        inside.key, inside.expects = key.strip().lower(), "colon"

    def _read_value(self, inside: _Container, string_at: int | None) -> None:
        sign = self.text[self.at]
        value: _Value | None
        if sign in "{[":
            self.at += 1
            value = _Container(sign == "{")
        elif sign == '"':
            string = self._string()
            value = None if string is None else _Literal("string", string)
        else:
            value = self._word()
        if value is None:
            self._break_off(string_at)
            return
        inside.expects = "comma"
        if inside.is_object:
            if inside.key in inside.members:
                inside.twice.add(inside.key)
            inside.members[inside.key] = value
        if isinstance(value, _Container):
            self.stack.append(value)

    def _word(self) -> _Literal | None:
        kinds: tuple[tuple[re.Pattern[str], Literal["number", "word"]], ...] = ((_NUMBER, "number"), (_WORD, "word"))
        for pattern, kind in kinds:
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                return _Literal(kind, match[0])
        return None

    def _string(self) -> str | None:
        """Read a string; None where none begins here or this one doesn't end.

        In a string without an end no further object can begin: that would take another quote. So all of it is skipped.
        """
        if self.text[self.at] != '"':
            return None
        start, end = self.at, self._match_end(_STRING, self.at)
        if self.text[end : end + 1] != '"':
            self.at = end
            return None
        self.string_at, self.at = start, end + 1
        string: str = json.loads(self.text[start : self.at])
        return string

    def _close(self) -> None:
        closed = self.stack.pop()
        n_wanted = len(self.wanted & closed.members.keys())
        found, n_found, holds_part = closed.found, closed.n_found, closed.holds_part or n_wanted > 0
        if n_wanted == len(self.wanted):
            found, n_found, holds_part = closed, 1, False
        elif closed.is_object and not self.scan.partial:
            self.scan.partial = frozenset(self.wanted & closed.members.keys())
        if self.stack:
            around = self.stack[-1]
            around.found = found or around.found
            around.n_found += n_found
            around.holds_part |= holds_part
        elif found is not None:
            scan, earlier = self.scan, self.scan.answer
            if earlier is not None and any(earlier.members[key] != found.members[key] for key in self.wanted):
                scan.replaces_others = True
            scan.answer, scan.n_answers, scan.is_partly_replaced = found, n_found, holds_part
            scan.is_spoilt = self.n_unclosed > 0
        elif holds_part:
            self.scan.is_partly_replaced = True

    def _break_off(self, string_at: int | None) -> None:
        """Give up all open containers.

        After a string the text goes on inside it: its quotes were wrong ones, and an object may begin there.
        """
        if self.at == len(self.text):
            return  # an end, no error
        objects = [one for one in self.stack if one.is_object]
        is_loose = self._meets_loose_key()
        self.scan.is_spoilt |= is_loose
        if self.n_unclosed or is_loose or any(one.members or one.expects == "value" for one in objects):
            self.n_unclosed += len(objects)
        for one in self.stack:
            keys = one.members.keys() | ({one.key} if one.expects == "value" else set())
            if one.found or one.holds_part or self.wanted & keys:
                self.scan.is_spoilt = True
        self.stack.clear()
        if string_at is not None:
            self.at = string_at + 1

    def _meets_loose_key(self) -> bool:
        """Whether a wanted key stands here in other quotes than JSON's, or in none, as in Python and JavaScript."""
        inside = self.stack[-1]
        if not inside.is_object or inside.expects not in ("first", "key"):
            return False
        match = _LOOSE_KEY.match(self.text, self.at)
        return match is not None and match[1].lower() in self.wanted

    def _match_end(self, pattern: re.Pattern[str], start: int) -> int:
        match = pattern.match(self.text, start)
        return start if match is None else match.end()
