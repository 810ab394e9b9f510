import sys
from pathlib import Path

# `bench/` is no package of the wheel; the tests find it where the repository's root is.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
