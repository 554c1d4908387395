"""Small data sets in the official forms, and a quick way to run an experiment on them."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from emotopy.experiments.definition import Classification, DistanceOptions, Splits, read_definition
from emotopy.experiments.run import run_experiment

QUICK = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 4}}
_WORDS = {
    "fear": "terror panic scared danger threat nightmare trembling dread afraid horror alarm fright",
    "joy": "friends sunshine party laughing happy garden music holiday dancing family delight cheerful",
    "love": "love tender kiss darling heart beloved affection hug sweet adore romance devoted",
    "neutral": "table window went morning kitchen number walked street paper water bought chair",
    "sadness": "alone tears lost grief empty tired hopeless dark crying broken sorrow worthless",
}
POOLS = {name: words.split() for name, words in _WORDS.items()}
AFRAID, GLAD, LOVING, PLAIN, SAD = POOLS.values()


def speak(rng, words, n, other=PLAIN, share=0.5):
    """A line of n words, a share of them from `words`."""
    return " ".join(str(rng.choice(words if rng.random() < share else other)) for _ in range(n))


@pytest.fixture(scope="session")
def woz(tmp_path_factory):
    """A DAIC-WOZ folder: 12 depressed and 16 healthy participants whose words differ, one label without transcript."""
    folder, rng = tmp_path_factory.mktemp("woz"), np.random.default_rng(1)
    labels = ["Participant_ID,PHQ8_Binary,PHQ8_Score,Gender"]
    for i in range(28):
        who, depressed = 400 + i, i < 12
        lines = ["start_time\tstop_time\tspeaker\tvalue", "0\t1\tEllie\thow are you doing today zanzibar"]
        for turn in range(12):
            text = speak(rng, SAD if depressed else GLAD, int(rng.integers(9, 16)))
            lines.append(f"{3 * turn + 2}\t{3 * turn + 4}\tParticipant\t{text}")
        session = folder / f"{who}_P"
        session.mkdir()
        (session / f"{who}_TRANSCRIPT.csv").write_text("\n".join(lines) + "\n", "utf-8")
        labels.append(f"{who},{int(depressed)},{15 if depressed else 3},{i % 2}")
    labels.append("490,0,2,1")
    (folder / "train_split_Depression_AVEC2017.csv").write_text("\n".join(labels) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def edaic(tmp_path_factory):
    """An E-DAIC folder: 6 depressed and 7 healthy participants."""
    folder, rng = tmp_path_factory.mktemp("edaic"), np.random.default_rng(2)
    labels = ["Participant_ID,Gender,PHQ_Binary,PHQ_Score,PCL-C (PTSD),PTSD Severity"]
    for i in range(13):
        who, depressed = 600 + i, i < 6
        lines = ["Start_Time,End_Time,Text,Confidence"]
        lines += [f"{3 * k},{3 * k + 2},{speak(rng, SAD if depressed else GLAD, 12 + i)},0.9" for k in range(8)]
        session = folder / f"{who}_P"
        session.mkdir()
        (session / f"{who}_Transcript.csv").write_text("\n".join(lines) + "\n", "utf-8")
        labels.append(f"{who},male,{int(depressed)},{12 if depressed else 1},0,20.0")
    (folder / "labels").mkdir()
    (folder / "labels" / "train_split.csv").write_text("\n".join(labels) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def comments(tmp_path_factory):
    """A GoEmotions folder: 30 comments of each of five emotions, 20 with two labels."""
    from emotopy.emotions import LABELS

    folder, rng = tmp_path_factory.mktemp("goemotions"), np.random.default_rng(3)
    lines = [
        f"{speak(rng, words, 9, share=0.6)}\t{LABELS.index(name)}\t{name}{i}"
        for name, words in POOLS.items()
        for i in range(30)
    ]
    lines += [f"{speak(rng, GLAD, 9)}\t17,18\tboth{i}" for i in range(20)]
    (folder / "train.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def answers(tmp_path_factory):
    """A table of 24 questions: people, a twin that answers as people do, a cheerful model that talks long."""
    path, rng = tmp_path_factory.mktemp("answers") / "answers.csv", np.random.default_rng(4)
    lines = ["question,topic,people,twin,cheerful"]
    for i in range(24):
        words = [SAD, AFRAID, LOVING][i % 3]
        said = [speak(rng, words, 14), speak(rng, words, 14), speak(rng, GLAD, 40, share=0.8)]
        lines.append(f"question {i},{'home' if i % 2 else 'work'}," + ",".join(said))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def quick(name, **changes):
    """An experiment that ships, with few permutations."""
    definition = read_definition(name)
    comparison = attrs.evolve(definition.comparison, n_permutations=499)
    return attrs.evolve(
        definition,
        **{
            "comparison": comparison,
            "splits": Splits(n=2, n_permutations=99),
            "distances": DistanceOptions(n_bootstrap=200),
            "classification": Classification(most_per_group=25, n_folds=3, n_permutations=19),
            **changes,
        },
    )


def run(definition, data, **options):
    """Run it with stages that need no compiler, without a cache."""
    return run_experiment(definition, data, sets={**QUICK, **options.pop("sets", {})}, **options)


@pytest.fixture(scope="session")
def depression(woz):
    """The experiment on depressed and healthy speakers, run once."""
    return run(quick("depression"), woz)


@pytest.fixture(scope="session")
def emotions(comments):
    """The experiment on emotions, run once."""
    return run(
        quick("emotions", comparison=attrs.evolve(quick("emotions").comparison, pairs=(("fear", "joy"),))), comments
    )


@pytest.fixture(scope="session")
def models(answers):
    """The experiment on people and models, run once."""
    return run(with_models(quick("human-vs-llm")), answers)


def with_models(definition, **more):
    """Name the columns of the table of answers."""
    from emotopy.experiments.definition import changed

    told = {"human": "people", "models": ("twin", "cheerful"), "question": "question", "topic": "topic"}
    return changed(definition, "data", **{**told, **more})
