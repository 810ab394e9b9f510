"""What git says of a folder, and that a hostile repository gets nothing executed."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from macrohard_lsp.workspace import git_command
from macrohard_lsp.workspace.git_facts import changed_since, git_facts, last_changes

Tree = Callable[[Mapping[str, str | bytes]], Path]
Git = Callable[..., str]


@pytest.fixture
def repository(tree: Tree, git: Git) -> Path:
    root = tree(
        {
            "a.py": "x = 1\n",
            "sub/b c.py": "y = 1\n",
            "sub/名.py": "z = 1\n",
            ".gitignore": "*.log\n",
            "gone.py": "g",
        }
    )
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def test_a_clean_repository(repository: Path, git: Git) -> None:
    facts = git_facts(repository)
    assert facts.problem == ""
    assert (facts.top, facts.head, facts.branch) == (
        repository,
        git(repository, "rev-parse", "HEAD").strip(),
        "main",
    )
    assert facts.dirty == frozenset()


def test_changes_from_the_top_and_from_a_folder(repository: Path, git: Git) -> None:
    (repository / "a.py").write_text("x = 2\n")
    (repository / "sub/b c.py").write_text("y = 2\n")
    (repository / "sub/new\n.py").write_text("")
    (repository / "sub/skip.log").write_text("")
    (repository / "gone.py").unlink()
    git(repository, "mv", "sub/名.py", "sub/other.py")
    facts = git_facts(repository)
    assert facts.changed == {"a.py", "sub/b c.py", "gone.py", "sub/名.py", "sub/other.py"}
    assert facts.untracked == {"sub/new\n.py"}
    inside = git_facts(repository / "sub")
    assert inside.changed == {"b c.py", "名.py", "other.py"}
    assert inside.untracked == {"new\n.py"}
    assert changed_since(repository / "sub", str(facts.head)).paths == {"b c.py", "名.py", "other.py"}


def test_the_last_change_of_each_file(repository: Path, git: Git) -> None:
    first = git(repository, "rev-parse", "HEAD").strip()
    (repository / "sub/b c.py").write_text("y = 3\n")
    git(repository, "commit", "-qam", "second")
    second = git(repository, "rev-parse", "HEAD").strip()
    changes = last_changes(repository).changes
    assert {path: change.commit for path, change in changes.items()} == {
        **dict.fromkeys(["a.py", "sub/名.py", ".gitignore", "gone.py"], first),
        "sub/b c.py": second,
    }
    assert changes["a.py"].seconds > 1_000_000_000
    assert set(last_changes(repository / "sub").changes) == {"b c.py", "名.py"}
    assert changed_since(repository, first).paths == {"sub/b c.py"}


def test_a_detached_head_and_an_unmerged_file(repository: Path, git: Git) -> None:
    git(repository, "checkout", "-q", "-b", "other")
    (repository / "a.py").write_text("x = 'other'\n")
    git(repository, "commit", "-qam", "other")
    git(repository, "checkout", "-q", "--detach", "main")
    (repository / "a.py").write_text("x = 'main'\n")
    git(repository, "commit", "-qam", "main")
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "other")
    facts = git_facts(repository)
    assert (facts.branch, facts.changed) == (None, {"a.py"})


def test_a_repository_without_commits(tree: Tree, git: Git) -> None:
    root = tree({"a.py": ""})
    git(root, "init", "-q", "-b", "main")
    facts = git_facts(root)
    assert (facts.head, facts.branch, facts.untracked, facts.problem) == (None, "main", {"a.py"}, "")
    assert "does not have any commits" in last_changes(root).problem
    assert changed_since(root, "0" * 40).problem


def test_a_linked_worktree(repository: Path, git: Git, tmp_path: Path) -> None:
    other = tmp_path / "other"
    git(repository, "worktree", "add", "-q", "-b", "side", str(other))
    (other / "a.py").write_text("changed")
    facts = git_facts(other)
    assert (facts.top, facts.branch, facts.changed, facts.problem) == (other, "side", {"a.py"}, "")


def test_no_repository(tree: Tree) -> None:
    root = tree({"a.py": ""})
    for answer in (git_facts(root), changed_since(root, "0" * 40), last_changes(root)):
        assert "not in a git repository" in answer.problem
    assert git_facts(root / "missing").problem


def test_a_bare_repository(tree: Tree, git: Git) -> None:
    root = tree({})
    git(root, "init", "-q", "--bare")
    assert "bare" in git_facts(root).problem


def test_no_git_program(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "not installed" in git_facts(repository).problem


def test_somebody_elses_repository(repository: Path, require: Callable[[bool, str], None]) -> None:
    require(os.geteuid() == 0, "root, who alone can give files away")
    for path in (repository, repository / ".git"):
        os.chown(path, 12345, 12345)
    assert "safe.directory" in git_facts(repository).problem


@pytest.mark.parametrize("commit", ["HEAD", "--output=/tmp/x", "-1", "", "0" * 39, "g" * 40])
def test_only_full_names_of_commits_are_passed_on(repository: Path, commit: str) -> None:
    assert "full name" in changed_since(repository, commit).problem


@pytest.mark.parametrize("damage", ["HEAD", "config", "index"])
def test_a_damaged_repository(repository: Path, damage: str) -> None:
    (repository / ".git" / damage).write_bytes(b"\0\xffnonsense\n[")
    assert git_facts(repository).problem


def test_a_git_that_does_not_answer(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text('#!/bin/sh\n[ "$1" = version ] && echo git version 2.40.0 || exec sleep 600\n')
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}:{os.environ['PATH']}")
    monkeypatch.setattr(git_command, "GIT_SECONDS", 0.3)
    assert "did not answer" in git_facts(repository).problem


def test_our_own_git_settings_do_not_leak_in(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when this program is started from a hook, where git sets these for another repository."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    assert git_facts(repository).problem == ""
    assert git_facts(repository).branch == "main"


PROGRAMS = {
    "core": ("fsmonitor", "sshCommand", "pager", "editor", "askPass", "gitProxy", "alternateRefsCommand"),
    'filter "a=b"': ("clean", "smudge"),
    'filter "plain"': ("clean", "smudge"),
    'filter "proc"': ("process",),
    'diff "evil"': ("textconv", "command"),
    "diff": ("external",),
    "gpg": ("program",),
    "credential": ("helper",),
    "pager": ("status", "log", "diff"),
}
CONFIGURATION = """
[filter "a=b"]
    required = true
[log]
    showSignature = true
[extensions]
    partialClone = evil
[remote "evil"]
    promisor = true
    url = "ext::{program} transport"
[protocol "ext"]
    allow = always
[core]
    repositoryFormatVersion = 1
    worktree = /
"""


def make_hostile(root: Path, canary: Path) -> None:
    """Name a program everywhere a repository can; it writes down what it was called for."""
    program = root / "evil.sh"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> "{canary}"\n')
    program.chmod(0o755)
    hooks = root / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        (hooks / hook).symlink_to(program)
    (root / ".gitattributes").write_text("*.py filter=a=b diff=evil\n*.txt filter=plain\n*.md filter=proc\n")
    with (root / ".git/config").open("a") as config:
        for section, keys in PROGRAMS.items():
            config.writelines(f'[{section}]\n\t{key} = "{program} {key}"\n' for key in keys)
        config.write(CONFIGURATION.format(program=program))


def plainly(root: Path, *arguments: str) -> None:
    """Ask git as one would in a trusted repository, whatever comes of it."""
    command = ["git", "--work-tree=.", *arguments]
    subprocess.run(command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)


def test_a_hostile_repository_gets_nothing_executed(repository: Path, git: Git, tmp_path: Path) -> None:
    for name in ("t.txt", "m.md"):
        (repository / name).write_text("text\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "more")
    head, lost = (git(repository, "rev-parse", name).strip() for name in ("HEAD", "HEAD^{tree}"))
    canary = tmp_path / "canary"
    make_hostile(repository, canary)
    for name in ("a.py", "t.txt", "m.md"):
        (repository / name).write_text("changed\n")

    facts = git_facts(repository)
    assert {"a.py", "t.txt", "m.md"} <= facts.changed, facts.problem
    assert facts.top == repository
    assert {"a.py", "t.txt", "m.md"} <= changed_since(repository, head).paths
    assert last_changes(repository).changes
    (repository / ".git/objects" / lost[:2] / lost[2:]).unlink()
    assert changed_since(repository, head).problem
    assert not canary.exists(), canary.read_text()

    # The same questions, asked plainly, do run the programs; so the silence above means something.
    plainly(repository, "status")
    plainly(repository, "diff", head)
    # A monitor that names no file lets git believe that none has changed; this one reads the file in any case.
    plainly(repository, "hash-object", "--path=t.txt", "t.txt")
    called = canary.read_text()
    for what in ("fsmonitor", "clean", "transport"):
        assert what in called
