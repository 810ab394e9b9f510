"""What the tests leave open, as a test that a person completes: the next run of the tests then decides."""

import ast
from collections.abc import Iterator, Sequence

from macrohard_lsp.core.apply import apply_changes
from macrohard_lsp.core.changeset import ChangeSet, ModifyFile, TextEdit
from macrohard_lsp.core.files import FileNotEditable
from macrohard_lsp.core.proof import Proof, Rung, RungProof, RungResult
from macrohard_lsp.core.proposal import Answer, Proposal, ProposalKind, Question
from macrohard_lsp.core.snapshot import Snapshot
from macrohard_lsp.repair.rivals import Difference
from macrohard_lsp.workspace.modules import module_names
from macrohard_lsp.workspace.outline import Definition, DefinitionKind, Import, Outline, outline
from macrohard_lsp.workspace.python_syntax import parse

MOST_ANSWERS = 4
LONGEST_EDIT = 60
MOST_NAMES = 100
LEFT_OPEN = "..."
NOT_PROVEN = "a test that a person has to complete proves nothing yet"


def question_of(difference: Difference, snapshot: Snapshot, tests: Sequence[str]) -> Question:
    """The question, with a test beside the first of `tests` where its call can be written there."""
    answers = _answers(difference)
    question = Question(difference.call, answers)
    function = _called_with_literals(difference.call)
    definers = {path for path in difference.paths if function in _functions(snapshot, path)}
    if function is None or len(definers) != 1 or not _can_be_expected(answers):
        return question
    path, _, name = tests[0].partition("::")
    beside = _test_named(snapshot, path, name)
    if beside is None:
        return question
    written = _Beside(snapshot, path, *beside).test(definers.pop(), function, question)
    edit = TextEdit(beside[1].end, beside[1].end, written)
    change_set = ChangeSet((ModifyFile(path, snapshot.files[path].digest, (edit,)),))
    try:
        apply_changes(snapshot, change_set)
    except FileNotEditable:
        return question
    return Question(question.call, answers, written.strip("\r\n"), change_set)


def as_proposal(of: Proposal) -> Proposal | None:
    """The question of a Fix as a Proposal that an editor can offer; None where there is no test to add."""
    question = of.question
    if question is None or question.change_set is None:
        return None
    proof = Proof(tuple(RungProof(rung, RungResult.NOT_RUN, NOT_PROVEN) for rung in Rung))
    results = " or ".join(answer.result for answer in question.answers)
    return Proposal(
        question.change_set,
        ProposalKind.TEST_CHANGE,
        f"Say which fix is right: add a test of {question.call} ({results})",
        of.author,
        f"Edits that pass the same tests differ here. Replace `{LEFT_OPEN}` by what is right.",
        proof,
        fixes=(),
        concerns=of.fixes,
    )


def _answers(difference: Difference) -> tuple[Answer, ...]:
    """The likeliest; edits that are called the same are told apart by their lines."""
    chosen = [(survivor.candidate, result) for survivor, result in difference.answers[:MOST_ANSWERS]]
    summaries = [candidate.summary for candidate, _ in chosen]
    return tuple(
        Answer(
            f"{candidate.summary} in line {candidate.line}"
            if summaries.count(candidate.summary) > 1
            else candidate.summary,
            result,
        )
        for candidate, result in chosen
    )


def _called_with_literals(call: str) -> str | None:
    """The name of a function called by nothing but its name, with arguments that anybody can write down."""
    try:
        tree = ast.parse(call, mode="eval").body
        if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
            return None
        for value in (*tree.args, *(keyword.value for keyword in tree.keywords)):
            ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return tree.func.id


def _can_be_expected(answers: Sequence[Answer]) -> bool:
    """Whether what a test expects can tell the Fix from a rival: one of their results, at least, can be written."""
    for answer in answers[:2] if len(answers) > 1 else ():
        try:
            ast.literal_eval(answer.result)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
        return True
    return False


def _outline(snapshot: Snapshot, path: str) -> Outline | None:
    file = snapshot.get(path)
    return outline(parse(file.text)) if file is not None and file.text is not None else None


def _functions(snapshot: Snapshot, path: str) -> frozenset[str]:
    found = _outline(snapshot, path)
    return frozenset(
        definition.qualified_name
        for definition in (found.definitions if found else ())
        if definition.kind is DefinitionKind.FUNCTION and not definition.is_async
    )


def _test_named(snapshot: Snapshot, path: str, name: str) -> tuple[Outline, Definition] | None:
    found = _outline(snapshot, path)
    qualified = name.partition("[")[0].replace("::", ".")
    for definition in found.definitions if found else ():
        if found is not None and definition.qualified_name == qualified:
            return found, definition
    return None


class _Beside:
    """Writes a test as the one it will stand behind is written."""

    def __init__(self, snapshot: Snapshot, path: str, outlined: Outline, neighbour: Definition) -> None:
        self._snapshot = snapshot
        self._text = snapshot.files[path].text or ""
        self._outline = outlined
        self._neighbour = neighbour

    def test(self, path: str, function: str, question: Question) -> str:
        """The text to insert behind the neighbour: empty lines, then the test, without an end of line."""
        called, needed = self._name_of(path, function)
        call = called + question.call.removeprefix(function)
        source = self._text[self._neighbour.start : self._neighbour.end]
        indent = self._text[self._text.rfind("\n", 0, self._neighbour.start) + 1 : self._neighbour.start]
        inner = indent + ("\t" if "\n\t" in source else "    ")
        container = self._neighbour.qualified_name.rpartition(".")[0]
        cases = {
            base for one in self._outline.definitions if one.qualified_name == container for base in one.bases
        }
        lines = [
            f"{indent}def {self._free_name(function)}({'self' if container else ''}):",
            *(f"{inner}{line}" for line in needed),
            f"{inner}# Edits that pass the other tests differ here. Replace {LEFT_OPEN} by what is right:",
            *(f"{inner}# {line}" for line in _in_comments(question.answers)),
            f"{inner}self.assertEqual({call}, {LEFT_OPEN})"
            if any("TestCase" in base for base in cases)
            else f"{inner}assert {call} == {LEFT_OPEN}",
        ]
        end = "\r\n" if "\r\n" in self._text else "\n"
        return end.join(["", "", *([] if container else [""]), *lines])

    def _free_name(self, function: str) -> str:
        taken = {definition.name for definition in self._outline.definitions}
        wanted = f"test_{function.strip('_')}_decides"
        names = (wanted, *(f"{wanted}_{number}" for number in range(2, MOST_NAMES)))
        return next((name for name in names if name not in taken), wanted)

    def _name_of(self, path: str, function: str) -> tuple[str, list[str]]:
        """How the test file calls the function, and the lines that a test needs first for it."""
        packages = {name.rpartition("/")[0] for name in self._snapshot.files if name.endswith("/__init__.py")}
        modules = module_names(path, packages)
        for name in self._imported(modules, function):
            return name, []
        module = modules[0] if modules else path.rpartition("/")[2].removesuffix(".py")
        return function, [f"from {module} import {function}"]

    def _imported(self, modules: Sequence[str], function: str) -> Iterator[str]:
        for one in self._outline.imports:
            if one.in_function or one.type_checking or not _is_of(one, modules):
                continue
            if one.name == function:
                yield one.alias or function
            elif one.name is None:
                yield f"{one.alias or one.module}.{function}"


def _is_of(one: Import, modules: Sequence[str]) -> bool:
    """Whether an import names one of the modules; a relative one by the end of its name."""
    if one.level:
        return any(f".{module}".endswith(f".{one.module}") for module in modules)
    return one.module in modules


def _in_comments(answers: Sequence[Answer]) -> Iterator[str]:
    """What each edit gives, in characters that every encoding has."""
    for answer in answers:
        edit = " ".join(answer.edit.split())
        shown = edit if len(edit) <= LONGEST_EDIT else edit[: LONGEST_EDIT - 3] + "..."
        yield f"{answer.result}: {shown}".encode("ascii", "backslashreplace").decode()
