"""`python -m macrohard_lsp.host FD`: what a server starts. FD is its end of a socket pair."""

import sys

from macrohard_lsp.host.process import run

if __name__ == "__main__":
    run(int(sys.argv[1]))
