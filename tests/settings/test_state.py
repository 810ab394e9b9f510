"""The directory of state: where it is, who may read it, and what is said when it can't be used."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from macrohard_lsp.settings.errors import StateUnavailable
from macrohard_lsp.settings.state import state_dir


def test_it_is_made_for_its_owner_alone(home: Path):
    directory = state_dir({}, home)
    assert directory == home / ".local/state/macrohard"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert list(directory.iterdir()) == []


def test_an_open_one_is_closed_to_others(home: Path):
    directory = home / ".local/state/macrohard"
    directory.mkdir(parents=True)
    directory.chmod(0o755)
    assert stat.S_IMODE(state_dir({}, home).stat().st_mode) == 0o700


def test_xdg_state_home_is_honoured_only_when_absolute(home: Path, tmp_path: Path):
    assert state_dir({"XDG_STATE_HOME": str(tmp_path / "x")}, home) == tmp_path / "x" / "macrohard"
    assert state_dir({"XDG_STATE_HOME": "x"}, home) == home / ".local/state/macrohard"
    assert state_dir({"XDG_STATE_HOME": ""}, home) == home / ".local/state/macrohard"


def test_a_file_in_the_way_has_its_sentence(home: Path):
    (home / ".local").touch()
    with pytest.raises(
        StateUnavailable, match=r"can't be used: .*set XDG_STATE_HOME to a directory that is\."
    ):
        state_dir({}, home)


def test_a_read_only_place_has_its_sentence():
    # /proc takes no directories from anybody, root included.
    with pytest.raises(StateUnavailable, match=r"/proc/self/macrohard.*set XDG_STATE_HOME"):
        state_dir({"XDG_STATE_HOME": "/proc/self"}, Path("/"))


FILLING = """
import sys
from pathlib import Path
from macrohard_lsp.settings.errors import StateUnavailable
from macrohard_lsp.settings.state import state_dir
disk = Path(sys.argv[1])
(disk / "macrohard").mkdir(mode=0o700)
try:
    (disk / "fill").write_bytes(bytes(1 << 20))
except OSError:
    pass
try:
    state_dir({"XDG_STATE_HOME": str(disk)}, disk)
except StateUnavailable as unavailable:
    print(unavailable)
"""


def test_a_full_disk_has_its_sentence(tmp_path: Path):
    small_disk = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    mount = f"mount -t tmpfs -o size=64k tmpfs {tmp_path}"
    if subprocess.run([*small_disk, mount], check=False, capture_output=True).returncode:
        unable = "unshare can't make a small disk here: unprivileged user namespaces are not permitted"
        pytest.fail(unable) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(unable)
    command = [*small_disk, f'{mount} && exec "$0" -c "$1" {tmp_path}', sys.executable, FILLING]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert "No space left on device. Make it writable, or set XDG_STATE_HOME" in answer.stdout
