"""Plugins that misbehave, each a distribution of its own: what it does, its module, and the run that meets it."""

from __future__ import annotations

import attrs

HEAD = """
import numpy as np
from emotopy import hookimpl
from emotopy.testing import doubles
"""
OFFER = """
@hookimpl
def register_{plural}():
    return {{"it": It}}
"""


@attrs.frozen
class Case:
    """A plugin that misbehaves; `does` says how, `shown` is a part of what the host's user reads."""

    dist: str
    does: str
    source: str
    shown: str
    role: str = ""
    command: str = "map"
    code: int = 1
    more: str = ""


def stage(role: str, body: str, head: str = HEAD) -> str:
    """Return a module that offers the class `It` of a role."""
    plural = {"atlas": "atlases", "connectivity": "connectivity"}.get(role, f"{role}s")
    return f"{head}{body}\n{OFFER.format(plural=plural)}"


def embedder(body: str, head: str = HEAD) -> str:
    """Return an embedder whose `embed` begins with this."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    method = f"    def embed(self, texts):\n{lines}\n        return super().embed(texts)"
    return stage("embedder", f"class It(doubles.HashingEmbedder):\n    fingerprint = None\n{method}", head)


LOADING = [
    Case("on-import", "raises on import", "raise RuntimeError('no good')", "on-import (it): RuntimeError: no good"),
    Case("exit-import", "calls sys.exit on import", "import sys; sys.exit('bye')", "SystemExit: bye"),
    Case("syntax", "doesn't parse", "def register_embedders(:", "syntax (it): SyntaxError"),
    Case("no-library", "imports a library that is missing", "import kaleidoscope", "No module named 'kaleidoscope'"),
    Case(
        "on-registration",
        "raises in its hook",
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    raise OSError('disk')",
        "on-registration (it): OSError: disk",
    ),
    Case(
        "exit-registration",
        "calls sys.exit in its hook",
        "import sys\nfrom emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    sys.exit(3)",
        "exit-registration (it): SystemExit: 3",
    ),
    Case(
        "misspelt",
        "misspells a hook",
        "from emotopy import hookimpl\n@hookimpl\ndef register_embeders():\n    return {}",
        "there is no hook 'register_embeders'. Did you mean 'register_embedders'?",
    ),
    Case(
        "unmarked",
        "forgets @hookimpl",
        "def register_embedders():\n    return {}",
        "no function is marked with @emotopy.hookimpl; mark register_embedders with it",
    ),
    Case(
        "argument",
        "asks for an argument that the hook doesn't have",
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders(registry):\n    return {}",
        "argument (it): PluginValidationError",
    ),
    Case(
        "no-return",
        "returns nothing from its hook",
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    pass",
        "register_embedders must return a mapping of name to factory, got None",
    ),
    Case(
        "not-callable",
        "offers something that can't be called",
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return {'it': 5}",
        "the factory of 'it' isn't callable, got 5",
    ),
    Case(
        "bad-name",
        "offers a name with capitals",
        "from emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return {'My Embedder': dict}",
        "a name is lower case with hyphens, got 'My Embedder'",
    ),
    Case(
        "from-tomorrow",
        "states a later emotopy_api",
        "emotopy_api = '2'\nfrom emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return {}",
        "written for emotopy_api '2', while emotopy 0.1.0 has '1'; upgrade emotopy",
    ),
    Case(
        "from-yesterday",
        "states an earlier emotopy_api",
        "emotopy_api = 0\nfrom emotopy import hookimpl\n@hookimpl\ndef register_embedders():\n    return {}",
        "written for emotopy_api '0', while emotopy 0.1.0 has '1'; upgrade the plugin",
    ),
]
"""Found out when plugins are loaded; `emotopy plugins` shows them, everything else works."""

WORKS = "class It(doubles.HashingEmbedder):\n    pass"
MEDDLING = [
    Case("prints", "prints on import", stage("embedder", f"print('hello from import')\n{WORKS}"), ""),
    Case(
        "filters",
        "changes the warning filters on import",
        stage("embedder", f"import warnings\nwarnings.simplefilter('error')\n{WORKS}"),
        "filters (it) changed the warning filters; undone",
    ),
    Case(
        "logs",
        "sets up logging on import",
        stage("embedder", f"import logging, sys\nlogging.basicConfig(level=10, stream=sys.stdout)\n{WORKS}"),
        "logs (it) changed the root logger; undone",
    ),
    Case(
        "moves",
        "changes the working directory on import",
        stage("embedder", f"import os\nos.chdir('/')\n{WORKS}"),
        "moves (it) changed the working directory; undone",
    ),
    Case(
        "seeds",
        "seeds NumPy's generator on import",
        stage("embedder", f"np.random.seed(0)\n{WORKS}"),
        "",
    ),
    Case(
        "environs",
        "sets an environment variable on import",
        stage("embedder", f"import os\nos.environ['OMP_NUM_THREADS'] = '7'\n{WORKS}"),
        "environs (it) changed the environment; not undone",
    ),
    Case(
        "deaf",
        "ignores Ctrl-C from its import on",
        stage("embedder", f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{WORKS}"),
        "deaf (it) changed the answer to Ctrl-C; undone",
    ),
]
"""Change the process when they are loaded; they work all the same."""

MAKING = [
    Case(
        "factory",
        "raises in its factory",
        stage("embedder", "def It():\n    raise ValueError('no weights')"),
        "embedder factory:it couldn't be created: ValueError: no weights",
        "embedder",
    ),
    Case(
        "exit-factory",
        "calls sys.exit in its factory",
        stage("reducer", "def It():\n    raise SystemExit('bye')"),
        "reducer exit-factory:it couldn't be created: SystemExit: bye",
        "reducer",
    ),
    Case(
        "another-thing",
        "makes something that isn't a stage of its role",
        stage("clusterer", "def It():\n    return [1, 2]"),
        "clusterer another-thing:it made a list, which isn't a valid clusterer: it lacks fit_predict",
        "clusterer",
    ),
    Case(
        "needs-extra",
        "needs a library of an extra that isn't installed",
        stage("embedder", "def It():\n    import kaleidoscope.lens\nIt.extra = 'gpu'"),
        'do: pip install "needs-extra[gpu]"',
        "embedder",
        more='Provides-Extra: gpu\nRequires-Dist: kaleidoscope>=2; extra == "gpu"\n',
    ),
    Case(
        "needs-library",
        "needs a library that isn't installed",
        stage("embedder", "def It():\n    import kaleidoscope"),
        "embedder needs-library:it needs 'kaleidoscope', which can't be imported",
        "embedder",
    ),
    Case(
        "own-part",
        "can't find a part of itself",
        stage("embedder", "def It():\n    import own_part.weights"),
        "embedder own-part:it couldn't be created: ModuleNotFoundError",
        "embedder",
    ),
]

RUNNING = [
    Case(
        "mid-run",
        "raises in the middle of the run",
        stage("clusterer", "class It:\n    def fit_predict(self, X):\n        raise RuntimeError('lost count')"),
        "clusterer mid-run:it failed in fit_predict(): RuntimeError: lost count",
        "clusterer",
    ),
    Case(
        "exit-run",
        "calls sys.exit in the middle of the run",
        embedder("raise SystemExit(4)"),
        "embedder exit-run:it failed in embed(): SystemExit: 4",
        "embedder",
    ),
    Case(
        "interrupts",
        "raises KeyboardInterrupt, as Ctrl-C does",
        embedder("raise KeyboardInterrupt"),
        "interrupted; no incomplete file was left behind",
        "embedder",
        code=130,
    ),
    Case(
        "nan",
        "returns NaN",
        embedder("return np.full((len(texts), 3), np.nan)"),
        "embedder nan:it: embed() returned NaN or infinity, first in row 0",
        "embedder",
    ),
    Case(
        "short",
        "returns too few rows",
        embedder("return np.ones((len(texts) - 1, 3))"),
        "embedder short:it: embed() must return shape (6, 1 or more), got (5, 3)",
        "embedder",
    ),
    Case(
        "flat",
        "returns a wrong shape",
        stage("reducer", "class It:\n    def fit_transform(self, X):\n        return X[:, 0]"),
        "reducer flat:it: fit_transform() must return shape (6, 1 or more), got (6,)",
        "reducer",
    ),
    Case(
        "words",
        "returns a wrong type",
        embedder("return np.array([[text] for text in texts])"),
        "embedder words:it: embed() must return real numbers, got <U",
        "embedder",
    ),
    Case(
        "halves",
        "returns labels that aren't whole numbers",
        stage("clusterer", "class It:\n    def fit_predict(self, X):\n        return np.full(len(X), 0.5)"),
        "clusterer halves:it: fit_predict() must return whole numbers, got float64",
        "clusterer",
    ),
    Case(
        "no-record",
        "returns numbers where a record is wanted",
        stage("intensity_scorer", "class It:\n    def score(self, texts):\n        return [0.5] * len(texts)"),
        "intensity_scorer no-record:it: score() must return Intensities, got list",
        "intensity_scorer",
    ),
    Case(
        "torn-record",
        "makes a record that doesn't hold together",
        stage(
            "intensity_scorer",
            "from emotopy.records import Intensities\nclass It:\n    def score(self, texts):\n"
            "        return Intensities(('joy',), np.ones(len(texts)), np.ones((2, 3)), np.ones(len(texts)))",
        ),
        "intensity_scorer torn-record:it failed in score(): by_emotion: ",
        "intensity_scorer",
    ),
    Case(
        "no-shares",
        "returns rows that don't sum to one",
        stage(
            "region_mapper",
            "class It(doubles.Directions):\n    def assign(self, inputs):\n        return 2 * super().assign(inputs)",
        ),
        "region_mapper no-shares:it: rows of assign() must sum to one, row 0 sums to 2",
        "region_mapper",
    ),
    Case(
        "unwritten",
        "raises while it writes",
        stage("reporter", "class It:\n    def write(self, result, directory):\n        raise KeyError('mean')"),
        "reporter unwritten:it failed in write(): KeyError: 'mean'",
        "reporter",
    ),
    Case(
        "rows",
        "gives a row too few",
        stage("connectivity", "class It:\n    def features(self, series, tr_s):\n        return np.ones((2, 3))"),
        "connectivity rows:it: features() must return shape (",
        "connectivity",
        "decode",
    ),
    Case(
        "unfit",
        "raises while it is fitted",
        stage(
            "neural_decoder",
            "class It(doubles.LeastSquares):\n    def fit(self, X, Y):\n        raise ArithmeticError('singular')",
        ),
        "neural_decoder unfit:it failed in fit(): ArithmeticError: singular",
        "neural_decoder",
        "decode",
    ),
    Case(
        "narrow",
        "predicts one emotion for two",
        stage(
            "neural_decoder",
            "class It(doubles.LeastSquares):\n    def predict(self, X):\n        return super().predict(X)[:, :1]",
        ),
        "neural_decoder narrow:it: predict() must return shape (",
        "neural_decoder",
        "decode",
    ),
    Case(
        "too-much",
        "rates outside of 0 to 1",
        stage(
            "annotator",
            "class It:\n    def annotate(self, segments, emotions):\n"
            "        return np.full((len(segments), len(emotions)), 7.0)",
        ),
        "annotator too-much:it: annotate() must return values from 0 to 1, got 7 to 7",
        "annotator",
        "annotate",
    ),
]

QUIET = [
    Case(
        "chatters",
        "prints while it is made and while it works",
        stage(
            "embedder",
            "class It(doubles.HashingEmbedder):\n    fingerprint = None\n    def __init__(self):\n"
            "        super().__init__()\n        print('made')\n    def embed(self, texts):\n"
            "        print('embedding')\n        return super().embed(texts)",
        ),
        "embedding\n",
        "embedder",
    ),
    Case(
        "silences",
        "changes the warning filters while it works",
        embedder("import warnings\nwarnings.simplefilter('ignore')"),
        "embedder silences:it changed the warning filters; undone",
        "embedder",
    ),
    Case(
        "logs-more",
        "sets up logging while it works",
        embedder("import logging, sys\nlogging.basicConfig(level=10, stream=sys.stdout)"),
        "embedder logs-more:it changed the root logger; undone",
        "embedder",
    ),
    Case(
        "wanders",
        "changes the working directory while it works",
        embedder("import os\nos.chdir('/')"),
        "embedder wanders:it changed the working directory; undone",
        "embedder",
    ),
    Case(
        "reseeds",
        "seeds NumPy's generator while it works",
        embedder("np.random.seed(0)"),
        "embedder reseeds:it changed NumPy's random generator; undone",
        "embedder",
    ),
    Case(
        "exports",
        "sets an environment variable while it works",
        embedder("import os\nos.environ['MKL_NUM_THREADS'] = '7'"),
        "embedder exports:it changed the environment; not undone",
        "embedder",
    ),
    Case(
        "in-place",
        "changes the array that it is given",
        stage(
            "clusterer",
            "class It(doubles.Halves):\n    def fit_predict(self, X):\n        X *= -1\n        X += 9\n"
            "        return super().fit_predict((X - 9) / -1)",
        ),
        "",
        "clusterer",
    ),
    Case(
        "reuses",
        "changes an array after returning it",
        stage(
            "reducer",
            "class It(doubles.RandomProjection):\n    def fit_transform(self, X):\n"
            "        self.memory = super().fit_transform(X)\n"
            "        IT.append(self.memory)\n        return self.memory\n"
            "IT = []\n"
            "class Later(doubles.Halves):\n    def fit_predict(self, X):\n        IT[0][:] = 0\n"
            "        return super().fit_predict(X)\n"
            "@hookimpl\ndef register_clusterers():\n    return {'later': Later}",
        ),
        "",
        "reducer",
    ),
]
"""Meddle while they work; the run goes on, and its results are what they'd be without."""
