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
    """How each test of a file ends: passed, failed or endless."""
    try:
        program = running.load(question["program"])
        module = types.ModuleType("solution")
        module.__dict__.update(program)
        sys.modules["solution"] = module
        tests = running.load(question["tests"])
    except running.Endless:
        return {"endings": ["endless"]}
    except BaseException:
        return {"endings": ["failed"]}
    ended = []
    for name, test in tests.items():
        if name.startswith("test_"):
            kind, _ = running.call(test, (), {}, question["seconds"])
            ended.append({"returned": "passed", "raised": "failed", "endless": "endless"}[kind])
            if kind == "endless":
                break
    return {"endings": ended}


if __name__ == "__main__":
    main()
