"""What a project's tests are run with: chosen by the rule of README.md before the engine ran on any bug."""

import configparser
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Where pytest looks for its settings, and what the section is called there. The first that has it counts.
_OWN = (("pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))


@dataclass(frozen=True, slots=True)
class Project:
    """`requires`: what is installed. `python_files`: how the tests' files are called, where pytest would not find them.

    `ignored` are test files that the project's own test command leaves out.
    """

    requires: tuple[str, ...]
    python_files: str = ""
    ignored: tuple[str, ...] = ()


_PYTEST = "pytest==9.2.0"
ENVIRONMENTS = {
    "PySnooper": Project(
        (
            _PYTEST,
            "python_toolbox==1.3.2",
            "setuptools==84.2.1",
            "decorator==5.3.1",
            "future==1.0.0",
            "six==1.17.0",
        )
    ),
    "tqdm": Project(
        (_PYTEST, "pynose==1.5.5"),
        python_files="test_*.py tests_*.py",
        ignored=("tqdm/tests/tests_perf.py",),
    ),
    "cookiecutter": Project(
        (
            *(_PYTEST, "pytest-cov==7.1.0", "pytest-mock==3.17.0", "freezegun==1.5.5", "binaryornot==0.6.0"),
            *("Jinja2==3.1.6", "MarkupSafe==3.0.4", "click==8.5.1", "poyo==0.5.0", "jinja2-time==0.2.0"),
            *(
                "arrow==1.4.0",
                "python-slugify==9.2.0",
                "requests==2.34.2",
                "future==1.0.0",
                "whichcraft==0.6.1",
            ),
        )
    ),
}


def write_settings(folder: Path, project: Project, left_out: Sequence[str]) -> None:
    """A pytest.ini with the project's own settings, and beside them what README.md's rule says."""
    options = own_settings(folder)
    if project.python_files:
        options.setdefault("python_files", project.python_files)
    added = [f"--ignore={path}" for path in project.ignored if (folder / path).is_file()]
    # What failed to be collected has no `::` in its name, and isn't collected any more.
    added += [f"--{'deselect' if '::' in test else 'ignore'}={test}" for test in left_out]
    if added:
        options["addopts"] = "\n".join([options.get("addopts", ""), *map(shlex.quote, added)]).strip()
    lines = [f"{name} = {value}".replace("\n", "\n    ") for name, value in options.items()]
    (folder / "pytest.ini").write_text("\n".join(["[pytest]", *lines, ""]), "utf-8")


def own_settings(folder: Path) -> dict[str, str]:
    for name, section in _OWN:
        parser = configparser.ConfigParser(interpolation=None)
        if (folder / name).is_file():
            parser.read(folder / name, "utf-8")
            if parser.has_section(section):
                return dict(parser.items(section))
    return {}
