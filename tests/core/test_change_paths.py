"""Which paths are refused, which need a person's word, and which are tests."""

import pytest

from macrohard_lsp.core.change_paths import (
    MAX_BYTES,
    MAX_FILES,
    ConfirmationNeeded,
    PathRefused,
    check_paths,
    is_ci_path,
    is_test_path,
    path_problem,
    touches_tests,
)
from macrohard_lsp.core.changeset import ChangeSet, CreateFile, DeleteFile, ModifyFile, RenameFile, TextEdit

ALLOWED = [
    *(
        "a.py",
        "src/pkg/mod.py",
        "Makefile",
        ".gitignore",
        "docs/git/x.md",
        "a b/ü 日本 😀.py",
        ".github/CODEOWNERS",
    ),
    *(
        ".github/ISSUE_TEMPLATE/x.md",
        "git.py",
        ".gitkeep",
        "x.git.py",
        "ci/deploy.py",
        "vscode/a.py",
        "a..b/c...d",
    ),
    *("macrohard/a.py", "idea.py", "pkg/.hidden.py", "gitlab.py"),
]

REFUSED = [
    *(
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a/..",
        "..",
        ".",
        "./a",
        "a//b",
        "a/",
        "a\0b",
        "C:/x",
        "c:x",
        "a\\b",
    ),
    *(
        ".git",
        ".git/config",
        "sub/.git/hooks/pre-commit",
        ".GIT/config",
        ".Git",
        ".git ",
        ".git.",
        ".g\u200cit/config",
    ),
    *("GIT~1/config", "．git/config", ".gitmodules", ".gitattributes"),
    *(
        ".vscode/settings.json",
        "pkg/.VSCode/tasks.json",
        ".idea/x",
        ".nvim.lua",
        ".exrc",
        ".envrc",
        "x.code-workspace",
    ),
    *(
        ".macrohard/x",
        ".macrohard.toml",
        ".devcontainer/devcontainer.json",
        ".dir-locals.el",
        ".claude/settings.json",
    ),
    *("a" * 256, "é" * 128, "/".join(["a" * 100] * 50)),
]

CI = [
    *(
        ".github/workflows/x.yml",
        "sub/.GitHub/Workflows/x.yml",
        ".github/actions/a/action.yml",
        ".gitlab-ci.yml",
    ),
    *(".circleci/config.yml", "Jenkinsfile", "azure-pipelines.yml", ".ci/run", ".travis.yml", "appveyor.yml"),
    *(
        ".pre-commit-config.yaml",
        ".husky/pre-commit",
        "sub/.gitlab/ci.yml",
        ".cirrus.yaml",
        "bitbucket-pipelines.yml",
    ),
]

TESTS = [
    *(
        "tests/test_a.py",
        "test_a.py",
        "pkg/a_test.py",
        "conftest.py",
        "pkg/conftest.py",
        "tests/data/x.json",
        "test/x.py",
    ),
    *(
        "pkg/tests.py",
        "Tests/A.py",
        "unit_tests/x.py",
        "tests_unit/x.py",
        "pkg/__snapshots__/x.ambr",
        "test_a.pyi",
    ),
    *("pytest.ini", "sub/tox.ini", "setup.cfg", "pyproject.toml", "noxfile.py", ".coveragerc", "pytest.toml"),
    *(
        "sitecustomize.py",
        "src/usercustomize.py",
        "pytest.py",
        "_pytest/runner.py",
        "pluggy/__init__.py",
        "x.pth",
    ),
]

NOT_TESTS = [
    "a.py",
    "src/testing.py",
    "contest.py",
    "latest.py",
    "pkg/attestation/x.py",
    "testing/x.py",
    "my_pytest.py",
]
NOT_TESTS += ["setup.py", "docs/pytest.md", "requirements.txt", "testament.py", "protest/x.py"]


@pytest.mark.parametrize("path", ALLOWED)
def test_an_ordinary_path_is_allowed(path: str) -> None:
    check_paths(ChangeSet((CreateFile(path, b""),)))
    assert not is_ci_path(path)


@pytest.mark.parametrize("path", REFUSED, ids=ascii)
def test_a_path_is_refused_whatever_the_change(path: str) -> None:
    assert path_problem(path)
    for change in (
        CreateFile(path, b""),
        DeleteFile(path, ""),
        RenameFile("a", path, ""),
        RenameFile(path, "a", ""),
    ):
        with pytest.raises(PathRefused) as caught:
            check_paths(ChangeSet((change,)), ci_confirmed=True)
        assert not isinstance(caught.value, ConfirmationNeeded)


@pytest.mark.parametrize("path", CI)
def test_ci_files_need_their_own_confirmation(path: str) -> None:
    change_set = ChangeSet((CreateFile("a.py", b""), RenameFile("b", path, "")))
    with pytest.raises(ConfirmationNeeded, match="confirm it separately") as caught:
        check_paths(change_set)
    assert caught.value.paths == (path,)
    check_paths(change_set, ci_confirmed=True)


def test_sizes_are_capped() -> None:
    check_paths(ChangeSet(tuple(CreateFile(f"{n}", b"") for n in range(MAX_FILES))))
    with pytest.raises(PathRefused, match="files"):
        check_paths(ChangeSet(tuple(CreateFile(f"{n}", b"") for n in range(MAX_FILES + 1))))
    half = MAX_BYTES // 2
    with pytest.raises(PathRefused, match="bytes"):
        edit = TextEdit(0, 0, "é" * (half // 2 + 1))
        check_paths(ChangeSet((CreateFile("a", b"x" * half), ModifyFile("b", "", (edit,)))))


@pytest.mark.parametrize("path", TESTS)
def test_tests_and_their_configuration_are_told(path: str) -> None:
    assert is_test_path(path)
    assert touches_tests(ChangeSet((RenameFile("a.py", path, ""),)))
    assert touches_tests(ChangeSet((CreateFile("a.py", b""), DeleteFile(path, ""))))


@pytest.mark.parametrize("path", NOT_TESTS)
def test_other_code_is_not_a_test(path: str) -> None:
    assert not is_test_path(path)
    assert not touches_tests(ChangeSet((CreateFile(path, b""),)))
