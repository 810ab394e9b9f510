"""The rung `parses`: every changed Python file is syntax to our parser and compiles in the user's interpreter."""

import json

from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.proving.case import Claim, Evidence, ProvingTools
from macrohard_lsp.workspace.python_syntax import parse

COMPILE_SECONDS = 30.0

# Runs in the user's interpreter: prints [[path, line, message], ...] for the files that don't compile.
COMPILE = """
import json, sys
wrong = []
for path in sys.argv[1:]:
    try:
        with open(path, "rb") as file:
            compile(file.read(), path, "exec", dont_inherit=True)
    except SyntaxError as error:
        wrong.append([path, error.lineno, error.msg])
    except ValueError as error:
        wrong.append([path, 0, str(error)])
print(json.dumps(wrong))
"""


def changed_python(claim: Claim, after: Snapshot) -> list[str]:
    """The Python files of the changed program that the ChangeSet touches."""
    return [path for path in claim.change_set.paths if path.endswith((".py", ".pyi")) and path in after.files]


def parses(claim: Claim, after: Snapshot, tools: ProvingTools) -> Evidence:
    """Checked twice, because our grammar knows all versions' syntax and the user's interpreter only its own."""
    paths = changed_python(claim, after)
    for path in paths:
        text = after.files[path].text
        if text is not None and parse(text).has_error:
            return Evidence(False, f"{path} has a syntax error")
    if not paths:
        return Evidence(True, evidence="no Python file was changed")
    interpreter = claim.owner(paths[0]).interpreter
    command = (str(interpreter.choice.executable), "-c", COMPILE, *paths)
    with tools.open_machine(after, interpreter) as machine:
        result = machine.run(command, seconds=COMPILE_SECONDS, cancel=tools.cancel)
    shown = (command[0], "-c", "compile(...)", *paths)
    if result.exit_code != 0:
        return Evidence(
            False, f"compiling ended with {result.exit_code}", _text(result.stderr), command=shown
        )
    wrong = json.loads(result.stdout or b"[]")
    if wrong:
        path, line, message = wrong[0]
        return Evidence(False, f"{path}, line {line}: {message}", command=shown)
    return Evidence(True, evidence=f"{len(paths)} files compile", command=shown)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")[-2000:]
