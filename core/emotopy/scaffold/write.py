"""Writes a plugin's distribution from the templates beside this file."""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
import sys
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
        if role not in ROLES:
            raise unknown_name(f"--role: {role!r} is no role", role, ROLES, "Roles", kind="role")
        made = cls(role, re.sub(r"[-_.\s]+", "-", name).strip("-").lower())
        if not _NAME.fullmatch(made.name):
            raise ConfigError(f"--name: wanted letters, digits and hyphens, first a letter, got {name!r}")
        if made.name == BUILT_IN or _is_taken(made.module):
            raise ConfigError(
                f"--name: {made.name!r} would be the module {made.module}, a name that is taken; say another, such as "
                f"my-{made.name}"
            )
        return made

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
        return {
            "pyproject.toml": self._filled("pyproject.toml.txt"),
            "README.md": self._filled("README.md.txt"),
            f"{self.module}.py": self.source(),
            f"test_{self.module}.py": self._filled("test.py.txt"),
        }

    def source(self) -> str:
        """Return the module: the role's template, under this plugin's names."""
        name = f"my-{self.role.replace('_', '-')}"  # which the templates are written under
        text = _template(f"{self.role}.py")
        if name == self.name:
            return text
        for one, other in ((_class_name(name), self.class_name), (name, self.name)):
            text = re.sub(rf"\b{one}\b", other, text)
        return text

    def _filled(self, template: str) -> str:
        usage = f"--set {self.role}={self.name}" if self.role in STAGES else f"emotopy data {self.name}"
        names = {"name": self.name, "module": self.module, "role": self.role, "usage": usage}
        return Template(_template(template)).substitute(names)


def write_plugin(directory: Path, scaffold: Scaffold) -> list[Path]:
    """Write a new distribution into `directory`, which mustn't exist; return the paths of the files.

    Raises OutputError where it exists or can't be written.
    """
    if os.path.lexists(directory):
        raise OutputError(f"{directory} exists; a new plugin goes into a new folder, give another name")
    from emotopy.storage.results import atomic_directory

    files = scaffold.files()
    with atomic_directory(directory) as partial:
        for name, text in files.items():
            (partial / name).write_text(text, "utf-8")
    return [directory / name for name in files]


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
