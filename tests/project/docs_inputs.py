"""Made-up input files that the pages' code blocks name; the names are those of the pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from emotopy.datasets.sample import made_up_diaries_path
from emotopy.readers.ratings import table_text
from emotopy.simulate import simulate_bold, simulate_stories

N_VOLUMES = 300
TR_S = 2.0
MODELS = ("human", "gpt", "claude")
STORY = (
    "The night was dark and she was afraid of the forest. Something moved behind the trees and she began to run. "
    "Then a door opened and warm light fell on the snow. Her brother laughed and put his arms around her. "
    "They sat by the fire and ate bread with honey. Outside the wind howled, and nobody minded it any more. "
)
GERMAN = (
    "Heute war ein schöner Tag und ich habe mich sehr gefreut.",
    "Ich hatte große Angst vor der Prüfung und konnte nicht schlafen.",
    "Meine Schwester ist gekommen und wir haben lange gelacht.",
    "Der Hund ist gestorben, ich bin so traurig und leer.",
    "Im Büro war es ruhig, am Abend habe ich gelesen.",
    "Er hat mich angeschrien und ich war wütend auf ihn.",
)


def make_inputs(folder: Path) -> Path:
    """Write all of them into a folder; return it."""
    _tables(folder)
    _narratives(folder)
    _scans(folder)
    return folder


def _tables(folder: Path) -> None:
    diaries = pd.read_csv(made_up_diaries_path())
    diaries["date"] = pd.Timestamp("2026-03-01") + pd.to_timedelta(diaries["day"] * 7, unit="D")
    diaries["date"] = diaries["date"].dt.strftime("%Y-%m-%d")
    diaries.drop(columns="day").to_csv(folder / "diary.csv", index=False)
    texts = pd.DataFrame(
        {
            "text": diaries["text"],
            "participant": diaries["writer"],
            "diagnosis": diaries["group"].map({"worry": "depressed", "gratitude": "healthy"}),
            "age": 20 + 3 * diaries["writer"].str[1:].astype(int) % 17,
        }
    )
    texts.to_csv(folder / "texts.csv", index=False)
    renamed = texts.rename(columns={"text": "body", "participant": "author", "diagnosis": "label"})
    renamed.to_csv(folder / "posts.csv", index=False)
    (folder / "parts").mkdir()
    labelled = texts.rename(columns={"participant": "speaker", "diagnosis": "label"})
    for i in range(2):
        labelled[i::2].to_parquet(folder / "parts" / f"part-{i}.parquet")
    _small_data_sets(folder, diaries)
    pd.DataFrame({"text": GERMAN}).to_csv(folder / "tagebuch.csv", index=False)


def _small_data_sets(folder: Path, diaries: pd.DataFrame) -> None:
    """Files in the layout of known data sets, with made-up content."""
    answers = {who: diaries["text"][i * 12 : i * 12 + 12].to_list() for i, who in enumerate(MODELS)}
    wide = pd.DataFrame({"q": range(12), **answers})
    wide.to_csv(folder / "wide.csv", index=False)
    long = wide.melt("q", var_name="who", value_name="answer").replace({"who": {"human": "person"}})
    long.to_csv(folder / "long.csv", index=False)
    (folder / "goemotions").mkdir()
    rows = [f"{row.text}\t{14 if row.group == 'worry' else 15}\t{row.id}\n" for row in diaries.itertuples()]
    (folder / "goemotions" / "train.tsv").write_text("".join(rows), "utf-8")
    (folder / "notes").mkdir()
    notes = pd.DataFrame({"person": diaries["writer"], "moment": "before", "note": diaries["text"]})
    notes.to_csv(folder / "notes" / "notes.csv", index=False)


def _narratives(folder: Path) -> None:
    (folder / "novel.txt").write_text(STORY * 6, "utf-8")
    lines = [
        f"{day:02d}/03/2026, 18:{minute:02d} - {who}: {text}"
        for day in (13, 14)
        for minute, (who, text) in enumerate(
            [
                ("Anna", "I was so scared of that interview, my hands were shaking"),
                ("Ben", "You did great, I am really proud of you!"),
                ("Anna", "Thank you, now I can laugh about it"),
                ("Ben", "Shall we celebrate with cake tonight?"),
                ("Anna", "Yes! I am so happy that it is over"),
            ]
        )
    ]
    (folder / "chat.txt").write_text("\n".join(lines) + "\n", "utf-8")
    words = [piece for word in (STORY * 15).split() for piece in ((word, "") if word.endswith(".") else (word,))]
    times = np.concatenate([[0.0], np.cumsum([0.5 if word else 2.0 for word in words])])
    rows = "".join(
        f"        intervals [{i + 1}]:\n            xmin = {times[i]}\n            xmax = {times[i + 1]}\n"
        f'            text = "{word}"\n'
        for i, word in enumerate(words)
    )
    (folder / "story.TextGrid").write_text(
        f'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = {times[-1]}\ntiers? <exists>\n'
        f'size = 1\nitem []:\n    item [1]:\n        class = "IntervalTier"\n        name = "words"\n'
        f"        xmin = 0\n        xmax = {times[-1]}\n        intervals: size = {len(words)}\n{rows}",
        "utf-8",
    )

    cues = [sentence.strip() + "." for sentence in (STORY * 3).split(".") if sentence.strip()]
    (folder / "story.srt").write_text(
        "".join(
            f"{i + 1}\n00:{i // 15:02d}:{i % 15 * 4:02d},000 --> 00:{i // 15:02d}:{i % 15 * 4 + 3:02d},500\n{cue}\n\n"
            for i, cue in enumerate(cues)
        ),
        "utf-8",
    )
    turns = [f"{('Anna', 'Ben')[i % 2]}: {cue}" for i, cue in enumerate(cues)]
    (folder / "interview.txt").write_text("\n".join(turns) + "\n", "utf-8")


def _scans(folder: Path) -> None:
    study = simulate_bold("coupling", n_subjects=4, n_volumes=N_VOLUMES, n_regions=6, n_carriers=3, seed=1)
    (folder / "ratings.tsv").write_text(table_text(study.ratings), "utf-8")
    for name in ("timecourses", "motion"):
        (folder / name).mkdir()
    for i, one in enumerate(study.series):
        frame = pd.DataFrame(one.values, columns=list(one.regions))
        frame.to_csv(folder / "timecourses" / f"{one.subject}.csv", index=False)
        np.savetxt(folder / "motion" / f"{one.subject}-motion.txt", study.motion[i].parameters)
    shutil.copytree(folder / "timecourses", folder / "series")
    first = study.series[0]
    lines = ["\t".join(first.regions), *("\t".join(map(str, row)) for row in first.values), "# end"]
    (folder / "scan.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    stories = simulate_stories("shared", n_stories=3, n_subjects=3, n_volumes=180, n_regions=6, n_carriers=3)
    (folder / "stories").mkdir()
    names = {"story1": "pie", "story2": "sea", "story3": "war"}
    for one in stories.series:
        frame = pd.DataFrame(one.values, columns=list(one.regions))
        frame.to_csv(folder / "stories" / f"{one.subject}_task-{names[one.story]}.csv", index=False)
    for old, new in names.items():
        (folder / f"{new}.tsv").write_text(table_text(stories.ratings[old]), "utf-8")
