"""`bench/RESULTS.md` is written by the benches themselves, each its own section between markers."""

import datetime
import os
import platform
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEADING = "# Results\n\nEvery figure here was written by the command that measured it.\n"


def replace_section(name: str, body: str, path: Path = RESULTS) -> None:
    """Put `body` between the markers of `name`, which are added at the end where they don't stand yet."""
    begin, end = f"<!-- {name}: written by `make {name}` -->", f"<!-- end of {name} -->"
    text = path.read_text("utf-8") if path.is_file() else HEADING
    section = f"{begin}\n{body.strip()}\n{end}"
    if begin in text and end in text:
        before, _, rest = text.partition(begin)
        text = before + section + rest.partition(end)[2]
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    path.write_text(text, "utf-8")


def measured_on() -> str:
    """Date, cores and interpreter: what a reader needs to weigh the seconds, and no name of the machine."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{today}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, {python}"
