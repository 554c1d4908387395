"""Writes a plugin's distribution from the templates beside this file."""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from string import Template

import attrs

from emotopy.errors import ConfigError, OutputError, unknown_name
from emotopy.registry import BUILT_IN
from emotopy.roles import ROLES, STAGES

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@attrs.frozen
class Scaffold:
    """A plugin to be written: its role, and the names that follow from one.

    `name` is the distribution's and the stage's (`my-embedder`), `module` the module's (`my_embedder`), `class_name`
    the class's (`MyEmbedder`).
    """

    role: str
    name: str

    @classmethod
    def of(cls, role: str, name: str) -> Scaffold:
        """Check and normalise: "My Embedder" and `my_embedder` become `my-embedder`.

        Raises UnknownName for a role that isn't one, ConfigError for a name that no distribution or module can have, or
        that another module has already.

        >>> Scaffold.of("embedder", "My_Embedder")
        Scaffold(role='embedder', name='my-embedder')
        """
        return cls(_checked_role(role), _distribution_name(name))

    @property
    def module(self) -> str:
        """The name of the module."""
        return self.name.replace("-", "_")

    @property
    def class_name(self) -> str:
        """The name of the class; one that the module imports (`Embedder`) is somebody else's."""
        name = _class_name(self.name)
        imported = re.search(rf"^from .* import .*\b{name}\b", _template(f"{self.role}.py"), flags=re.MULTILINE)
        return f"Own{name}" if imported else name

    def files(self) -> dict[str, str]:
        """Return what to write: text by file name."""
        return {**_around(self.name, [(self, self.module)]), f"{self.module}.py": self.source()}

    def source(self) -> str:
        """Return the module: the role's template, under this plugin's names."""
        name = f"my-{self.role.replace('_', '-')}"  # which the templates are written under
        text = _template(f"{self.role}.py")
        if name == self.name:
            return text
        for one, other in ((_class_name(name), self.class_name), (name, self.name)):
            text = re.sub(rf"\b{one}\b", other, text)
        return text


@attrs.frozen
class PackageScaffold:
    """A plugin of several stages to be written: a package with a module for each.

    `name` is the distribution's (`my-lab`). A stage is called `my-lab-embedder` unless it was given a name of its own;
    its module is called after the role, or after the stage where there are several of one role.
    """

    name: str
    stages: tuple[Scaffold, ...]

    @classmethod
    def of(cls, roles: Sequence[str], name: str) -> PackageScaffold:
        """Check and normalise; each of `roles` is a role, or `role=name-of-the-stage`.

        Raises UnknownName for a role that isn't one, ConfigError for names that can't be, or that two stages have.

        >>> [stage.name for stage in PackageScaffold.of(["embedder", "reducer=squeeze"], "My Lab").stages]
        ['my-lab-embedder', 'squeeze']
        """
        name = _distribution_name(name)
        stages = []
        for word in roles:
            role, equals, own = (part.strip() for part in word.partition("="))
            _checked_role(role)
            stages.append(Scaffold(role, _normal(own, "--role") if equals else f"{name}-{role.replace('_', '-')}"))
        for stage in stages:
            if [one.name for one in stages].count(stage.name) > 1:
                raise ConfigError(
                    f"--role: two stages would be called {stage.name!r}; give each a name, --role {stage.role}=NAME"
                )
            if keyword.iskeyword(stage.module):
                raise ConfigError(f"--role: {stage.name!r} would be the module {stage.module}, a word of Python's")
        return cls(name, tuple(stages))

    @property
    def module(self) -> str:
        """The name of the package."""
        return self.name.replace("-", "_")

    def files(self) -> dict[str, str]:
        """Return what to write: text by file name."""
        modules = [(stage, f"{self.module}.{self._module_of(stage)}") for stage in self.stages]
        return {
            **_around(self.name, modules),
            f"{self.module}/__init__.py": '"""Stages for emotopy; each has a module of its own."""\n',
            **{f"{module.replace('.', '/')}.py": stage.source() for stage, module in modules},
        }

    def _module_of(self, stage: Scaffold) -> str:
        return stage.role if [one.role for one in self.stages].count(stage.role) == 1 else stage.module


def scaffold_of(roles: Sequence[str], name: str) -> Scaffold | PackageScaffold:
    """Return the plugin to be written: a module for one stage that is called as the distribution is, else a package.

    Raises as `Scaffold.of` and `PackageScaffold.of`.
    """
    return Scaffold.of(roles[0], name) if len(roles) == 1 and "=" not in roles[0] else PackageScaffold.of(roles, name)


def write_plugin(directory: Path, scaffold: Scaffold | PackageScaffold) -> list[Path]:
    """Write a new distribution into `directory`, which mustn't exist; return the paths of the files.

    Raises OutputError where it exists or can't be written.
    """
    if os.path.lexists(directory):
        raise OutputError(f"{directory} exists; a new plugin goes into a new folder, give another name")
    from emotopy.storage.results import atomic_directory

    files = scaffold.files()
    with atomic_directory(directory) as partial:
        for name, text in files.items():
            (partial / name).parent.mkdir(exist_ok=True)
            (partial / name).write_text(text, "utf-8")
    return [directory / name for name in files]


def _around(name: str, modules: Sequence[tuple[Scaffold, str]]) -> dict[str, str]:
    """Return the files beside the modules: pyproject, README, test. `modules` are stages with their modules' names."""
    is_one = len(modules) == 1
    rows = [f"| `{stage.role}` | `{stage.name}` |" for stage, _ in modules]
    words = {
        "name": name,
        "module": name.replace("-", "_"),
        "about": ", ".join(f"{stage.role} {stage.name}" for stage, _ in modules),
        "entry_points": "\n".join(f'{stage.name} = "{module}"' for stage, module in modules),
        "what": "A stage" if is_one else f"{len(modules)} stages",
        "stages": "\n".join(["| role | name |", "|---|---|", *rows]),
        "usage": "`, `".join(_usage(stage) for stage, _ in modules),
        "checks": "\n".join(f"emotopy plugins check {stage.name}" for stage, _ in modules),
        "roles": ", ".join(f'"{role}"' for role in dict.fromkeys(stage.role for stage, _ in modules)),
    }
    test = "test.py.txt" if is_one else "test_several.py.txt"
    return {
        "pyproject.toml": Template(_template("pyproject.toml.txt")).substitute(words),
        "README.md": Template(_template("README.md.txt")).substitute(words),
        f"test_{words['module']}.py": Template(_template(test)).substitute(words),
    }


def _usage(stage: Scaffold) -> str:
    return f"--set {stage.role}={stage.name}" if stage.role in STAGES else f"emotopy data {stage.name}"


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise unknown_name(f"--role: {role!r} is no role", role, ROLES, "Roles", kind="role")
    return role


def _normal(name: str, flag: str) -> str:
    """Return a name as the packaging standard has it. Raises ConfigError for one that no stage can have."""
    made = re.sub(r"[-_.\s]+", "-", name).strip("-").lower()
    if not _NAME.fullmatch(made):
        raise ConfigError(f"{flag}: wanted letters, digits and hyphens, first a letter, got {name!r}")
    return made


def _distribution_name(name: str) -> str:
    """Return a distribution's name, normalised. Raises ConfigError for one that is taken, too."""
    made = _normal(name, "--name")
    module = made.replace("-", "_")
    if made == BUILT_IN or _is_taken(module):
        raise ConfigError(
            f"--name: {made!r} would be the module {module}, a name that is taken; say another, such as my-{made}"
        )
    return made


def _class_name(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _is_taken(module: str) -> bool:
    """Whether the name is Python's own, a test's, or that of a module that is there: one would hide the other."""
    if keyword.iskeyword(module) or module in sys.stdlib_module_names or module.startswith("test_"):
        return True
    found = importlib.util.find_spec(module)
    return found is not None and found.origin is not None


def _template(name: str) -> str:
    return (resources.files("emotopy.scaffold") / "templates" / name).read_text("utf-8")
