"""`make soak`: run what takes long, and keep a dated table of how it went in RESULTS.md."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from bench.results import measured_on, replace_section

ROOT = Path(__file__).parents[1]
REPORT = ROOT / ".bench" / "soak.xml"


def main() -> int:
    REPORT.parent.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-m", "soak", f"--junitxml={REPORT}"]
    ended = subprocess.run([*command, "-o", "junit_logging=system-out"], cwd=ROOT, check=False)
    rows = [row_of(case) for case in ElementTree.parse(REPORT).iter("testcase")]
    if not rows:
        print("no test is marked soak", file=sys.stderr)
        return 2
    heading = "## Long runs (`make soak`)"
    table = ["| test | result | seconds | what it says |", "|---|---|---|---|", *rows]
    replace_section("soak", "\n\n".join([heading, f"Measured {measured_on()}.", "\n".join(table)]))
    return ended.returncode


def row_of(case: ElementTree.Element) -> str:
    """One line of the table for one of pytest's test cases."""
    result = next((kind for kind in ("failure", "error", "skipped") if case.find(kind) is not None), "passed")
    said = (case.findtext("system-out") or "").strip().splitlines()
    words = "; ".join(line for line in said if not line.startswith("-")).replace("|", "\\|")
    return f"| {case.get('name')} | {result} | {float(case.get('time', 0)):.0f} | {words} |"


if __name__ == "__main__":
    sys.exit(main())
