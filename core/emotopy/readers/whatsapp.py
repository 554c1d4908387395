"""Chats that WhatsApp exports as text: `_chat.txt` of iOS, `WhatsApp Chat with ….txt` of Android, in many locales."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs

from emotopy.errors import InputError
from emotopy.readers.chat_messages import BLANK, DELETED, FORMS, MEDIA, SYSTEM, Chat, Message
from emotopy.readers.date_formats import order_of, read_date
from emotopy.wording import flag

_MARKS = "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_HEAD = re.compile(
    rf"[{_MARKS}]*(?P<open>\[)?"
    r"(?P<date>\d{1,4}(?P<sep>[./-])\s?\d{1,2}(?P=sep)\s?\d{1,4})\.?"
    r"(?:,|\s(?:à|às|a las|um|klo|kl\.?|at|alle|om|o))?\s+"
    r"(?P<before>(?:오전|오후|上午|下午|午前|午後)\s?)?"
    r"(?P<hour>\d{1,2})[:.](?P<minute>[0-5]\d)(?:[:.](?P<second>[0-5]\d))?"
    r"(?:\s?(?P<half>[AaPp])\.?\s?[Mm]\.?)?"
    r"(?(open)\]\s?|(?:\s[-–]\s|[:,]\s))"
)
"""How a message starts: Android's `31/12/2024, 23:59 - `, iOS' `[31.12.24, 23:59:58] `, old `31/12/2024 23:59:58: `."""
_AFTERNOON = ("오후", "下午", "午後")
_LINE_MARK = "\u200e"
"""iOS puts it before what the program wrote, Android before names of files."""
_EDITED = re.compile(r"\u200e?<[^<>\n]*(?:edited|bearbeitet|modifi|editad|edytowa|bewerkt|modificat)[^<>\n]*>$")
_ATTACHED = re.compile(r"^\u200e?(?:<[^<>\n]{1,120}>|[^\s/\\:]{1,120}\.\w{2,5} \([^()\n]{1,60}\))$")
"""A line that is `<Media omitted>` in whatever language, or a name of a file with a remark in brackets."""
_OMITTED = re.compile(
    r"^(?:image|photo|video|audio|sticker|gif|document|contact card|video note)s? omitted$"
    r"|^(?:bild|foto|video|audio|sticker|gif|dokument|kontaktkarte|videonachricht) weggelassen$"
    r"|^(?:imagen|foto|video|audio|sticker|gif|documento|tarjeta de contacto) omitid[oa]$"
    r"|^(?:imagem|vídeo|áudio|figurinha|gif|documento|cartão do contato) ocult[oa]$"
    r"|^(?:image|photo|vidéo|audio|sticker|gif|document|fiche contact) (?:absent|omis)e?$"
    r"|^(?:immagine|video|audio|sticker|gif|documento|scheda contatto) omess[oa]$"
    r"|^(?:afbeelding|video|audio|sticker|gif|document|contactkaart) weggelaten$",
    re.IGNORECASE,
)
_DELETED = re.compile(
    r"^(?:this message was deleted|you deleted this message|diese nachricht wurde gelöscht"
    r"|du hast diese nachricht gelöscht|se eliminó este mensaje|eliminaste este mensaje|ce message a été supprimé"
    r"|vous avez supprimé ce message|mensagem apagada|essa mensagem foi apagada|você apagou esta mensagem"
    r"|questo messaggio è stato eliminato|hai eliminato questo messaggio|dit bericht is verwijderd"
    r"|je hebt dit bericht verwijderd)(?: by admin [^\n]*)?\.?$",
    re.IGNORECASE,
)
_ENCRYPTED = re.compile(
    r"end-to-end[ -]encrypt|ende-zu-ende|de extremo a extremo|de bout en bout|de ponta a ponta|end-to-end",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(r"^[^/\\:*?\"<>|\n]{1,200}\.\w{2,5}$")


@attrs.define(repr=False)
class _Raw:
    """A message as it stands: its line, its time in words, what follows."""

    line: int
    head: re.Match[str]
    lines: list[str]


def is_whatsapp(content: str) -> bool:
    """Whether a text is a chat of WhatsApp: its first line and half of its lines begin as messages do."""
    lines = [line for line in content[:100_000].split("\n") if line.strip()]
    if not lines or _HEAD.match(lines[0]) is None:
        return False
    return sum(_HEAD.match(line) is not None for line in lines) >= len(lines) / 2


def read_whatsapp(content: str, name: str, date_format: str | None = None) -> Chat:
    """Read the text that WhatsApp exports, of Android or iOS; raises InputError as `read_chat` does."""
    raw = list(_messages(content, name))
    dates = [(one.line, _spaceless(one.head["date"])) for one in raw]
    if date_format is None and any(one.head["before"] for one in raw):
        date_format = "year-first"  # as East Asian languages write dates, who put the half of the day before the hour
    order, notes = _order(dates, date_format, name)
    left_out: Counter[str] = Counter()
    messages = []
    for number, one in enumerate(raw, start=1):
        speaker, text = _speaker(one.lines)
        if speaker is None:
            left_out[SYSTEM] += 1
            continue
        if number <= 3 and _ENCRYPTED.search(text):
            left_out[SYSTEM] += 1
            continue
        text, why = _said(text)
        if why is not None:
            left_out[why] += 1
            continue
        messages.append(Message(f"{number:06d}", _time(one, order, name), speaker, text))
    return Chat(tuple(messages), dict(left_out), notes)


def _messages(content: str, name: str) -> Iterator[_Raw]:
    """Cut the content into messages, by the form of the first head; lines without one belong to the message before."""
    lines = content.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    current: _Raw | None = None
    style = None
    for number, line in enumerate(lines, start=1):
        head = _HEAD.match(line)
        if head is not None and (style is None or _style(head) == style):
            if current is not None:
                yield current
            style = _style(head)
            current = _Raw(number, head, [line[head.end() :]])
        elif current is not None:
            current.lines.append(line)
        elif line.strip():
            raise InputError(
                f"{name}, line {number}: this line of {len(line.strip()):,} characters doesn't start a "
                f"message; wanted {FORMS}",
                file=name,
                row=number,
                wanted=FORMS,
                got=f"a line of {len(line.strip()):,} characters that starts no message",
            )
    if current is not None:
        yield current


def _style(head: re.Match[str]) -> tuple[bool, str, str]:
    """Return what all heads of an export have in common: the bracket, the date's separator, a sign after the time."""
    return head["open"] is not None, head["sep"], head[0].rstrip()[-1]


def _order(dates: Sequence[tuple[int, str]], date_format: str | None, name: str) -> tuple[str, tuple[str, ...]]:
    if date_format is not None:
        return date_format, ()
    if all(len(re.split("[./-]", date)[0]) == 4 for _, date in dates):
        return "year-first", ()
    order, first, second = order_of(dates)
    if order is None:
        why = (
            f"line {first} has a day above 12 in the first place, line {second} in the second"
            if first >= 0
            else "no day is above 12, so days and months can't be distinguished"
        )
        example = dates[0][1] if dates else ""
        raise InputError(
            f"{name}: dates such as {example}: {why}; set {flag('--date-format', 'day-first')} or month-first",
            file=name,
            row=dates[0][0] if dates else None,
            wanted="day-first or month-first",
            got=example,
            advice=flag("--date-format"),
        )
    line = first if order == "day-first" else second
    words = order.replace("-", " ")
    return order, (f"{name}: dates were read {words}: in line {line} that place holds a number above 12.",)


def _spaceless(date: str) -> str:
    return "".join(date.split())


def _time(one: _Raw, order: str, name: str) -> dt.datetime:
    head = one.head
    half = head["half"] or ("p" if (head["before"] or "").strip() in _AFTERNOON else "a" if head["before"] else "")
    clock = f"{head['hour']}:{head['minute']}:{head['second'] or '00'}" + (f" {half}m" if half else "")
    date = _spaceless(head["date"])
    time = read_date(f"{date} {clock}", order)
    if time is None:
        raise InputError(
            f"{name}, line {one.line}: {date} {clock} isn't a valid date, {order.replace('-', ' ')}; "
            f"correct it, or set another {flag('--date-format')}",
            file=name,
            row=one.line,
            wanted=order,
            got=f"{date} {clock}",
            advice=flag("--date-format"),
        )
    return time


def _speaker(lines: Sequence[str]) -> tuple[str | None, str]:
    """Return who wrote a message, and what; None for what the program wrote: it names nobody before a colon.

    A name with an open quote is part of a sentence such as `Anna changed the subject to "Rain: again"`.
    """
    name, colon, rest = lines[0].partition(":")
    name = re.sub(f"[{_MARKS}]", "", name).replace("\xa0", " ").replace("\u202f", " ").strip().removeprefix("~").strip()
    if not colon or not name or (rest and not rest[0].isspace()):
        return None, ""
    if sum(name.count(quote) for quote in '"“”„«»') % 2:
        return None, ""
    return name, "\n".join([rest.strip(" \t"), *lines[1:]]).rstrip("\n")


def _said(text: str) -> tuple[str, str | None]:
    """Return what a person wrote of a message's text, and why it is left out where that is nothing."""
    text = _EDITED.sub("", text.rstrip())
    first, *more = text.split("\n")
    plain = re.sub(f"[{_MARKS}]", "", first).strip()
    if _DELETED.match(plain):
        return "", DELETED
    is_marked = first.lstrip(" ").startswith(_LINE_MARK)
    if _ATTACHED.match(first.strip()) or _ATTACHED.match(plain) or _OMITTED.match(plain):
        if more and _FILE_NAME.match(more[0].strip()):
            more = more[1:]  # the name of the document that was left out
        caption = "\n".join(more).strip("\n")
        return (caption, None) if caption.strip() else ("", MEDIA)
    if is_marked:
        return "", SYSTEM
    kept = "\n".join(re.sub(r"\u200e<[^<>\n]*>$", "", line.rstrip()).rstrip() for line in text.split("\n")).strip("\n")
    kept = re.sub(f"[{_MARKS}]", "", kept)
    return (kept, None) if kept.strip() else ("", BLANK)
