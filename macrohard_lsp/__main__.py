"""`macrohard-lsp` and `python -m macrohard_lsp`: the command line, and with no command the language server."""

import sys
from pathlib import Path

from macrohard_lsp.cli.main import main as run_command_line


def main() -> int:
    return run_command_line(serve=_serve)


def _serve(address: tuple[str, int] | None, log_file: Path | None) -> int:
    # Imported here, because no other command should wait for the protocol's many types.
    from macrohard_lsp.server.start import serve_stdio, serve_tcp

    return serve_stdio(log_file) if address is None else serve_tcp(*address, log_file)


if __name__ == "__main__":
    sys.exit(main())
