"""Which directories a Machine has to show for an interpreter, and which it must never show."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.environment.errors import NoInterpreter, UnsafeInterpreter
from macrohard_lsp.environment.layout import installation_prefix
from macrohard_lsp.environment.mounts import MAX_LINKS, mounts_for

BASE = Path(sys.base_prefix)


def test_an_installation_is_one_directory(home: Path, make_installation):
    prefix = make_installation(home / ".local/share/uv/python/cpython-3.12.1-linux")
    assert mounts_for(prefix / "bin/python", home) == (prefix,)


def test_a_virtual_environment_needs_its_base(home: Path, make_venv):
    prefix = make_venv(home / "env")
    assert set(mounts_for(prefix / "bin/python", home)) == {prefix, BASE}


def test_a_copied_interpreter_needs_its_base_too(home: Path, make_venv):
    prefix = make_venv(home / "env")
    python = prefix / "bin" / "python3"
    shutil.copy(python.resolve(), home / "copy")
    python.unlink()
    (home / "copy").rename(python)
    assert set(mounts_for(python, home)) == {prefix, BASE}


def test_debian(home: Path):
    python = Path("/usr/bin/python3")
    if installation_prefix(python.parent) is None or not python.exists():
        pytest.skip("there is no /usr/bin/python3 with a standard library here")
    assert mounts_for(python, home) == (Path("/usr"),)
    assert mounts_for(Path("/bin/python3"), home) == (Path("/usr"),)


def test_every_place_that_links_go_through_is_shown(home: Path, make_installation):
    base = make_installation(home / "uv" / "cpython-3.12.1")
    (home / "uv" / "cpython-3.12").symlink_to("cpython-3.12.1")
    (home / "names").mkdir()
    (home / "names" / "python").symlink_to("../uv/cpython-3.12/bin/python3")
    prefix = home / "env"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").symlink_to(home / "names" / "python")
    (prefix / "pyvenv.cfg").write_text(f"home = {home / 'names'}\n")
    mounts = mounts_for(prefix / "bin/python", home)
    assert set(mounts) == {prefix, home / "names", home / "uv" / "cpython-3.12", base}


def test_a_link_to_an_environment_is_shown_by_both_names(home: Path, make_venv):
    real = make_venv(home / "versions" / "3.11.7" / "envs" / "demo")
    (home / "versions" / "demo").symlink_to(real)
    mounts = mounts_for(home / "versions/demo/bin/python", home)
    assert set(mounts) == {home / "versions/demo", real, BASE}


def test_no_mount_lies_in_another(home: Path, make_installation):
    base = make_installation(home / "conda", conda=True)
    env = base / "envs" / "demo"
    (env / "bin").mkdir(parents=True)
    (env / "bin" / "python").symlink_to(base / "bin" / "python")
    (env / "pyvenv.cfg").write_text(f"home = {base / 'bin'}\n")
    assert mounts_for(env / "bin/python", home) == (base,)


@pytest.mark.parametrize("prefix", [".", ".."])
def test_the_home_directory_is_never_shown(home: Path, make_installation, prefix: str):
    place = (home / prefix).resolve()
    make_installation(place)
    with pytest.raises(UnsafeInterpreter) as raised:
        mounts_for(place / "bin/python3.12", home)
    assert f"would have to show {place} to the code under test" in str(raised.value)
    assert "python3 -m venv .venv" in str(raised.value)


def test_a_home_directory_behind_a_link_is_never_shown(tmp_path: Path, home: Path, make_installation):
    make_installation(home)
    (tmp_path / "name").symlink_to(home)
    for named in (tmp_path / "name", home):
        with pytest.raises(UnsafeInterpreter):
            mounts_for(tmp_path / "name/bin/python3.12", named)


def test_a_virtual_environment_made_in_the_home_directory_is_refused(home: Path, make_venv):
    with pytest.raises(UnsafeInterpreter):
        mounts_for(make_venv(home) / "bin/python", home)


def test_what_pyvenv_cfg_names_is_not_believed(home: Path, make_venv):
    secrets = home / ".ssh"
    secrets.mkdir()
    prefix = make_venv(home / "env")
    (prefix / "pyvenv.cfg").write_text(f"home = {secrets}\n")
    assert set(mounts_for(prefix / "bin/python", home)) == {prefix, BASE}


@pytest.mark.parametrize("target", ["/bin/true", "/proc/self/exe"])
def test_a_link_to_something_else_shows_nothing(home: Path, make_venv, target: str):
    prefix = make_venv(home / "env")
    (prefix / "pyvenv.cfg").write_text("home = /gone\n")
    (prefix / "bin" / "python").unlink()
    (prefix / "bin" / "python").symlink_to(target)
    if target == "/bin/true" and installation_prefix(Path("/usr/bin")) is None:
        expected = "does not belong to a Python installation"
    elif target == "/bin/true":
        assert set(mounts_for(prefix / "bin/python", home)) == {prefix, Path("/usr")}
        return
    else:
        expected = "/proc/self"
    with pytest.raises(UnsafeInterpreter, match=expected):
        mounts_for(prefix / "bin/python", home)


def test_a_program_without_a_library_is_refused(home: Path):
    (home / "tools" / "bin").mkdir(parents=True)
    shutil.copy("/bin/true", home / "tools/bin/python")
    with pytest.raises(
        UnsafeInterpreter, match=r"no standard library \(lib/python3\.\*/os\.py\) lies beside"
    ):
        mounts_for(home / "tools/bin/python", home)


def test_broken_environments_have_their_sentences(home: Path, make_venv):
    prefix = make_venv(home / "env")
    python = prefix / "bin" / "python"
    (prefix / "pyvenv.cfg").write_text("version = 3.12\n")
    with pytest.raises(NoInterpreter, match=r"pyvenv\.cfg does not say where its base installation is"):
        mounts_for(python, home)
    (prefix / "pyvenv.cfg").write_text("home = /gone/bin\n")
    python.unlink()
    python.symlink_to("/gone/bin/python3")
    with pytest.raises(NoInterpreter, match="leads to /gone/bin/python3, which does not exist"):
        mounts_for(python, home)
    python.unlink()
    shutil.copy("/bin/true", python)
    with pytest.raises(NoInterpreter, match="was made from the Python in /gone/bin, which is gone"):
        mounts_for(python, home)


def test_a_loop_of_links_has_its_sentence(home: Path):
    (home / "bin").mkdir()
    for number in range(MAX_LINKS + 1):
        (home / "bin" / f"python{number}").symlink_to(f"python{number + 1}")
    (home / "bin" / f"python{MAX_LINKS + 1}").symlink_to("python0")
    with pytest.raises(NoInterpreter, match=f"leads through more than {MAX_LINKS} others"):
        mounts_for(home / "bin/python0", home)


def test_the_mounts_are_all_a_real_interpreter_needs(home: Path, make_venv, require_bwrap):
    prefix = make_venv(home / "env")
    (home / "names").mkdir()
    (home / "names" / "env").symlink_to(prefix)
    executable = home / "names" / "env" / "bin" / "python"
    shown = [part for mount in mounts_for(executable, home) for part in ("--ro-bind", mount, mount)]
    system = [
        "--ro-bind",
        "/usr",
        "/usr",
        *(part for name in ("bin", "lib", "lib64") for part in ("--symlink", f"usr/{name}", f"/{name}")),
    ]
    program = "import json, sys; print(sys.prefix, sys.base_prefix)"
    command = ["bwrap", "--unshare-all", *system, "--proc", "/proc", "--dev", "/dev", *shown]
    answer = subprocess.run(
        [*command, "--", executable, "-I", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.stdout.split() == [str(home / "names/env"), str(BASE)], answer.stderr
