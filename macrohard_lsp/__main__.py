"""`python -m macrohard_lsp` is the same program as `macrohard-lsp`."""

import sys

from macrohard_lsp.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
