"""NRC's own translations of its word list: one column of a large table, or one file per language.

The NRC gives out EmoLex in more than a hundred languages, translated by machine from English: as text, a row per
English word with ten columns of 0 or 1 and a column per language ("NRC-Emotion-Lexicon-ForVariousLanguages.txt"), or
with the column of one language ("OneFilePerLanguage/German-NRC-EmoLex.txt"); in older downloads as a workbook
("NRC-Emotion-Lexicon-v0.92-In105Languages-Nov2017Translations.xlsx"). Mohammad & Turney (2013); research use only, none
ships with emotopy.

Several English words may have the same translation. The word then has the strongest score of them for each emotion: it
is associated with whatever one of them is. Translations are single forms ("traurig", never "traurige"), so that less
is found in inflected languages than in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from emotopy.errors import ConfigError, InputError, unknown_name
from emotopy_plugins.shared.nrc_files import WordList, read_list
from emotopy_plugins.shared.nrc_layouts import AFFECTS, Form, english_column

_NAMES = """
= af=Afrikaans sq=Albanian am=Amharic ar=Arabic hy=Armenian az=Azerbaijani eu=Basque be=Belarusian bn=Bengali
bs=Bosnian bg=Bulgarian ca=Catalan ceb=Cebuano ny=Chichewa zh=Chinese-Simplified zh-tw=Chinese-Traditional
co=Corsican hr=Croatian cs=Czech da=Danish nl=Dutch en=English eo=Esperanto et=Estonian tl=Filipino fi=Finnish
fr=French fy=Frisian gl=Galician ka=Georgian de=German el=Greek gu=Gujarati ht=Haitian-Creole ha=Hausa haw=Hawaiian
he=Hebrew hi=Hindi hmn=Hmong hu=Hungarian is=Icelandic ig=Igbo id=Indonesian ga=Irish it=Italian ja=Japanese
jv=Javanese kn=Kannada kk=Kazakh km=Khmer rw=Kinyarwanda ko=Korean ku=Kurdish-Kurmanji ky=Kyrgyz lo=Lao la=Latin
lv=Latvian lt=Lithuanian lb=Luxembourgish mk=Macedonian mg=Malagasy ms=Malay ml=Malayalam mt=Maltese mi=Maori
mr=Marathi mn=Mongolian my=Myanmar-Burmese ne=Nepali no=Norwegian or=Odia ps=Pashto fa=Persian pl=Polish
pt=Portuguese pa=Punjabi ro=Romanian ru=Russian sm=Samoan gd=Scots-Gaelic sr=Serbian st=Sesotho sn=Shona sd=Sindhi
si=Sinhala sk=Slovak sl=Slovenian so=Somali es=Spanish su=Sundanese sw=Swahili sv=Swedish tg=Tajik ta=Tamil
tt=Tatar te=Telugu th=Thai tr=Turkish tk=Turkmen uk=Ukrainian ur=Urdu ug=Uyghur uz=Uzbek vi=Vietnamese cy=Welsh
xh=Xhosa yi=Yiddish yo=Yoruba zu=Zulu
"""
NAMES = dict(pair.split("=") for pair in _NAMES.split())
"""Code → the name that the NRC's files give the language; ISO 639-1 where there is one."""

UNSPACED = frozenset({"zh", "zh-tw", "ja", "th", "lo", "km", "my"})
"""Languages whose words aren't separated by spaces: texts are scored word by word, and would never be found."""

_CODE = re.compile(r"\s*\(([a-z]{2,3}(?:-[a-z]{2,4})?)\)$")
_EXTRA = re.compile(r"\s*(?:translation\s*\(google translate\)|word|translation)$")
_OTHER_CODES = {"iw": "he", "jw": "jv", "zh-cn": "zh", "nb": "no", "fil": "tl"}


def check_language(language: str) -> str:
    """Return the code of a language in small letters.

    Raises UnknownName for one that the NRC has no list in, ConfigError for one whose words aren't separated by spaces.
    """
    code = language.strip().lower().replace("_", "-")
    code = _OTHER_CODES.get(code, code)
    path = "intensity_scorer.language"
    if code not in NAMES:
        raise unknown_name(
            f"{path}: the NRC has no word list in {language!r}",
            language,
            NAMES,
            "There are",
            kind="language",
            path=path,
        )
    if code in UNSPACED:
        raise ConfigError(
            f"{path}: wanted a language that separates its words, got {language!r} ({NAMES[code]}): "
            "texts are scored word by word. The multilingual embedder supports it, but there is no "
            "built-in intensity scorer for it",
            path=path,
            wanted="a language that separates its words",
            got=language,
        )
    return code


def read_words_in(language: str, path: Path, notify: Callable[[str], None], form: Form | None = None) -> WordList:
    """Read a list in one language: NRC's translations, or any other layout that `read_list` knows.

    Parameters
    ----------
    language
        A code that `check_language` returned.
    path
        The file: text with a column per language, or a workbook, which takes half a minute to be read (text: a second).
    notify
        Is told what was assumed, and how many English words share a translation.
    form
        What the list is, where the user says so.

    Raises
    ------
    InputError
        The file can't be read, or has no column for the language; it names file, row and column.
    """
    words = read_list(path, form, lambda name, titles: _column_of(name, titles, language))
    for note in words.notes:
        notify(note)
    return words


def _column_of(name: str, titles: Sequence[str], language: str) -> int:
    """Return the place of the column of a language: "German", "German Word" or "German (de)"."""
    wanted = _letters(NAMES[language])
    if language == "en":
        return english_column(name, titles)
    for at, title in enumerate(titles):
        plain = title.lower()
        code = _CODE.search(plain)
        if code and _OTHER_CODES.get(code[1], code[1]) == language:
            return at
        if _letters(_EXTRA.sub("", _CODE.sub("", plain))) == wanted:
            return at
    there = [title for title in titles if title.lower() not in AFFECTS]
    raise InputError(
        f"{name}: wanted a column in {NAMES[language]} ({language}), got {', '.join(there)[:200]}; give the file of "
        "that language, or the one with a column per language",
        file=name,
        wanted=f"a column in {NAMES[language]}",
        got=", ".join(there)[:200],
        advice="give the file of that language, or the one with a column per language",
    )


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalpha())
