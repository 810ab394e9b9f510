"""Which program a test command starts, and what of it a Machine shows."""

import os
import shutil
from pathlib import Path

import pytest

from macrohard_lsp.environment.errors import NoInterpreter, NoProgram
from macrohard_lsp.environment.mounts import mounts_for
from macrohard_lsp.environment.node_script import node_test_arguments
from macrohard_lsp.environment.node_script import test_line as line_of_test
from macrohard_lsp.environment.programs import SYSTEM_PATH, find_program

ELF = b"\x7fELF" + bytes(60)


@pytest.fixture
def find(folder: Path, home: Path):
    def find(word: str, *path: Path, directory: str = ""):
        return find_program(word, folder, directory, variables={"PATH": ":".join(map(str, path))}, home=home)

    return find


def put(path: Path, content: bytes = ELF) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o755)
    return path


def node_at(prefix: Path) -> Path:
    put(prefix / "include" / "node" / "node_version.h", b"")
    put(prefix / "lib" / "node_modules" / "npm" / "package.json", b"{}")
    return put(prefix / "bin" / "node")


def test_what_lies_in_the_system_needs_nothing(find):
    program = find("sh", Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin"))
    assert program.executable.name == "sh"
    assert program.mounts == ()
    assert set(SYSTEM_PATH) <= set(program.path.split(":"))


def test_node_of_nvm_is_shown_as_a_whole_and_no_more(find, home: Path):
    prefix = home / ".nvm" / "versions" / "node" / "v22.1.0"
    node = node_at(prefix)
    program = find("node", prefix / "bin", Path("/usr/bin"))
    assert (program.executable, program.mounts) == (node, (prefix,))
    assert program.path.startswith(f"{prefix / 'bin'}:")


def test_node_of_fnm_is_found_through_its_link_for_the_shell(find, home: Path):
    prefix = home / ".local" / "share" / "fnm" / "node-versions" / "v20.1.0" / "installation"
    node_at(prefix)
    shell = home / "run" / "fnm_multishells" / "1_2"
    shell.parent.mkdir(parents=True)
    shell.symlink_to(prefix)
    program = find("node", shell / "bin")
    assert (program.executable, program.mounts) == (prefix / "bin" / "node", (prefix,))


def test_node_of_volta_is_found_behind_its_shim(find, home: Path):
    node = node_at(home / ".volta" / "tools" / "image" / "node" / "20.1.0")
    put(home / ".volta" / "tools" / "user" / "platform.json", b'{"node": {"runtime": "20.1.0", "npm": null}}')
    put(home / ".volta" / "bin" / "volta-shim")
    (home / ".volta" / "bin" / "node").symlink_to("volta-shim")
    program = find("node", home / ".volta" / "bin")
    assert (program.executable, program.mounts) == (node, (node.parent.parent,))


def test_a_script_of_a_package_needs_node(find, folder: Path, home: Path):
    prefix = home / ".nvm" / "versions" / "node" / "v22.1.0"
    node_at(prefix)
    script = put(folder / "node_modules" / "vitest" / "vitest.mjs", b"#!/usr/bin/env node\n")
    (folder / "node_modules" / ".bin").mkdir()
    (folder / "node_modules" / ".bin" / "vitest").symlink_to("../vitest/vitest.mjs")
    (folder / "web").mkdir()
    for word, directory in (("vitest", ""), ("vitest", "web"), ("../node_modules/.bin/vitest", "web")):
        program = find(word, prefix / "bin", directory=directory)
        assert program.executable.resolve() == script
        assert program.mounts == (prefix,)
        assert str(prefix / "bin") in program.path.split(":")


def test_npx_brings_node(find, home: Path):
    prefix = home / "n"
    node_at(prefix)
    put(prefix / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js", b"#!/usr/bin/env node\n")
    (prefix / "bin" / "npx").symlink_to("../lib/node_modules/npm/bin/npx-cli.js")
    assert find("npx", prefix / "bin").mounts == (prefix,)


def test_of_any_other_program_its_file_alone_is_shown(find, home: Path):
    put(home / "go" / "bin" / "secrets")
    gotestsum = put(home / "go" / "bin" / "gotestsum")
    program = find("gotestsum", home / "go" / "bin", Path("/usr/local/go/bin"))
    assert program.mounts == (gotestsum,)
    assert "/usr/local/go/bin" in program.path.split(":")


def test_a_python_of_an_environment_is_shown_as_for_pytest(find, folder: Path, home: Path, make_venv):
    prefix = make_venv(folder / ".venv")
    put(prefix / "bin" / "pytest", f"#!{prefix}/bin/python\n".encode())
    assert set(find(".venv/bin/pytest").mounts) == set(mounts_for(prefix / "bin" / "python", home))


def test_a_relative_entry_of_path_is_not_followed(find, folder: Path, monkeypatch):
    put(folder / "evil")
    monkeypatch.chdir(folder)
    with pytest.raises(NoProgram, match=r"no program `evil` in node_modules/\.bin or on PATH; install it"):
        find("evil", Path())


def test_what_is_missing_is_named(find, folder: Path):
    with pytest.raises(NoProgram, match=f"no program `./run` at {folder}"):
        find("./run")
    (folder / "run").write_text("no one may start it")
    with pytest.raises(NoProgram):
        find("./run")


def test_a_program_that_would_show_the_home_directory_is_refused(find, home: Path):
    put(home / "include" / "node" / "node_version.h", b"")
    put(home / "bin" / "node")
    with pytest.raises(NoInterpreter, match="more than"):
        find("node", home / "bin")


SCRIPTS = {
    "node --test": ("--test",),
    "node --test test/": ("--test", "test/"),
    "node --import ./setup.mjs --test": ("--import", "./setup.mjs", "--test"),
    "node --test --test-reporter=spec --test-reporter-destination stdout": ("--test",),
    "node --test test/*.js": ("--test", "test/a.js", "test/b.js"),
    "node --test ./test/?.js": ("--test", "test/a.js", "test/b.js"),
    "node --test 'test/*.js'": ("--test", "test/*.js"),
    "node --test none/*.js": ("--test", "none/*.js"),
    "node --test && rm -rf /": None,
    "node --test; true": None,
    "node --test $FILES": None,
    "node --test `ls`": None,
    "CI=1 node --test": None,
    "node --watch --test": None,
    "node test.js": None,
    "npm run lint": None,
    "node --test 'unclosed": None,
    "c8 node --test": None,
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_that_is_one_call_of_node_is_understood(script: str):
    text = f'{{"name": "x",\n "scripts": {{\n  "test": "{script}"}}}}'
    paths = ["test/a.js", "test/b.js", "test/deep/c.js", "test/no.mjs"]
    assert node_test_arguments(text, paths) == SCRIPTS[script]
    assert line_of_test(text) == 3


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"scripts": []}', '{"scripts": {"test": 3}}', "[" * 100_000, '{"scripts": null}']
)
def test_any_package_json_may_be_read(text: str):
    assert node_test_arguments(text, []) is None


def test_node_itself_where_there_is_one(find):
    node = shutil.which("node")
    if node is None:
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail("node is missing")
        pytest.skip("node is missing")
    assert find("node", Path(node).parent).executable.name == "node"
