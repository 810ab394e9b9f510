"""Whether the code under test is the Machine's copy: a result says nothing about code that didn't run."""

from collections.abc import Mapping
from pathlib import PurePath


def refusal(origins: Mapping[str, tuple[str, str]], original: PurePath) -> str | None:
    """Why a run can't count, or None. `origins` maps a foreign module to its file and the file it hides.

    `original` is the workspace outside: a file below it is foreign where the Machine's copy lies elsewhere.
    """
    if not origins:
        return None
    names = sorted(origins, key=lambda name: (name.count("."), name))
    file, own = origins[names[0]]
    more = f" (and {len(names) - 1} more modules)" if len(names) > 1 else ""
    if any(part in ("site-packages", "dist-packages") for part in file.split("/")):
        advice = "install the project so that its source is used: pip install -e ."
    elif PurePath(file).is_relative_to(original):
        advice = (
            "the tier `process` works on a copy in another place, and this file was named by its path; "
            "use the tier `namespace`"
        )
    else:
        advice = "make the tests import it from the workspace, for example by installing it: pip install -e ."
    return (
        f"the tests import {names[0]}{more} from {file}, not from {own} in the workspace, "
        f"so they don't test this code; {advice}"
    )
