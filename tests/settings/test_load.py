"""Precedence, what a bad value's sentence says, and what a folder may not say before it is trusted."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from macrohard_lsp.core.testcommand import ReportKind
from macrohard_lsp.core.tier import Tier
from macrohard_lsp.settings.errors import SettingsError
from macrohard_lsp.settings.load import COMMAND_LINE, DEFAULT, LoadedSettings, load_settings
from macrohard_lsp.settings.model import Settings


@pytest.fixture
def load(folder: Path, home: Path):
    def load(project: str = "", user: str = "", *, trusted: bool = True, **overrides) -> LoadedSettings:
        (folder / "pyproject.toml").write_text(project)
        if user:
            (home / ".config" / "macrohard").mkdir(parents=True)
            (home / ".config" / "macrohard" / "settings.toml").write_text(user)
        dotted = {field.replace("__", "."): value for field, value in overrides.items()}
        return load_settings(folder, trusted=trusted, overrides=dotted, variables={}, home=home)

    return load


def test_without_any_file_all_is_default(folder: Path, home: Path):
    loaded = load_settings(folder, trusted=False, overrides={}, variables={}, home=home)
    assert loaded.settings == Settings()
    assert set(loaded.sources.values()) == {DEFAULT}
    assert loaded.notes == ()


def test_command_line_beats_user_beats_folder(load, folder: Path, home: Path):
    loaded = load(
        "[tool.macrohard.fix]\nseed = 1\njobs = 1\nbudget_seconds = 1\n",
        "[fix]\nseed = 2\njobs = 2\n",
        fix__seed=3,
        fix__jobs=None,
    )
    assert loaded.settings.fix.seed == 3
    assert loaded.settings.fix.jobs == 2
    assert loaded.settings.fix.budget_seconds == 1
    assert loaded.sources["fix.seed"] == COMMAND_LINE
    assert loaded.sources["fix.jobs"] == str(home / ".config/macrohard/settings.toml")
    assert loaded.sources["fix.budget_seconds"] == f"{folder / 'pyproject.toml'} [tool.macrohard]"
    assert loaded.sources["test.timeout_seconds"] == DEFAULT


def test_xdg_config_home_is_honoured_only_when_absolute(folder: Path, home: Path, tmp_path: Path):
    for directory, seed in ((tmp_path / "xdg", 7), (home / ".config", 8)):
        (directory / "macrohard").mkdir(parents=True)
        (directory / "macrohard" / "settings.toml").write_text(f"[fix]\nseed = {seed}\n")
    for variables, seed in (({"XDG_CONFIG_HOME": str(tmp_path / "xdg")}, 7), ({"XDG_CONFIG_HOME": "xdg"}, 8)):
        loaded = load_settings(folder, trusted=True, overrides={}, variables=variables, home=home)
        assert loaded.settings.fix.seed == seed


def test_every_field_can_be_set(load):
    loaded = load("""
        [tool.macrohard]
        interpreter = ".venv"
        tier = "vm"
        exclude = ["build/", "*.generated.py"]
        test.arguments = ["-p", "no:cacheprovider"]
        test.timeout_seconds = 5
        test.run = "type"
        test.on_open = "all"
        test.detect = false
        test.commands = [{command = ["x"], kind = "tap", report = "o/*", directory = "web", timeout_seconds = 9}]
        test.start_ahead = false
        fix = {budget_seconds = 1.5, jobs = 2, seed = 4, automatic = false}
        lenses = false
        symbols = "on"
        [tool.macrohard.sandbox]
        read = ["/data", "~/models"]
        write = ["../scratch"]
        environment = ["API_KEY"]
        ports = [5432]
        network = true
    """)
    assert loaded.settings.tier is Tier.VM
    assert loaded.settings.exclude == ("build/", "*.generated.py")
    assert loaded.settings.test.arguments == ("-p", "no:cacheprovider")
    assert [command.kind for command in loaded.settings.test.commands] == [ReportKind.TAP]
    assert loaded.settings.fix.jobs_or_default == 2
    assert 1 <= Settings().fix.jobs_or_default <= 4
    assert DEFAULT not in loaded.sources.values()


BAD_VALUES = {
    "interpretor = 'x'": "there is no setting `interpretor`; did you mean `interpreter`?",
    "[tool.macrohard.fix]\njob = 2": "there is no setting `fix.job`; did you mean `fix.jobs`?",
    "timeout_seconds = 3": "there is no setting `timeout_seconds`; did you mean `test.timeout_seconds`?",
    "zzz = 1": "There are: interpreter, tier, test.run, test.on_open, test.arguments, test.timeout_seconds",
    "tier = 'docker'": "`tier` is 'docker'; it has to be one of 'vm', 'namespace' or 'process'.",
    "[tool.macrohard.fix]\njobs = 0": "`fix.jobs` is 0; it has to be at least 1.",
    "[tool.macrohard.fix]\njobs = 65": "`fix.jobs` is 65; it has to be at most 64.",
    "[tool.macrohard.fix]\njobs = '2'": "`fix.jobs` is '2'; it has to be a whole number.",
    "[tool.macrohard.fix]\njobs = true": "`fix.jobs` is True; it has to be a whole number.",
    "[tool.macrohard.fix]\nbudget_seconds = 0": "`fix.budget_seconds` is 0; it has to be more than 0",
    "[tool.macrohard.fix]\nbudget_seconds = nan": "`fix.budget_seconds` is nan; it has to be a finite",
    "[tool.macrohard.test]\ntimeout_seconds = 'x'": "`test.timeout_seconds` is 'x'; it has to be a number.",
    "[tool.macrohard.test]\narguments = '-x'": "`test.arguments` is '-x'; it has to be a list of texts.",
    "[tool.macrohard.test]\narguments = [1]": "`test.arguments.0` is 1; it has to be a text in quotes.",
    "interpreter = ''": "`interpreter` is ''; it has to be a text that is not empty.",
    "[tool.macrohard.test]\nrun = 'never'": "`test.run` is 'never'; it has to be one of 'save', 'type' or 'manual'.",
    "lenses = 'on'": "`lenses` is 'on'; it has to be true or false.",
    "fix = 3": "`fix` is 3; it has to be a table.",
    "[tool.macrohard.test]\ncommands = 'npm'": "`test.commands` is 'npm'; it has to be a list of tables.",
    "[[tool.macrohard.test.commands]]\ncommand = ['x']": "`test.commands.0.kind` is missing.",
    "[[tool.macrohard.test.commands]]\ncommand = []\nkind = 'tap'": (
        "`test.commands.0.command` is []; it has to be a list of at least 1."
    ),
    "[[tool.macrohard.test.commands]]\ncommand = ['x']\nkind = 'trx'": (
        "`test.commands.0.kind` is 'trx'; it has to be one of 'junit-xml' or 'tap'."
    ),
    "[[tool.macrohard.test.commands]]\ncommand = ['x']\nkind = 'tap'\nreport = '../x'": (
        "`test.commands.0.report` is '../x'; it has to be a path inside the folder, without `..`."
    ),
    "[tool.macrohard.sandbox]\nports = 80": "`sandbox.ports` is 80; it has to be a list of numbers.",
    "[tool.macrohard.sandbox]\nports = [0]": "`sandbox.ports.0` is 0; it has to be at least 1.",
    "[tool.macrohard.sandbox]\nports = [65536]": "`sandbox.ports.0` is 65536; it has to be at most 65535.",
    "[tool.macrohard.sandbox]\nenvironment = ['A=B']": (
        "`sandbox.environment.0` is 'A=B'; it has to be a name of letters, digits and underscores."
    ),
    "[tool.macrohard.sandbox]\nread = ['']": "`sandbox.read.0` is ''; it has to be a text that is not empty.",
    "[tool.macrohard.sandbox]\nread = '/data'": "`sandbox.read` is '/data'; it has to be a list of texts.",
    f"[tool.macrohard.sandbox]\nports = {list(range(1, 40))}": "it has to be a list of at most 32",
    "[tool.macrohard.sandbox]\nnetwork = 'yes'": "`sandbox.network` is 'yes'; it has to be true or false.",
}


@pytest.mark.parametrize("toml", BAD_VALUES)
def test_a_bad_value_is_named_with_its_file_and_what_is_allowed(load, folder: Path, toml: str):
    with pytest.raises(SettingsError) as raised:
        load(f"[tool.macrohard]\n{toml}\n")
    assert str(raised.value).startswith(f"{folder / 'pyproject.toml'} [tool.macrohard]: ")
    assert BAD_VALUES[toml] in str(raised.value)


def test_a_bad_value_elsewhere_names_that_source(load, home: Path):
    with pytest.raises(SettingsError, match=r"settings\.toml: `fix\.seed` is -1; it has to be at least 0\."):
        load(user="[fix]\nseed = -1\n")
    (home / ".config/macrohard/settings.toml").write_text("")
    with pytest.raises(SettingsError, match=r"the command line: `fix\.seed` is -2"):
        load(fix__seed=-2)


def test_a_value_of_any_length_is_shown_short(load):
    with pytest.raises(SettingsError) as raised:
        load(f"[tool.macrohard]\ntier = '{'x' * 10_000}'\n")
    assert len(str(raised.value)) < 500


def test_broken_toml_names_line_and_column(load, folder: Path):
    with pytest.raises(SettingsError) as raised:
        load("[tool.macrohard]\ntier = \n")
    assert f"{folder / 'pyproject.toml'}, line 2, column 8, is not TOML: Invalid value." in str(raised.value)


def test_other_bad_files_have_their_sentence(load, folder: Path, home: Path):
    pyproject = folder / "pyproject.toml"

    def sentence() -> str:
        with pytest.raises(SettingsError) as raised:
            load_settings(folder, trusted=True, overrides={}, variables={}, home=home)
        return str(raised.value)

    pyproject.write_bytes(b"# caf\xe9\n")
    assert "is not UTF-8 at byte 5" in sentence()
    pyproject.write_bytes(b"#" * (1 << 21))
    assert "is not a file of at most 1 MiB" in sentence()
    pyproject.unlink()
    pyproject.mkdir()
    assert "is not a file" in sentence()
    pyproject.rmdir()
    pyproject.write_text("[tool]\nmacrohard = 3\n")
    assert "`tool.macrohard` is 3; it has to be a table" in sentence()


def test_an_untrusted_folder_names_no_program_and_weakens_nothing(load, folder: Path):
    project = """
        [tool.macrohard]
        interpreter = "./evil"
        tier = "process"
        exclude = ["build/"]
        test = {arguments = ["-p", "evil"], timeout_seconds = 5}
    """
    loaded = load(project, trusted=False)
    assert loaded.settings.interpreter is None
    assert loaded.settings.tier is None
    assert loaded.settings.test.arguments == ()
    assert loaded.settings.test.timeout_seconds == 5
    assert loaded.settings.exclude == ("build/",)
    assert loaded.sources["interpreter"] == DEFAULT
    assert len(loaded.notes) == 3
    assert loaded.notes[0] == (
        f"`interpreter` in {folder / 'pyproject.toml'} [tool.macrohard] is not honoured: it names a program, "
        "and the folder is not trusted. `macrohard-lsp trust PATH` trusts it."
    )
    assert "holds `-p`" in loaded.notes[2]
    trusted = load(project, trusted=True)
    assert (trusted.settings.interpreter, trusted.settings.tier) == ("./evil", Tier.PROCESS)
    assert trusted.notes == ()


def test_an_untrusted_folder_names_no_test_command(load):
    project = """
        [[tool.macrohard.test.commands]]
        command = ["./evil"]
        kind = "tap"
    """
    loaded = load(project, trusted=False)
    assert loaded.settings.test.commands == ()
    assert "`test.commands` in" in loaded.notes[0] and "names programs" in loaded.notes[0]
    assert load(project, trusted=True).settings.test.commands[0].command == ("./evil",)


def test_an_untrusted_folder_opens_nothing(load):
    project = """
        [tool.macrohard.sandbox]
        read = ["~/.ssh"]
        write = ["inside"]
        environment = ["API_KEY"]
        ports = [5432]
        network = true
    """
    loaded = load(project, trusted=False)
    assert loaded.settings.sandbox == Settings().sandbox
    assert [note.partition("` in ")[0] for note in loaded.notes] == [
        f"`sandbox.{field}" for field in ("read", "write", "environment", "ports", "network")
    ]
    assert all("opens the sandbox, and the folder is not trusted" in note for note in loaded.notes)
    assert load(project, trusted=True).settings.sandbox.ports == (5432,)
    assert load("[tool.macrohard.sandbox]\nnetwork = false\nports = []\n", trusted=False).notes == ()


def test_the_user_may_open_the_sandbox_of_an_untrusted_folder(load):
    loaded = load(
        "[tool.macrohard.sandbox]\nports = [22]\n",
        "[sandbox]\nenvironment = ['CI']\n",
        trusted=False,
        sandbox__ports=[5432],
    )
    assert (loaded.settings.sandbox.environment, loaded.settings.sandbox.ports) == (("CI",), (5432,))


def test_the_user_may_say_what_an_untrusted_folder_may_not(load):
    loaded = load(user="interpreter = '/usr/bin/python3'\ntier = 'process'\n", trusted=False)
    assert loaded.settings.interpreter == "/usr/bin/python3"
    assert loaded.settings.tier is Tier.PROCESS
    assert loaded.notes == ()


def test_a_stronger_tier_may_be_asked_for_without_trust(load):
    assert load("[tool.macrohard]\ntier = 'vm'\n", trusted=False).settings.tier is Tier.VM


HARMLESS = (
    ["-x", "-q", "--strict-markers"],
    ["-m", "not slow", "--maxfail=1"],
    ["-k", "/etc/passwd"],
    ["tests/unit", "tests/test_a.py::test_b"],
    ["--ignore=tests/slow", "--deselect", "tests/test_a.py::test_b"],
    [],
)
REFUSED = (
    ["-p", "evil"],
    ["-pevil"],
    ["-c", "/etc/passwd"],
    ["--rootdir=/"],
    ["-o", "python_files=*"],
    ["--junit-xml=out.xml"],
    ["/etc"],
    ["../other"],
    ["tests/../../other"],
    ["~/other"],
    ["@arguments.txt"],
    ["--ignore", "/etc"],
    ["--ignore"],
    ["-x", "--pdbcls=evil:Evil"],
)


@pytest.mark.parametrize("arguments", HARMLESS, ids=" ".join)
def test_arguments_that_only_choose_tests_need_no_trust(load, arguments: list[str]):
    loaded = load(f"[tool.macrohard.test]\narguments = {arguments}\n", trusted=False)
    assert loaded.settings.test.arguments == tuple(arguments)
    assert loaded.notes == ()


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_other_arguments_are_put_aside_together(load, arguments: list[str]):
    loaded = load(f"[tool.macrohard.test]\narguments = {['-q', *arguments]}\n", trusted=False)
    assert loaded.settings.test.arguments == ()
    assert len(loaded.notes) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["interpreter", "tier", "test", "fix", "sandbox", "exclude"]) | st.text(max_size=8)
INNER = st.sampled_from(["arguments", "timeout_seconds", "jobs", "seed", "ports", "read"]) | st.text(
    max_size=8
)


@given(st.dictionaries(FIELDS, VALUES | st.dictionaries(INNER, VALUES, max_size=3), max_size=3))
def test_any_value_is_taken_or_has_a_sentence(values: dict):
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        try:
            loaded = load_settings(place, trusted=True, overrides=values, variables={}, home=place)
        except SettingsError as error:
            assert str(error).startswith("the command line: ")
            assert str(error).endswith((".", "?"))
        else:
            assert isinstance(loaded.settings, Settings)
