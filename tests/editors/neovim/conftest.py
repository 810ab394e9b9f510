"""Real Neovims, unpacked by scripts/prepare-neovim, with the plugin installed as a user would install it.

A scenario is a Lua file that runs inside Neovim; what it asserts is told by the exit code.
"""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PLUGIN = ROOT / "editors/neovim"
SCENARIOS = HERE / "scenarios"

SCENARIO_SECONDS = 600.0
"""A scenario has deadlines of its own; this one is for a Neovim that hangs."""
GONE_SECONDS = 15.0
"""How long the processes of a Neovim that has ended may take to end, too."""

INIT = {
    "0.10": "vim.g.macrohard_autostart = true\n",
    "current": "vim.lsp.enable('macrohard')\n",
}


@dataclass(slots=True)
class Family:
    """All processes that descend from one, also those that outlive it: seen by looking often."""

    root: int
    seen: dict[int, str] = field(default_factory=dict[int, str])
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.over.wait(0.05):
            self.look()

    def look(self) -> None:
        parents: dict[int, int] = {}
        starts: dict[int, str] = {}
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and (stat := _stat(int(process.name))) is not None:
                parents[int(process.name)], starts[int(process.name)] = stat
        known = {self.root} | {pid for pid, start in self.seen.items() if starts.get(pid) == start}
        grown = True
        while grown:
            more = {pid for pid, parent in parents.items() if parent in known} - known
            known |= more
            grown = bool(more)
        self.seen.update({pid: starts[pid] for pid in known - {self.root} if pid in starts})

    def living(self) -> list[str]:
        alive = [pid for pid, start in self.seen.items() if (stat := _stat(pid)) and stat[1] == start]
        return [f"{pid}: {_command(pid)}" for pid in alive]

    def wait_until_gone(self) -> list[str]:
        """What still lives after the time it may take."""
        deadline = time.monotonic() + GONE_SECONDS
        while (living := self.living()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return living


def _stat(pid: int) -> tuple[int, str] | None:
    """Parent and start time of a process that is more than a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else (int(fields[1]), fields[19])


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "gone"


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    output: str
    seconds: float
    seen: int
    left: list[str]


@dataclass(frozen=True, slots=True)
class Neovim:
    """One unpacked Neovim and a home of its own. `shop` is a copy of the example, whose failing test wants `>=`."""

    kind: str
    home: Path
    shop: Path

    @property
    def folder(self) -> Path:
        return ROOT / f".editors/neovim-{self.kind}"

    def environment(self, extra: dict[str, str]) -> dict[str, str]:
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "NVIM", "VIM"))
        }
        return kept | {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "VIMRUNTIME": str(self.folder / "usr/share/nvim/runtime"),
            "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
            "VIRTUAL_ENV": str(ROOT / ".venv"),
            "SHOP": str(self.shop),
            "SCENARIOS": str(SCENARIOS),
            **extra,
        }

    def install(self, init: str) -> None:
        # Neovim would look for pynvim in every Python of the machine whenever a Python file is opened.
        init = f"vim.g.loaded_python3_provider = 0\n{init}"
        pack = self.home / "data/nvim/site/pack/macrohard/start"
        pack.mkdir(parents=True)
        shutil.copytree(PLUGIN, pack / "macrohard", ignore=shutil.ignore_patterns("tags"))
        (self.home / "config/nvim").mkdir(parents=True)
        (self.home / "config/nvim/init.lua").write_text(init)

    def run(
        self,
        scenario: str,
        *,
        init: str | None = None,
        extra: dict[str, str] | None = None,
        meanwhile: Callable[[subprocess.Popen[bytes]], None] | None = None,
    ) -> Outcome:
        """Run a scenario to its end. `meanwhile` may do something to the running Neovim."""
        self.install(INIT[self.kind] if init is None else init)
        output = self.home / "output.txt"
        started = time.monotonic()
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [self.folder / "usr/bin/nvim", "--headless", "-n", "-i", "NONE", "-c", _LUA.format(scenario)],
                cwd=self.shop,
                env=self.environment(extra or {}),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
            family = Family(process.pid)
            watcher = threading.Thread(target=family.watch, daemon=True)
            watcher.start()
            try:
                if meanwhile is not None:
                    meanwhile(process)
                code = process.wait(SCENARIO_SECONDS)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
            finally:
                seconds = time.monotonic() - started
                family.over.set()
                watcher.join()
        text = output.read_text(errors="replace") + self._log()
        return Outcome(code, text, seconds, len(family.seen), family.wait_until_gone())

    def passes(self, scenario: str, **how: object) -> Outcome:
        """Run a scenario that has to succeed and to leave no process behind."""
        outcome = self.run(scenario, **how)  # type: ignore[arg-type]
        print(f"Neovim {self.kind}, {scenario}: {outcome.seconds:.1f} s, {outcome.seen} processes")
        assert outcome.code == 0, outcome.output
        assert not outcome.left, "\n".join(["left behind:", *outcome.left])
        return outcome

    def _log(self) -> str:
        """What the server wrote to stderr stands in Neovim's log."""
        logs = sorted(self.home.glob("**/lsp.log"))
        return "".join(f"\n--- {log.name}\n{log.read_text(errors='replace')[-4000:]}" for log in logs)


_LUA = "lua dofile(vim.env.SCENARIOS .. '/run.lua')('{}')"


def _required(kind: str) -> bool:
    """The current Neovim comes from a suite that moves, so it may always be missing."""
    return kind == "0.10" and os.environ.get("REQUIRE_ALL") == "1"


@pytest.fixture(params=["0.10", "current"])
def neovim(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Neovim]:
    kind = str(request.param)
    shop, home = tmp_path / "shop", tmp_path / "home"
    made = Neovim(kind, home, shop)
    if not (made.folder / "usr/bin/nvim").exists():
        missing = f"Neovim {kind} is missing; ./scripts/prepare-neovim unpacks it"
        pytest.fail(missing) if _required(kind) else pytest.skip(missing)
    shutil.copytree(ROOT / "examples/shop", shop, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    home.mkdir()
    yield made
