"""Where an interpreter is looked for, in which order. Every case is a layout of files; nothing is started."""

import os
from pathlib import Path

import pytest

from macrohard_lsp.environment import pipenv, poetry
from macrohard_lsp.environment.errors import NoInterpreter

PROJECT = '[project]\nname = "My.Demo_Project"\n'


def test_nothing_is_found_and_all_places_are_named(find, folder: Path):
    with pytest.raises(NoInterpreter) as raised:
        find()
    sentence = str(raised.value)
    assert sentence.startswith(
        f"No Python interpreter was found for {folder}. Looked at: no environment (.venv, "
    )
    for place in ("VIRTUAL_ENV", "Poetry", "Pipenv", "environment.yml", "pyenv", "python3 or python on PATH"):
        assert place in sentence
    assert sentence.endswith("or name one as `interpreter` in [tool.macrohard] of pyproject.toml.")


@pytest.mark.parametrize("name", [".venv", "venv", "env", "any-other-name"])
def test_an_environment_in_the_folder(find, folder: Path, make_venv, name: str):
    make_venv(folder / name)
    choice = find()
    assert choice.executable == folder / name / "bin" / "python"
    assert choice.origin == name


def test_a_usual_name_beats_another_and_two_others_are_no_answer(find, folder: Path, make_venv):
    make_venv(folder / "one")
    make_venv(folder / "two")
    with pytest.raises(NoInterpreter):
        find()
    make_venv(folder / "venv")
    assert find().origin == "venv"


def test_the_nearest_environment_up_to_the_folder(find, folder: Path, home: Path, make_venv):
    (folder / "packages" / "a").mkdir(parents=True)
    make_venv(home / "code" / ".venv")
    with pytest.raises(NoInterpreter, match=f"or its parents up to {folder}"):
        find("packages/a")
    make_venv(folder / ".venv")
    assert find("packages/a").executable == folder / ".venv/bin/python"
    make_venv(folder / "packages" / "a" / ".venv")
    assert find("packages/a").executable == folder / "packages/a/.venv/bin/python"
    assert find().executable == folder / ".venv/bin/python"


def test_an_active_environment_counts_when_the_project_has_none(find, folder: Path, home: Path, make_venv):
    active = {"VIRTUAL_ENV": str(make_venv(home / "active"))}
    assert find(variables=active).origin == "VIRTUAL_ENV"
    make_venv(folder / ".venv")
    assert find(variables=active).origin == ".venv"


def test_an_active_environment_that_is_gone_is_passed_over(find, home: Path, make_installation):
    make_installation(home / "py")
    gone = {"VIRTUAL_ENV": str(home / "gone"), "PATH": str(home / "py/bin")}
    assert find(variables=gone).origin == "python3 on PATH"


def test_an_active_conda_environment_beats_pyenv_and_conda_base_does_not(
    find, folder: Path, home: Path, make_installation
):
    conda = make_installation(home / "miniconda3", conda=True)
    (conda / "condabin").mkdir()
    env = make_installation(conda / "envs" / "demo", conda=True)
    make_installation(home / ".pyenv/versions/3.11.7", "3.11")
    (folder / ".python-version").write_text("3.11\n")
    assert find(variables={"CONDA_PREFIX": str(env)}).executable == env / "bin/python3.12"
    base = {"CONDA_PREFIX": str(conda)}
    assert find(variables=base).origin.endswith(".python-version (pyenv)")
    (conda / "condabin").rmdir()
    base["CONDA_DEFAULT_ENV"] = "base"
    assert find(variables=base).origin.endswith(".python-version (pyenv)")
    (folder / ".python-version").unlink()
    assert find(variables=base).origin == "the base environment (conda)"


def test_conda_by_environment_yml(find, folder: Path, home: Path, make_installation):
    env = make_installation(home / "envs" / "demo", conda=True)
    (folder / "environment.yml").write_text('channels: [x]\nname: "demo"  # ours\n')
    with pytest.raises(NoInterpreter, match=r"environment\.yml names the environment demo, which"):
        find()
    (home / ".conda").mkdir()
    (home / ".conda" / "environments.txt").write_text(f"/gone/demo\n{env}\n")
    assert find().executable == env / "bin/python3.12"
    assert find().origin == "environment.yml (conda)"


@pytest.mark.parametrize(
    ("files", "origin"),
    [
        ({"uv.lock": ""}, ".venv (uv)"),
        ({"poetry.lock": ""}, ".venv (Poetry)"),
        ({"pyproject.toml": "[tool.poetry]\n"}, ".venv (Poetry)"),
        ({"Pipfile": ""}, ".venv (Pipenv)"),
        ({}, ".venv"),
    ],
)
def test_the_tool_that_looks_after_an_environment_is_named(
    find, folder: Path, make_venv, files: dict[str, str], origin: str
):
    make_venv(folder / ".venv")
    for name, text in files.items():
        (folder / name).write_text(text)
    assert find().origin == origin


def test_uv_with_an_environment_elsewhere(find, folder: Path, home: Path, make_venv):
    (folder / "pyproject.toml").write_text(PROJECT)
    make_venv(folder / "built" / "env")
    make_venv(home / "elsewhere")
    assert (
        find(variables={"UV_PROJECT_ENVIRONMENT": "built/env"}).executable == folder / "built/env/bin/python"
    )
    absolute = {"UV_PROJECT_ENVIRONMENT": str(home / "elsewhere"), "VIRTUAL_ENV": str(folder / "built/env")}
    assert find(variables=absolute).executable == home / "elsewhere/bin/python"


def test_uv_with_a_workspace_around_the_folder(find, folder: Path, home: Path, make_venv):
    (folder / "pyproject.toml").write_text(PROJECT)
    make_venv(home / "code" / ".venv")
    root = home / "code" / "pyproject.toml"
    root.write_text('[tool.uv.workspace]\nmembers = ["*"]\nexclude = ["demo"]\n')
    with pytest.raises(NoInterpreter):
        find()
    root.write_text('[tool.uv.workspace]\nmembers = ["d*"]\n')
    assert find().executable == home / "code/.venv/bin/python"


def test_names_that_poetry_and_pipenv_compute():
    # The expected values come from sha256 and base64 of the command line.
    assert poetry.environment_name("My.Demo_Project", Path("/srv/demo")) == "my-demo-project-kmV0tCee"
    assert pipenv.environment_name(Path("/srv/demo")) == "demo-5m_lI6TK"


@pytest.mark.parametrize(
    ("place", "variables", "files"),
    [
        (".cache/pypoetry/virtualenvs", {}, {}),
        ("cache/pypoetry/virtualenvs", {"XDG_CACHE_HOME": "{home}/cache"}, {}),
        ("c/virtualenvs", {"POETRY_CACHE_DIR": "{home}/c"}, {}),
        ("v", {"POETRY_VIRTUALENVS_PATH": "{home}/v"}, {}),
        ("v", {}, {"code/demo/poetry.toml": '[virtualenvs]\npath = "~/v"\n'}),
        ("v", {}, {".config/pypoetry/config.toml": '[virtualenvs]\npath = "{home}/v"\n'}),
        (
            "c/v",
            {},
            {".config/pypoetry/config.toml": 'cache-dir = "~/c"\n[virtualenvs]\npath = "{{cache-dir}}/v"\n'},
        ),
    ],
)
def test_poetry(find, folder: Path, home: Path, make_venv, *, place: str, variables, files):
    (folder / "pyproject.toml").write_text(PROJECT + "[tool.poetry]\n")
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text.format(home=home))
    name = poetry.environment_name("my-demo-project", folder)
    environments = [make_venv(home / place / f"{name}-py{version}") for version in ("3.9", "3.10")]
    expanded = {key: value.format(home=home) for key, value in variables.items()}
    choice = find(variables=expanded)
    assert choice.executable == environments[1] / "bin/python"
    assert choice.origin == "Poetry"
    (home / place / "envs.toml").write_text(f'[{name}]\nminor = "3.9"\npatch = "3.9.1"\n')
    assert find(variables=expanded).executable == environments[0] / "bin/python"


def test_pipenv(find, folder: Path, home: Path, make_venv):
    (folder / "Pipfile").touch()
    (folder / "deep").mkdir()
    name = pipenv.environment_name(folder)
    shared = make_venv(home / ".local/share/virtualenvs" / name)
    assert find().executable == shared / "bin/python"
    assert find("deep").origin == "Pipenv"
    other = make_venv(home / "workon" / "mine")
    named = {"WORKON_HOME": str(home / "workon"), "PIPENV_CUSTOM_VENV_NAME": "mine"}
    assert find(variables=named).executable == other / "bin/python"


@pytest.mark.parametrize(
    ("asked", "version"),
    [
        ("3.11.7\n", "3.11.7"),
        ("3.11\n", "3.11.10"),
        ("3\n", "3.12.1"),
        ("# comment\n\n  python-3.11.7 ignored\n", "3.11.7"),
        ("9.9\n3.11.7\n", "3.11.7"),
        ("pypy3.10\n", "pypy3.10-7.3.17"),
    ],
)
def test_pyenv(find, folder: Path, home: Path, make_installation, *, asked: str, version: str):
    for name in ("3.11.7", "3.11.10", "3.12.1", "3.13.0rc1", "pypy3.10-7.3.17"):
        make_installation(home / ".pyenv/versions" / name)
    (home / "code" / ".python-version").write_text(asked)
    assert find().executable == home / ".pyenv/versions" / version / "bin/python3.12"
    assert find(variables={"PYENV_VERSION": "3.11.7"}).origin == "PYENV_VERSION (pyenv)"


@pytest.mark.parametrize("asked", ["9.9", "system", "../../evil", "/", "..", "", "3.13"])
def test_pyenv_versions_that_are_not_there(find, folder: Path, home: Path, make_installation, asked: str):
    make_installation(home / ".pyenv/versions/3.13.0rc1")
    make_installation(home / "evil")
    (folder / ".python-version").write_text(asked)
    with pytest.raises(NoInterpreter, match="pyenv: "):
        find()


def test_a_shim_stands_for_what_it_would_start(find, folder: Path, home: Path, make_installation):
    shims = home / "pyenv" / "shims"
    shims.mkdir(parents=True)
    (shims / "python3").write_text("#!/bin/sh\nexit 1\n")
    (shims / "python3").chmod(0o755)
    make_installation(home / "pyenv/versions/3.11.7")
    make_installation(home / "system")
    variables = {"PYENV_ROOT": str(home / "pyenv"), "PATH": f"{shims}:{home / 'system/bin'}"}
    assert find(variables=variables).executable == home / "system/bin/python3.12"
    (home / "pyenv" / "version").write_text("3.11.7\n")
    assert find(variables=variables).executable == home / "pyenv/versions/3.11.7/bin/python3.12"


def test_path_passes_over_scripts_and_relative_entries(
    find, folder: Path, home: Path, make_installation, monkeypatch: pytest.MonkeyPatch
):
    make_installation(home / "good")
    make_installation(folder / "relative")
    (home / "scripts").mkdir()
    (home / "scripts" / "python3").write_text("#!/bin/sh\n")
    (home / "scripts" / "python3").chmod(0o755)
    monkeypatch.chdir(folder)
    choice = find(variables={"PATH": f"relative/bin::.:{home / 'scripts'}:/gone:{home / 'good/bin'}"})
    assert choice.executable == home / "good/bin/python3.12"
    assert choice.mounts == (home / "good",)


@pytest.mark.parametrize(
    "setting", ["mine", "./mine", "mine/bin/python", "{folder}/mine", "~/code/demo/mine"]
)
def test_the_setting_beats_everything(find, folder: Path, make_venv, setting: str):
    make_venv(folder / "mine")
    make_venv(folder / ".venv")
    choice = find(configured=setting.format(folder=folder))
    assert choice.executable == folder / "mine/bin/python"
    assert choice.origin == "the setting `interpreter`"


def test_the_setting_may_be_a_name_on_path(find, home: Path, make_installation):
    make_installation(home / "py")
    choice = find(configured="python3.12", variables={"PATH": str(home / "py/bin")})
    assert choice.executable == home / "py/bin/python3.12"


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("gone/bin/python", "names gone/bin/python, but there is no Python interpreter at "),
        ("python9", "names python9, but there is no Python interpreter at "),
        ("empty", "names empty, but there is no Python interpreter at "),
        ("script", "names script, which is not a program this system can start. A script "),
    ],
)
def test_a_setting_that_can_not_be_used_is_not_replaced(
    find, folder: Path, make_venv, setting: str, sentence: str
):
    make_venv(folder / ".venv")
    (folder / "empty").mkdir()
    (folder / "script").write_text("#!/bin/sh\n")
    (folder / "script").chmod(0o755)
    with pytest.raises(NoInterpreter) as raised:
        find(configured=setting, variables={"PATH": os.defpath})
    assert sentence in str(raised.value)


def test_a_broken_environment_is_not_replaced(find, folder: Path, home: Path, make_venv, make_installation):
    make_venv(folder / ".venv")
    make_installation(home / "py")
    python = folder / ".venv" / "bin" / "python"
    elsewhere = {"PATH": str(home / "py/bin")}
    python.unlink()
    python.symlink_to("/gone/python3")
    with pytest.raises(
        NoInterpreter, match=r"leads to /gone/python3, which does not exist any more\. Make the"
    ):
        find(variables=elsewhere)
    python.unlink()
    python.write_text("text")
    with pytest.raises(NoInterpreter, match="is not a program that can be started"):
        find(variables=elsewhere)
    for name in ("python", "python3"):
        (folder / ".venv" / "bin" / name).unlink()
    with pytest.raises(NoInterpreter, match="has no bin/python"):
        find(variables=elsewhere)


def test_links_in_the_workspace_and_the_workspace_itself_are_no_mounts(
    find, folder: Path, home: Path, make_venv
):
    make_venv(home / "central" / "demo")
    (folder / ".venv").symlink_to(home / "central" / "demo")
    choice = find()
    assert choice.executable == folder / ".venv/bin/python"
    assert home / "central/demo" in choice.mounts
    assert folder / ".venv" not in choice.mounts
    (folder / ".venv").unlink()
    make_venv(folder)
    assert folder not in find(configured="bin/python").mounts
