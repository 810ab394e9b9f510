"""Runs git, through GitPython, so that nothing the repository says gets executed.

A repository's own configuration can name programs: hooks, a file-system monitor, content filters, textconv,
a signature checker, a transport that fetches missing objects. Each is overridden here, in the environment,
which has the last word and takes names with any character in them.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

GIT_SECONDS = 20.0
OLDEST_GIT = (2, 31)
"""The first version that takes configuration from the environment; an older one could not be held back."""

_OVERRIDES = {
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.sshCommand": "false",
    "core.alternateRefsCommand": "true",
    "core.pager": "cat",
    "core.askPass": "",
    "credential.helper": "",
    "diff.external": "",
    "diff.orderFile": "/dev/null",
    "gpg.program": "false",
    "log.showSignature": "false",
    "log.follow": "false",
    "protocol.allow": "never",
    "status.submoduleSummary": "false",
}
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
}
_PEOPLES_OWN = frozenset(
    {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"}
)
_TRUSTED_SCOPES = frozenset({b"system", b"global", b"command"})


class GitProblem(Exception):
    """Git could not be asked. The message is a sentence for a person."""


def check_git() -> None:
    """Raises GitProblem where git is missing or too old to be asked safely."""
    if shutil.which("git") is None:
        raise GitProblem("git is not installed, so nothing is known of the repository's history.")
    from git import Git

    if Git().version_info[:2] < OLDEST_GIT:
        raise GitProblem(f"git is older than {'.'.join(map(str, OLDEST_GIT))}; install a newer one.")


def run_git(top: Path, folder: Path, arguments: Sequence[str], *, filters: Sequence[str] = ()) -> bytes:
    """What git answers, run in `folder` of the working tree `top`, with `filters` switched off.

    Raises GitProblem when it fails or takes longer than GIT_SECONDS.
    """
    # Imported late: the import costs a tenth of a second, and fails where git is missing.
    from git import Git
    from git.exc import GitCommandError, GitCommandNotFound

    environment = _environment(filters)
    command = [
        *_launcher(environment),
        "git",
        f"--work-tree={top}",
        "--no-pager",
        "--literal-pathspecs",
        *arguments,
    ]
    try:
        status, output, complaint = Git(folder).execute(
            command,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            kill_after_timeout=GIT_SECONDS,
            env=environment,
            process_group=0,
        )
    except (GitCommandError, GitCommandNotFound, OSError, ValueError) as error:
        raise GitProblem(f"git could not be started: {error}.") from error
    if status != 0:
        raise GitProblem(_sentence(complaint))
    return output


def untrusted_filters(top: Path, folder: Path) -> tuple[str, ...]:
    """Names of the content filters that the repository itself configures; reading the list runs none."""
    listed = run_git(top, folder, ["config", "--list", "--show-scope", "--name-only", "-z"]).split(b"\0")
    names: set[str] = set()
    for scope, key in zip(listed[::2], listed[1::2], strict=False):
        if scope not in _TRUSTED_SCOPES and key.startswith(b"filter."):
            names.add(os.fsdecode(key.removeprefix(b"filter.").rpartition(b".")[0]))
    return tuple(sorted(names))


def _launcher(environment: Mapping[str, str]) -> list[str]:
    """Start git without this process's own GIT_… settings, and so that it dies with this process."""
    kept = {*environment, *_PEOPLES_OWN}
    ours = [name for name in os.environ if name.startswith("GIT_") and name not in kept]
    dies_with_us = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    return [*dies_with_us, "env", *(part for name in ours for part in ("-u", name))]


def _environment(filters: Sequence[str]) -> dict[str, str]:
    overrides = list(_OVERRIDES.items())
    for name in filters:
        overrides += [(f"filter.{name}.{key}", "") for key in ("clean", "smudge", "process")]
        overrides.append((f"filter.{name}.required", "false"))
    environment = {**_ENVIRONMENT, "GIT_CONFIG_COUNT": str(len(overrides))}
    for position, (key, value) in enumerate(overrides):
        environment[f"GIT_CONFIG_KEY_{position}"] = key
        environment[f"GIT_CONFIG_VALUE_{position}"] = value
    return environment


def _sentence(complaint: object) -> str:
    said = complaint.decode("utf-8", "replace") if isinstance(complaint, bytes) else str(complaint)
    if "dubious ownership" in said:
        return (
            "the repository belongs to somebody else, and git refuses to read it; "
            "if you trust it, run `git config --global --add safe.directory` with its path."
        )
    if said.startswith("Timeout"):
        return f"git did not answer within {GIT_SECONDS:g} seconds."
    lines = [line for line in said.splitlines() if line.strip()]
    return f"git says: {lines[0].removeprefix('fatal: ')}" if lines else "git failed without saying why."
