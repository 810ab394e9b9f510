"""What of a configuration file is pytest's: other tools' settings, and the project's version, change no test."""

import configparser
import json
import tomllib

SECTIONS = ("pytest", "tool:pytest")


def pytest_part(path: str, text: str) -> str:
    """The part of the file that pytest reads, in some fixed form; the whole text where it can't be told."""
    try:
        if path.endswith(".toml"):
            return json.dumps(tomllib.loads(text).get("tool", {}).get("pytest"), sort_keys=True, default=str)
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(text)
    except (ValueError, configparser.Error):
        return text
    return json.dumps({name: dict(parser[name]) for name in SECTIONS if name in parser}, sort_keys=True)
