"""Stories with times in the forms that programs write and people have: captions, aligners' files, tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.forms.form import Form, Kind

Said = tuple[str, float, float]
TEXTGRID = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n'


def reads(name: str, content: str, *said: Said, **options: object) -> Callable[[Path], None]:
    """Return the check that a file of this name and content is read as these pieces."""

    def check(folder: Path) -> None:
        from emotopy.readers.narratives import read_narrative

        path = folder / name
        path.write_text(content, "utf-8", newline="")
        found = read_narrative(path, **options).words  # type: ignore[arg-type]
        assert [word.text for word in found] == [text for text, _, _ in said]
        times = [time for word in found for time in (word.onset_s, word.offset_s)]
        assert times == pytest.approx([time for _, *both in said for time in both], abs=1e-9)

    return check


def says(name: str, content: str, *turns: tuple[str | None, str]) -> Callable[[Path], None]:
    """Return the check that the text pathway reads a file as these speakers and texts."""

    def check(folder: Path) -> None:
        from emotopy.readers.transcripts import read_transcript

        path = folder / name
        path.write_text(content, "utf-8", newline="")
        assert [(turn.speaker, turn.text) for turn in read_transcript(path).turns] == list(turns)

    return check


def srt(*captions: tuple[str, str], numbered: bool = True) -> str:
    return "\n".join(
        f"{i}\n{times}\n{text}\n" if numbered else f"{times}\n{text}\n"
        for i, (times, text) in enumerate(captions, start=1)
    )


def textgrid(name: str, labels: Sequence[str]) -> str:
    lines = ["0", str(len(labels)), "<exists>", "1", '"IntervalTier"', f'"{name}"', "0", str(len(labels))]
    lines.append(str(len(labels)))
    for i, label in enumerate(labels):
        lines += [str(i), str(i + 1), f'"{label}"']
    return TEXTGRID + "\n".join(lines) + "\n"


ROLLING = (
    "WEBVTT\nKind: captions\nLanguage: en\n\n"
    "00:00:00.500 --> 00:00:03.000 align:start position:0%\n \n"
    "we<00:00:01.000><c> saw</c><00:00:01.500><c> the</c><00:00:02.000><c> sea</c>\n\n"
    "00:00:03.000 --> 00:00:03.010 align:start position:0%\nwe saw the sea\n \n\n"
    "00:00:03.010 --> 00:00:06.000 align:start position:0%\nwe saw the sea\n"
    "and<00:00:04.000><c> cried</c>\n\n"
    "00:00:06.000 --> 00:00:06.010 align:start position:0%\nand cried\n \n\n"
    "00:00:06.010 --> 00:00:08.000 align:start position:0%\nand cried\nfor<00:00:07.000><c> joy</c>\n"
)
ROLLED = (("we saw the sea", 0.5, 3.0), ("and cried", 3.01, 6.0), ("for joy", 6.01, 8.0))
MARKED = [
    ("00:00:02,580 --> 00:00:02,660", "{0}a{1} couple of nurses"),
    ("00:00:02,660 --> 00:00:02,860", "a {0}couple{1} of nurses"),
    ("00:00:02,860 --> 00:00:03,080", "a couple {0}of{1} nurses"),
    ("00:00:03,080 --> 00:00:03,320", "a couple of {0}nurses{1}"),
]
WORDS = (("a", 2.58, 2.66), ("couple", 2.66, 2.86), ("of", 2.86, 3.08), ("nurses", 3.08, 3.32))
HAPPY = ("I was happy", 1.0, 2.5)
SAD = ("then sad", 3.0, 4.25)
TWO = [("00:00:01,000 --> 00:00:02,500", "I was happy"), ("00:00:03,000 --> 00:00:04,250", "then sad")]


def marked(before: str, after: str) -> str:
    return srt(*[(times, text.format(before, after)) for times, text in MARKED])


def captions(name: str, seen: str, what: str, check: Callable[[Path], None]) -> Form:
    return Form(name, "captions", seen, what, check)


def aligner(name: str, seen: str, what: str, check: Callable[[Path], None]) -> Form:
    kind: Kind = "aligner"
    return Form(name, kind, seen, what, check)


FORMS = (
    captions(
        "rolling VTT of YouTube",
        "ytdl-org/youtube-dl#21914",
        "each line is shown up to three times, its words with inline times, and blank lines pad the cues",
        reads("a.vtt", ROLLING, *ROLLED),
    ),
    captions(
        "rolling VTT of YouTube as a transcript",
        "yt-dlp/yt-dlp#1734",
        "the text pathway reads each line once, too",
        says("a.vtt", ROLLING, (None, "we saw the sea"), (None, "and cried"), (None, "for joy")),
    ),
    captions(
        "rolling captions converted to SRT",
        "deniscerri/ytdlnis#433",
        "the previous line is repeated above the new one",
        reads(
            "a.srt",
            srt(
                ("00:00:00,000 --> 00:00:03,000", "we saw the sea"),
                ("00:00:03,000 --> 00:00:06,000", "we saw the sea\nand cried"),
                ("00:00:06,000 --> 00:00:08,000", "and cried\nfor joy"),
                ("00:00:08,000 --> 00:00:09,000", "for joy\nuntil it rained"),
            ),
            ("we saw the sea", 0, 3),
            ("and cried", 3, 6),
            ("for joy", 6, 8),
            ("until it rained", 8, 9),
        ),
    ),
    captions(
        "a caption a word, underlined",
        "Purfview/whisper-standalone-win#20",
        "the space before a word is underlined, too",
        reads("a.srt", marked("<u>", "</u>").replace(" <u>", "<u> "), *WORDS),
    ),
    captions(
        "a caption a word, coloured",
        "jianfch/stable-ts#169",
        "stable-ts marks the word by its colour",
        reads("a.srt", marked('<font color="#00ff00">', "</font>"), *WORDS),
    ),
    captions(
        "stamps without leading zeros and with a short fraction",
        "vidstack/captions#8",
        "`0:0:4,8` is 4.8 s",
        reads(
            "a.srt",
            srt(("0:0:4,8 --> 0:0:7,4", "hi everybody"), ("0:0:7,4 --> 0:0:8,8", "I want to")),
            ("hi everybody", 4.8, 7.4),
            ("I want to", 7.4, 8.8),
        ),
    ),
    captions(
        "stamps with fractions of unlike length",
        "cdown/srt#55",
        "`00:00:0,500 --> 00:00:2,00`: half a second to two seconds",
        reads("a.srt", "9999\n00:00:0,500 --> 00:00:2,00\nhi everybody\n", ("hi everybody", 0.5, 2.0)),
    ),
    captions(
        "stamps without a fraction",
        "kaltura/nginx-vod-module#605",
        "`00:00:02`",
        reads(
            "a.srt",
            srt(("00:00:01 --> 00:00:02", "hi everybody"), ("00:00:02 --> 00:00:04", "I want to")),
            ("hi everybody", 1, 2),
            ("I want to", 2, 4),
        ),
    ),
    captions(
        "stamps without hours and with a point",
        "ggml-org/whisper.cpp#36",
        "`mm:ss.sss` in SRT, as whisper.cpp wrote",
        reads(
            "a.srt",
            srt(("00:01.000 --> 00:02.500", "I was happy"), ("00:03.000 --> 00:04.250", "then sad")),
            HAPPY,
            SAD,
        ),
    ),
    captions(
        "stamps of SRT with a point",
        "GavalasDev/srtlib#9",
        "a point instead of the comma",
        reads("a.srt", srt(*[(times.replace(",", "."), text) for times, text in TWO]), HAPPY, SAD),
    ),
    captions(
        "coordinates behind the times",
        "fedecalendino/pysub-parser#8",
        "`X1:… Y2:…` isn't text",
        reads("a.srt", srt(*[(f"{times} X1:203 X2:511 Y1:359 Y2:431", text) for times, text in TWO]), HAPPY, SAD),
    ),
    captions(
        "a blank line within a caption",
        "byroot/pysrt#71",
        "the text after it belongs to the caption",
        reads(
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,500\nI was\n\nhappy\n\n305\n00:00:03,000 --> 00:00:04,250\nthen sad\n",
            HAPPY,
            SAD,
        ),
    ),
    captions(
        "a caption that is a number behind a blank line",
        "SubtitleEdit/subtitleedit#2147",
        "a bet in a game: text, not the number of a caption",
        reads(
            "a.srt",
            "1\n00:00:01,000 --> 00:00:02,500\n\n50\n\n2\n00:00:03,000 --> 00:00:04,250\nthen sad\n",
            ("50", 1.0, 2.5),
            SAD,
        ),
    ),
    captions(
        "captions without text",
        "ripose-jp/Memento#68",
        "they contain no words, and several blank lines follow",
        reads("a.srt", srt(TWO[0], ("0:00:02,600 --> 0:00:02,700", "\n"), TWO[1]), HAPPY, SAD),
    ),
    captions(
        "captions without text or time at the end",
        "tkarabela/pysubs2#11",
        "their numbers aren't text of the caption before",
        reads(
            "a.srt",
            "392\n00:00:01,00 --> 00:00:02,50\nI was happy\n\n393\n00:00:00,00 --> 00:00:00,00\n\n"
            "394\n00:00:00,00 --> 00:00:00,00\n",
            HAPPY,
        ),
    ),
    captions(
        "a blank line between number and times",
        "France-ioi/codecast#132",
        "the number isn't part of the text",
        reads("a.srt", srt(*TWO).replace("1\n00", "1\n\n00").replace("2\n00", "2\n\n00"), HAPPY, SAD),
    ),
    captions(
        "captions without numbers",
        "asticode/go-astisub#93",
        "times follow the blank line",
        reads("a.srt", srt(*TWO, numbered=False), HAPPY, SAD),
    ),
    captions(
        "the first caption without its number",
        "cdown/srt#81",
        "all other captions have numbers",
        reads("a.srt", srt(*TWO).removeprefix("1\n"), HAPPY, SAD),
    ),
    captions(
        "entities in SRT and VTT",
        "JunkFood02/Seal#2034",
        "`&nbsp;` is a space",
        reads("a.srt", srt((TWO[0][0], "I&nbsp;was happy"), TWO[1]), HAPPY, SAD),
    ),
    captions(
        "positions of SubStation Alpha in SRT",
        "jellyfin/jellyfin-web#3727",
        "`{\\an8}` isn't text",
        reads("a.srt", srt((TWO[0][0], "{\\an8}I was happy"), TWO[1]), HAPPY, SAD),
    ),
    captions(
        "a header without a blank line behind it",
        "jwplayer/jwplayer#990",
        "X-TIMESTAMP-MAP, then the times at once",
        reads(
            "a.vtt",
            "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:000000,LOCAL:00:00:00.000\n00:00:01.000 --> 00:00:02.500\nI was happy\n",
            HAPPY,
        ),
    ),
    captions(
        "times of Teams",
        "glut23/webvtt-py#44",
        "`0:1:5.2` in VTT",
        reads("a.vtt", "WEBVTT\n\n0:1:5.2 --> 0:1:6.5\nI was happy\n", ("I was happy", 65.2, 66.5)),
    ),
    captions(
        "hours of three figures",
        "glut23/webvtt-py#80",
        "allowed by the standard",
        reads("a.vtt", "WEBVTT\n\n100:00:01.000 --> 100:00:02.000\nhi\n", ("hi", 360001.0, 360002.0)),
    ),
    captions(
        "times of VTT without a fraction",
        "mediaelement/mediaelement#1112",
        "HH:MM:SS",
        reads(
            "a.vtt",
            "WEBVTT\n\n00:00:01 --> 00:00:02\nI was\n\n00:00:02 --> 00:00:03\nhappy\n",
            ("I was", 1, 2),
            ("happy", 2, 3),
        ),
    ),
    captions(
        "voices of Teams",
        "glut23/webvtt-py#55",
        "names are in tags; two voices share a cue's time by their letters",
        reads(
            "a.vtt",
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n<v Lisa Simpson>Knock</v>\n<v Homer Simpson>Who's</v>\n",
            ("Knock", 0.0, 0.5),
            ("Who's", 0.5, 1.0),
        ),
    ),
    captions(
        "names of Zoom",
        "gnurio/where-did-we-land#1",
        "a name before a colon in every cue isn't a word",
        reads(
            "a.vtt",
            "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.500\nChristina: I was happy\n\n"
            "2\n00:00:03.000 --> 00:00:04.250\nAhmed Ali: then sad\n",
            HAPPY,
            SAD,
        ),
    ),
    captions(
        "numbered speakers of WhisperX",
        "m-bain/whisperX#801",
        "`[SPEAKER_00]:` isn't a word",
        reads("a.srt", srt(*[(times, f"[SPEAKER_00]: {text}") for times, text in TWO]), HAPPY, SAD),
    ),
    captions(
        "numbered speakers of WhisperX in a transcript",
        "m-bain/whisperX#801",
        "they become the speakers",
        says(
            "a.srt",
            srt((TWO[0][0], "[SPEAKER_00]: I was happy"), (TWO[1][0], "[SPEAKER_01]: then sad")),
            ("SPEAKER_00", "I was happy"),
            ("SPEAKER_01", "then sad"),
        ),
    ),
    captions(
        "numbered speakers of whisper.cpp",
        "ggml-org/whisper.cpp#1031",
        "`(speaker 0)` without a colon",
        reads("a.srt", srt(*[(times, f"(speaker 0) {text}") for times, text in TWO]), HAPPY, SAD),
    ),
    captions(
        "captions for the hard of hearing",
        "nova-video-player/aos-AVP#651",
        "sounds and speakers in capitals aren't words",
        reads(
            "a.srt",
            srt(("00:00:00,000 --> 00:00:01,000", "(SIRENS WAIL)"), (TWO[0][0], "DOCTOR: I was happy"), TWO[1]),
            HAPPY,
            SAD,
        ),
    ),
    captions(
        "a sound within a caption",
        "SiCKRAGE/SiCKRAGE#2954",
        "`[door slams]` before the spoken words",
        reads("a.srt", srt((TWO[0][0], "[heavy breathing] I was happy"), TWO[1]), HAPPY, SAD),
    ),
    captions(
        "whisper's lines with times",
        "Purfview/whisper-standalone-win#83",
        "`[00:00.000 --> 00:06.140]` before each text",
        reads(
            "a.txt",
            "[00:01.000 --> 00:02.500]  I was happy\n[00:03.000 --> 00:04.250]  then sad\n",
            HAPPY,
            SAD,
        ),
    ),
    aligner(
        "whisper's TSV",
        "jianfch/stable-ts#130",
        "whole milliseconds under start, end, text",
        reads(
            "a.tsv",
            "start\tend\ttext\n1000\t2500\tI was happy\n3000\t4250\tthen sad\n",
            HAPPY,
            SAD,
        ),
    ),
    aligner(
        "whisper.cpp's CSV without a header",
        "ggml-org/whisper.cpp#340",
        "milliseconds, spaces after commas, quoted text with a comma",
        reads(
            "a.csv",
            '0, 10320, "Well, I was happy"\n10320, 18100, "then sad"\n18100, 23600, "then not"\n',
            ("Well, I was happy", 0, 10.32),
            ("then sad", 10.32, 18.1),
            ("then not", 18.1, 23.6),
        ),
    ),
    aligner(
        "whisper.cpp's CSV with a header",
        "ggml-org/whisper.cpp#552",
        "milliseconds under start,end,text",
        reads(
            "a.csv",
            'start,end,text\n1000,2500,"I was happy"\n3000,4250,"then sad"\n',
            HAPPY,
            SAD,
        ),
    ),
    aligner(
        "Gentle's CSV",
        "lowerquality/gentle: gentle/transcription.py",
        "word, aligned word, start, end; no header; the first word was not found",
        reads("align.csv", "Zyx,,,\nwe,we,0.5,0.9\nXyz,<unk>,0.9,1.4\n", ("we", 0.5, 0.9), ("Xyz", 0.9, 1.4)),
    ),
    aligner(
        "Gentle's JSON",
        "lowerquality/gentle: tests/data/expected/full-harvard-sentences-list30-s01.json",
        "words with times",
        reads(
            "align.json",
            json.dumps(
                {
                    "transcript": "we cried",
                    "words": [
                        {"word": "we", "alignedWord": "we", "case": "success", "start": 0.5, "end": 0.9},
                        {"word": "zyx", "case": "not-found-in-audio"},
                        {"word": "cried", "alignedWord": "cried", "case": "success", "start": 0.9, "end": 1.4},
                    ],
                }
            ),
            ("we", 0.5, 0.9),
            ("cried", 0.9, 1.4),
        ),
    ),
    aligner(
        "WhisperX's JSON",
        "m-bain/whisperX#1115",
        "words in segments; numbers have no times",
        reads(
            "a.json",
            json.dumps(
                {
                    "segments": [
                        {
                            "start": 0.454,
                            "end": 2.811,
                            "text": " numbers 1 and",
                            "words": [
                                {"word": "numbers", "start": 0.454, "end": 0.716, "score": 0.7},
                                {"word": "1"},
                                {"word": "and", "start": 2.0, "end": 2.811, "score": 0.7},
                            ],
                        }
                    ]
                }
            ),
            ("numbers", 0.454, 0.716),
            ("and", 2.0, 2.811),
        ),
    ),
    aligner(
        "whisper's JSON",
        "Exmaralda-Org/exmaralda#357",
        "words with a leading space, one of them without duration",
        reads(
            "a.json",
            json.dumps(
                {
                    "segments": [
                        {
                            "id": 29,
                            "start": 193.12,
                            "end": 194.8,
                            "text": " Ja, ja",
                            "words": [
                                {"word": " Ja,", "start": 193.12, "end": 193.54, "probability": 0.1},
                                {"word": " ja", "start": 194.8, "end": 194.8, "probability": 0.4},
                            ],
                        }
                    ]
                }
            ),
            ("Ja,", 193.12, 193.54),
            ("ja", 194.8, 194.8),
        ),
    ),
    aligner(
        "whisper.cpp's JSON",
        "ggml-org/whisper.cpp#685",
        "offsets in milliseconds, a speaker",
        reads(
            "a.json",
            json.dumps(
                {
                    "transcription": [
                        {
                            "timestamps": {"from": "00:00:01,000", "to": "00:00:02,500"},
                            "offsets": {"from": 1000, "to": 2500},
                            "speaker": "AGENT",
                            "text": " I was happy",
                        }
                    ]
                }
            ),
            HAPPY,
        ),
    ),
    aligner(
        "aeneas' CSV",
        "readbeyond/aeneas: aeneas/tests/res/syncmaps/sonnet001_u.csv",
        "identifier, start, end, text; no header",
        reads(
            "a.csv",
            'f000001,0.000,2.640,"I was, well, happy"\nf000002,2.640,5.880,"then sad"\n'
            'f000003,5.880,9.240,"then not"\n',
            ("I was, well, happy", 0.0, 2.64),
            ("then sad", 2.64, 5.88),
            ("then not", 5.88, 9.24),
        ),
    ),
    aligner(
        "aeneas' CSV with hours",
        "readbeyond/aeneas: aeneas/tests/res/syncmaps/sonnet001_u.csvh",
        "the same with clock times",
        reads(
            "a.csv",
            'f000001,00:00:00.000,00:00:02.680,"I was happy"\nf000002,00:00:02.680,00:00:05.880,"then sad"\n'
            'f000003,00:00:05.880,00:00:09.240,"then not"\n',
            ("I was happy", 0.0, 2.68),
            ("then sad", 2.68, 5.88),
            ("then not", 5.88, 9.24),
        ),
    ),
    aligner(
        "aeneas' JSON",
        "readbeyond/aeneas: aeneas/tests/res/syncmaps/sonnet001_u.json",
        "fragments with times as strings, lines as a list",
        reads(
            "a.json",
            json.dumps({"fragments": [{"begin": "1.000", "end": "2.500", "id": "f1", "lines": ["I was", "happy"]}]}),
            HAPPY,
        ),
    ),
    aligner(
        "MFA's CSV",
        "MontrealCorpusTools/Montreal-Forced-Aligner: montreal_forced_aligner/textgrid.py",
        "words first, then phones, told apart by the column Type",
        reads(
            "a.csv",
            "Begin,End,Label,Type,Speaker\n0.5,0.9,we,words,anna\n0.9,1.4,cried,words,anna\n"
            "0.5,0.7,W,phones,anna\n0.7,0.9,IY1,phones,anna\n",
            ("we", 0.5, 0.9),
            ("cried", 0.9, 1.4),
        ),
    ),
    aligner(
        "MFA's JSON",
        "MontrealCorpusTools/Montreal-Forced-Aligner: montreal_forced_aligner/textgrid.py",
        "tiers with entries of start, end and label",
        reads(
            "a.json",
            json.dumps(
                {
                    "start": 0,
                    "end": 1.4,
                    "tiers": {
                        "words": {"type": "interval", "entries": [[0.5, 0.9, "we"], [0.9, 1.4, "cried"]]},
                        "phones": {"type": "interval", "entries": [[0.5, 0.9, "W"]]},
                    },
                }
            ),
            ("we", 0.5, 0.9),
            ("cried", 0.9, 1.4),
        ),
    ),
    aligner(
        "an oov item of MFA",
        "MontrealCorpusTools/Montreal-Forced-Aligner#326",
        "`[cough-]` in the tier of words isn't a word",
        reads("a.TextGrid", textgrid("words", ["we", "[cough-]", "cried"]), ("we", 0, 1), ("cried", 2, 3)),
    ),
    aligner(
        "speech noise of MFA",
        "MontrealCorpusTools/Montreal-Forced-Aligner#831",
        "`{spn}` isn't a word",
        reads("a.TextGrid", textgrid("words", ["we", "{spn}", "cried"]), ("we", 0, 1), ("cried", 2, 3)),
    ),
    aligner(
        "markers of story-listening corpora",
        "HuthLab/semantic-decoding: decoding/utils_eval.py",
        "sentence_start, br, lg, ls, ns and sp, with or without braces, aren't words",
        reads(
            "a.TextGrid",
            textgrid("word", ["sentence_start", "we", "br", "{lg}", "ls", "ns", "cried", "sp", "sentence_end"]),
            ("we", 1, 2),
            ("cried", 6, 7),
        ),
    ),
    aligner(
        "Audacity's labels",
        "https://raw.githubusercontent.com/audacity/audacity-manual/master/manual/man/importing_and_exporting_labels.html",
        "start, end and label separated by tabs, in a .txt without a header",
        reads("labels.txt", "1.000000\t2.500000\tI was happy\n3.000000\t4.250000\tthen sad\n", HAPPY, SAD),
    ),
    aligner(
        "CTM of Kaldi",
        "MontrealCorpusTools/Montreal-Forced-Aligner: montreal_forced_aligner/textgrid.py",
        "recording, channel, onset, duration, word, confidence",
        reads(
            "a.ctm",
            "rec1 1 0.50 0.40 we 0.99\nrec1 1 0.90 0.50 cried\n",
            ("we", 0.5, 0.9),
            ("cried", 0.9, 1.4),
        ),
    ),
    Form(
        "a transcript's table with times of the clock",
        "table of texts",
        "senthilchandrasegaran/textplorer#1",
        "start time, end time, speaker, dialog; `00:00:01.5`",
        reads(
            "a.csv",
            "start time,end time,speaker,dialog\n00:00:01.0,00:00:02.5,Travis Bickle,I was happy\n"
            "00:00:03.0,00:00:04.25,Iris,then sad\n",
            HAPPY,
            SAD,
        ),
    ),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_form(form: Form, tmp_path: Path) -> None:
    """A form as it is found in public is read as its format says."""
    form.check(tmp_path)
