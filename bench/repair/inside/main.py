"""What the oracle asks is answered here, in a process with limits: one JSON object in, one out.

Works on texts of programs alone; nothing is read from the disk but the modules beside this file.
"""

import json
import sys
import types
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import compare
import running


def main():
    warnings.simplefilter("ignore")
    question = json.load(sys.stdin)
    out, sys.stdout = sys.stdout, sys.stderr
    for name, text in question.get("beside", {}).items():
        module = types.ModuleType(name.removesuffix(".py"))
        exec(compile(text, name, "exec"), module.__dict__)
        sys.modules[module.__name__] = module
    answer = {"compare": compare.answer, "endings": endings}[question["job"]](question)
    out.write("\nanswer: " + json.dumps(answer) + "\n")
    out.flush()


def endings(question):
    """How each test of each program ends: passed, failed or endless. Nothing of one that can't be imported."""
    return {"endings": [_ends(each, question["seconds"]) for each in question["programs"]]}


def _ends(each, seconds):
    try:
        module = types.ModuleType("solution")
        module.__dict__.update(running.load(each["program"]))
        sys.modules["solution"] = module
        tests = running.load(each["tests"])
    except (Exception, SystemExit, running.Endless):
        return []
    ended = []
    for name, test in tests.items():
        if name.startswith("test_"):
            kind, _ = running.call(test, (), {}, seconds)
            ended.append({"returned": "passed", "raised": "failed", "endless": "endless"}[kind])
            if kind == "endless":
                break
    return ended


if __name__ == "__main__":
    main()
