"""Encodings of people's own files: UTF-8, else UTF-16, else Windows-1252 where the bytes leave no doubt.

Windows-1252 has no mark, and nearly any bytes can be read as it. So it is believed only of a file whose letters make
words of Western European languages in it, and a note says so, with the line where to look. All else is an error that
names the line: a guess would turn "triste" and "cáně" into each other's languages without anybody noticing.
"""

from __future__ import annotations

import codecs
import re

from emotopy.errors import InputError
from emotopy.readers.text_io import MAX_LINE_MB, check_lines, decode

WESTERN = "cp1252"
BOMS = (  # UTF-32 first: its mark starts with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ALPHABETS = tuple(
    frozenset(letters + letters.upper())
    for letters in (
        "éèêëàâäöüïñçîôûùœ",  # French, and loan words in English
        "äöüßéèàâ",  # German
        "åäöøæéüà",  # Swedish, Danish, Norwegian, Finnish
        "áéíóúüñçàèòïªº",  # Spanish, Catalan
        "áéíóúàâêôãõçüªº",  # Portuguese
        "àèéìòóùúî",  # Italian
        "áéèëíïóöúüç",  # Dutch
    )
)
"""Letters beyond ASCII, language by language, rare ones left out: they are common ones of Windows-1250."""
RIVALS = (
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "koi8_r",
    "gb18030",
    "big5",
    "cp932",
    "cp949",
)
"""What else a file without a mark is likely to be."""
OPENING, CLOSING = "“„‚«¿¡", "”»"
SIGNS = frozenset(OPENING + CLOSING + "‘’–—…€£§°´·•\xa0\xad½²³©®")
WESTERN_NOTE = (
    "{name} isn't UTF-8; it was read as Windows-1252, because of its Western European letters (the "
    "first in line {line}). If they look wrong, save the file as UTF-8."
)
SAMPLE = 64 << 10
"""How many bytes of the lines in question charset-normalizer is shown."""
# What Western words don't look like: capitals after small letters, quotes or signs inside words, three such letters
# in a row, and the tildes of Portuguese where it has none (Hungarian and Romanian in Windows-1250).
_BETWEEN = re.escape("“”„‚«»¿¡€£§°´·•½²³©®…")
_STRANGE = re.compile(
    rf"[a-zß-öø-ÿ][À-ÖØ-ÞŒ]|[A-Za-zÀ-ÿ][{_BETWEEN}][A-Za-zÀ-ÿ]|[À-ÖØ-öø-ÿŒœ]{{3}}|[õÕ](?![eE])|[ãÃ](?![oesOES]|\b)"
)
_BEYOND = re.compile(r"[^\x00-\x7f]")


def decode_detected(data: bytes, name: str, *, max_line_mb: float = MAX_LINE_MB) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file, and a note where it isn't UTF-8.

    Raises InputError that names the file, and the line of a byte whose encoding can't be told, or which is above
    `max_line_mb`.
    """
    check_lines(data, name, max_line_mb)
    encoding = next((encoding for mark, encoding in BOMS if data.startswith(mark)), None) or _wide(data)
    if encoding is not None:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{name} seems to be {encoding.upper()}, but is damaged at byte {error.start}; save it as UTF-8",
                file=name,
                wanted="UTF-8",
                got=encoding,
                advice="save the file as UTF-8",
            ) from error
        return text.removeprefix("\ufeff"), (f"{name} isn't UTF-8; it was read as {encoding.upper()}.",)
    try:
        return decode(data, name, max_line_mb=max_line_mb), ()
    except InputError as error:
        western, line = (None, 0) if data.startswith(codecs.BOM_UTF8) else _western(data)
        if western is None:
            guess = _best(data)
            hint = f"; it may be {guess}, which isn't certain enough to be read so" if guess else ""
            raise InputError(
                f"{error}{hint}", file=name, row=error.row, wanted="UTF-8", got=error.got, advice=error.advice
            ) from error
    return western, (WESTERN_NOTE.format(name=name, line=line),)


def _wide(data: bytes) -> str | None:
    """Return which UTF-16 a file without a mark is, by the null bytes beside every Latin letter, or None."""
    start = data[: 4096 - len(data) % 2]
    even, odd = start[::2].count(0), start[1::2].count(0)
    if len(data) % 2 or len(start) < 4:
        return None
    if odd > len(start) // 4 and even == 0:
        return "utf-16-le"
    if even > len(start) // 4 and odd == 0:
        return "utf-16-be"
    return None


def _western(data: bytes) -> tuple[str | None, int]:
    """Return the text as Windows-1252 and the first line with a letter of its own; None where that isn't certain."""
    try:
        text = data.decode(WESTERN)
    except UnicodeDecodeError:  # 0x81, 0x8d, 0x8f, 0x90, 0x9d are no characters there
        return None, 0
    found = frozenset(_BEYOND.findall("".join(frozenset(text)))) - SIGNS
    first = _BEYOND.search(text)
    if first is None or _STRANGE.search(text) or re.search("[\x00-\x08\x0e-\x1f]", text):
        return None, 0
    is_one_language = any(found <= alphabet for alphabet in ALPHABETS)
    if not is_one_language and not (found <= frozenset().union(*ALPHABETS) and _reads_best_as_western(data)):
        return None, 0
    if found and _reads_better_otherwise(data):
        return None, 0
    return text, text.count("\n", 0, first.start()) + 1


def _lines_in_question(data: bytes) -> bytes:
    """Return the lines with bytes beyond ASCII, up to the size of a sample."""
    lines = (line for line in data.splitlines(keepends=True) if not line.isascii())
    sample = bytearray()
    for line in lines:
        sample += line[:SAMPLE]
        if len(sample) >= SAMPLE:
            break
    return bytes(sample)


def _readings(data: bytes) -> list[tuple[str, bool, float]]:
    """Return charset-normalizer's readings, best first: encoding, is it Windows-1252 too, coherence as a language."""
    from charset_normalizer import from_bytes

    matches = from_bytes(_lines_in_question(data), cp_isolation=[WESTERN, *RIVALS])
    return [(one.encoding, WESTERN in (one.encoding, *one.could_be_from_charset), one.coherence) for one in matches]


def _reads_best_as_western(data: bytes) -> bool:
    return next((is_western for _, is_western, _ in _readings(data)), False)


def _reads_better_otherwise(data: bytes) -> bool:
    """Whether there is clearly more of a language in another reading."""
    readings = _readings(data)
    ours = max((coherence for _, is_western, coherence in readings if is_western), default=0.0)
    return max((coherence for _, is_western, coherence in readings if not is_western), default=0.0) > ours + 0.2


def _best(data: bytes) -> str | None:
    """Return the likeliest encoding, for a hint."""
    best = next(iter(_readings(data)), None)
    return None if best is None or best[1] else best[0]
