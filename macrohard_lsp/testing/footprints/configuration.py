"""What of a configuration file is pytest's: other tools' settings, and the project's version, change no test."""

import configparser
import json
import tomllib
from pathlib import PurePosixPath

FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
SECTIONS = ("pytest", "tool:pytest")


def configurations(directory: str) -> tuple[str, ...]:
    """Where pytest looks for its configuration when it is started in a directory of the workspace, there or above."""
    path = PurePosixPath(directory)
    places = dict.fromkeys("" if place.name == "" else f"{place}/" for place in (path, *path.parents))
    return tuple(f"{place}{name}" for place in places for name in FILES)


def pytest_part(path: str, text: str) -> str:
    """The part of the file that pytest reads, in some fixed form; the whole text where it can't be told."""
    if path.endswith("pytest.toml"):
        return text
    try:
        if path.endswith(".toml"):
            return json.dumps(tomllib.loads(text).get("tool", {}).get("pytest"), sort_keys=True, default=str)
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(text)
    except (ValueError, configparser.Error):
        return text
    return json.dumps({name: dict(parser[name]) for name in SECTIONS if name in parser}, sort_keys=True)
