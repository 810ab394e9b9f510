"""Editable installs: what the tests import is the Machine's copy, however the project came onto the path."""

import sys
from dataclasses import dataclass

import pytest

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Install:
    """`module` is the file under test, `mark` what the install leaves in site-packages."""

    files: str
    module: str
    mark: str
    uv: tuple[str, ...] = ("pip", "install", "-q", "pytest", "-e", ".")


TESTS = """\
import {package}
from pathlib import Path

def test_total(): assert {package}.total([1, 2]) == 3
def test_none(): assert {package}.total([]) == 0
def test_one(): assert {package}.total([1]) == 1
def test_origin(): assert Path({package}.__file__) == Path("{module}").resolve()
"""
CODE = """\
def total(prices):
    return sum(prices) - len(prices)
"""
PROJECT = """\
== pyproject.toml
[project]
name = "shop-of-mine"
version = "1"
[build-system]
requires = ["{requires}"]
build-backend = "{backend}"
{more}
== {module}
{code}
== tests/test_shop.py
{tests}
"""


def project(module: str, requires: str, backend: str, more: str = "") -> str:
    tests = TESTS.format(package="shop", module=module)
    return PROJECT.format(
        module=module, requires=requires, backend=backend, more=more, code=CODE, tests=tests
    )


UV_WORKSPACE = f"""\
== pyproject.toml
[project]
name = "whole"
version = "1"
requires-python = ">=3.9"
dependencies = ["app"]
[dependency-groups]
dev = ["pytest"]
[tool.uv]
package = false
[tool.uv.sources]
app = {{workspace = true}}
[tool.uv.workspace]
members = ["packages/*"]
== packages/base/pyproject.toml
[project]
name = "base"
version = "1"
requires-python = ">=3.9"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
== packages/base/src/base/__init__.py
{CODE}
== packages/app/pyproject.toml
[project]
name = "app"
version = "1"
requires-python = ">=3.9"
dependencies = ["base"]
[tool.uv.sources]
base = {{workspace = true}}
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
== packages/app/src/app/__init__.py
import base
from base import total
== packages/app/tests/test_app.py
from app import base, total
{TESTS.format(package="base", module="packages/base/src/base/__init__.py").partition("import base")[2]}
"""

SETUPTOOLS = ("setuptools", "setuptools.build_meta")
INSTALLS = {
    "setuptools-src": Install(
        project("src/shop/__init__.py", *SETUPTOOLS), "src/shop/__init__.py", "__editable__.*.pth"
    ),
    "setuptools-flat": Install(
        project("shop/__init__.py", *SETUPTOOLS, '[tool.setuptools]\npackages = ["shop"]'),
        "shop/__init__.py",
        "__editable___*_finder.py",
    ),
    "hatch": Install(
        project(
            "src/shop/__init__.py",
            "hatchling",
            "hatchling.build",
            '[tool.hatch.build.targets.wheel]\npackages = ["src/shop"]',
        ),
        "src/shop/__init__.py",
        "*shop_of_mine.pth",
    ),
    "poetry": Install(
        project(
            "src/shop/__init__.py",
            "poetry-core",
            "poetry.core.masonry.api",
            '[tool.poetry]\npackages = [{include = "shop", from = "src"}]',
        ),
        "src/shop/__init__.py",
        "shop_of_mine.pth",
    ),
    "uv-workspace": Install(
        UV_WORKSPACE,
        "packages/base/src/base/__init__.py",
        "*base.pth",
        ("sync", "-q", "--all-packages"),
    ),
}


@pytest.mark.parametrize("name", INSTALLS)
def test_what_is_tested_is_the_copy(uv, files, here, name: str) -> None:
    install = INSTALLS[name]
    folder = files(install.files)
    uv("venv", "-q", "--python", sys.executable, ".venv", cwd=folder)
    uv(*install.uv, cwd=folder, environment=folder / ".venv")
    assert list(folder.glob(f".venv/lib/python*/site-packages/{install.mark}"))
    place = here(folder)

    on_disk = place.test()
    assert outcomes(on_disk) == place.plain()
    assert sorted(outcomes(on_disk).values()) == ["failed", "failed", "passed", "passed"]

    # Changed in the copy alone: what an editor holds and nobody has saved.
    text = (folder / install.module).read_text()
    changed = place.test({install.module: text.replace(" - len(prices)", "")})
    assert set(outcomes(changed).values()) == {"passed"}, changed
    assert (folder / install.module).read_text() == text

    fixed = place.fix()
    assert fixed.status.value == "fixed", fixed.message
    assert fixed.proposals[0].change_set.changes[0].path == install.module
    assert outcomes(place.test()) == place.plain()


def outcomes(report) -> dict[str, str]:
    return {result.id: result.outcome.value for result in report.results}
