"""`macrohard-lsp` and `python -m macrohard_lsp`: the command line, and with no command the language server."""

import sys
from pathlib import Path


def main() -> int:
    # What editors start is on its way before the command line's own imports, which it would keep for its whole life.
    if sys.argv[1:] in ([], ["--stdio"]):
        return _serve(None, None)
    from macrohard_lsp.cli.main import main as run_command_line

    return run_command_line(serve=_serve)


def _serve(address: tuple[str, int] | None, log_file: Path | None) -> int:
    # Imported here, because no other command should wait for the protocol's many types.
    from macrohard_lsp.server.start import serve_stdio, serve_tcp

    return serve_stdio(log_file) if address is None else serve_tcp(*address, log_file)


if __name__ == "__main__":
    sys.exit(main())
