"""Programs of the benchmarks run in a process of their own, with limits, and never in ours."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STORE = ROOT / ".bench" / "repair"
INSIDE = Path(__file__).with_name("inside")
MEMORY = 2 << 30


def ask(question: dict[str, Any], *, seconds: float) -> dict[str, Any]:
    """The answer of `inside/main.py`; an empty one, with `problem`, where the process died or ran out of time."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))

    with tempfile.TemporaryDirectory() as scratch:
        try:
            done = subprocess.run(
                [sys.executable, "-I", str(INSIDE / "main.py")],
                input=json.dumps(question),
                capture_output=True,
                text=True,
                cwd=scratch,
                env={"PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0"},
                timeout=20 * seconds,
                preexec_fn=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"problem": "the oracle's process ran out of time"}
    marked = [line for line in done.stdout.splitlines() if line.startswith("answer: ")]
    if not marked:
        return {"problem": f"the oracle's process ended with {done.returncode}: {done.stderr.strip()[-300:]}"}
    return json.loads(marked[-1].removeprefix("answer: "))
