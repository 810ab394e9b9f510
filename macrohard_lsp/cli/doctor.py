"""`macrohard-lsp doctor [PATH]`: what this program has to work with here, and what stands in its way."""

import argparse
import platform
import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

from macrohard_lsp import __version__
from macrohard_lsp.cli.arguments import Parser, SubCommands, existing_folder
from macrohard_lsp.cli.console import Console
from macrohard_lsp.cli.plain_text import one_line, visible
from macrohard_lsp.cli.platforms import platform_problem

if TYPE_CHECKING:
    from macrohard_lsp.cli.diagnosis import Diagnosis

_WIDTH = 300
_INDENT = " " * 17


def add(commands: SubCommands, common: Parser) -> None:
    parser = commands.add_parser(
        "doctor",
        parents=[common],
        help="what there is to work with here, and what is missing",
        description="Shows the version, the sandbox's tiers, the interpreter found for a folder, whether it "
        "is trusted, and the settings in force. Exit code 0 whatever it finds, 2: could not look.",
        allow_abbrev=False,
    )
    parser.add_argument("path", nargs="?", default=".", metavar="PATH", help="the folder (default: this one)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    started = time.monotonic()
    folder = existing_folder(arguments.path)
    about = _about()
    problem = platform_problem()
    if problem is not None:
        console.say("\n".join([*_about_lines(about), console.styled(problem, "bold", "red")]))
        console.result({"message": problem, "tier": None, "seconds": _since(started), **about})
        return 0
    from macrohard_lsp.cli.diagnosis import diagnose

    found = diagnose(folder, arguments.tier)
    message = " ".join(found.problems) or "Nothing stands in the way of `macrohard-lsp test` and `fix` here."
    console.say(text_of_diagnosis(about, found, console))
    tier = next((report.tier.value for report in found.tiers if report.available), None)
    console.result(
        {"message": message, "tier": tier, "seconds": _since(started), **about, **json_of_diagnosis(found)}
    )
    return 0


def _about() -> dict[str, Any]:
    return {
        "version": __version__,
        "python": {"executable": sys.executable, "version": platform.python_version()},
        "platform": platform.platform(),
    }


def json_of_diagnosis(found: "Diagnosis") -> dict[str, Any]:
    interpreter = found.interpreter
    return {
        "folder": str(found.folder),
        "tiers": [
            {
                "tier": report.tier.value,
                "available": report.available,
                "protections": list(report.protections),
                "reason": report.reason,
            }
            for report in found.tiers
        ],
        "state_dir": None if found.state_dir is None else str(found.state_dir),
        "git": found.git,
        "interpreter": None
        if found.choice is None
        else {
            "executable": str(found.choice.executable),
            "origin": found.choice.origin,
            "version": interpreter.version_text if interpreter else None,
            "implementation": interpreter.implementation if interpreter else None,
            "pytest": interpreter.pytest if interpreter else None,
            "plugins": dict(interpreter.plugins) if interpreter else None,
        },
        "test_commands": list(found.commands),
        "trusted": found.trusted_by is not None,
        "settings": {
            name: {"value": value, "source": source} for name, (value, source) in found.settings.items()
        },
        "notes": list(found.notes),
        "problems": list(found.problems),
    }


def text_of_diagnosis(about: dict[str, Any], found: "Diagnosis", console: Console) -> str:
    """The report for a person: what there is, then what stands in the way."""
    lines = _about_lines(about)
    for report in found.tiers:
        words = "; ".join(report.protections) if report.available else report.reason
        lines.append(_row(f"tier {report.tier.value}", "works" if report.available else "not here"))
        lines += _wrapped(words)
    choice = found.choice
    rows = {
        "state": str(found.state_dir or "none"),
        "git": found.git or "not found (only needed for what git knows about files)",
        "folder": str(found.folder),
        "trusted": f"yes, by {found.trusted_by}" if found.trusted_by else "no",
        "interpreter": f"{choice.executable} ({choice.origin})" if choice else "none found",
    }
    lines += [_row(name, text) for name, text in rows.items()]
    if choice is not None:
        lines += _wrapped(found.interpreter_words)
    if found.commands:
        lines.append(_row("test commands", ", ".join(found.commands)))
    for name, (value, source) in found.settings.items():
        if source != "default":
            lines.append(_row("setting", f"{name} = {value!r} ({source})"))
    lines += [console.styled(f"Note: {visible(note)}", "yellow") for note in found.notes]
    lines += [console.styled(visible(problem), "bold", "red") for problem in found.problems]
    if not found.problems:
        lines.append(
            console.styled(
                "Nothing stands in the way of `macrohard-lsp test` and `fix` here.", "bold", "green"
            )
        )
    return "\n".join(lines)


def _about_lines(about: dict[str, Any]) -> list[str]:
    python = about["python"]
    return [
        _row("macrohard-lsp", about["version"]),
        _row("own Python", f"{python['version']} ({python['executable']})"),
        _row("platform", about["platform"]),
    ]


def _wrapped(text: str) -> list[str]:
    """Lines of detail below a row, with no word broken."""
    return textwrap.wrap(
        visible(text), width=100, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False
    )


def _row(name: str, text: str) -> str:
    return f"{name:14} {one_line(text, _WIDTH)}"


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
