"""The settings there are. Few on purpose: nothing has to be set for the main job."""

import os
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from macrohard_lsp.core.tier import Tier

MOST_JOBS = 64
_JOBS_BY_DEFAULT = 4
_DAY = 86_400.0

_Texts = Annotated[tuple[str, ...], Field(strict=False)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class TestSettings(_Table):
    """`arguments` are added to pytest's command line. `timeout_seconds` is for one test."""

    __test__ = False

    arguments: _Texts = ()
    timeout_seconds: Annotated[float, Field(gt=0, le=_DAY)] = 60.0


class FixSettings(_Table):
    """`jobs` None lets the program choose (see `jobs_or_default`). The same `seed` gives the same search."""

    budget_seconds: Annotated[float, Field(gt=0, le=_DAY)] = 60.0
    jobs: Annotated[int | None, Field(ge=1, le=MOST_JOBS)] = None
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @property
    def jobs_or_default(self) -> int:
        """How many workers search at once: as asked, else one for each core there is to use, up to four."""
        return self.jobs or min(len(os.sched_getaffinity(0)), _JOBS_BY_DEFAULT)


class Settings(_Table):
    """`interpreter` is a path, an environment or a program's name; None has one looked for. `tier` None
    leaves it to the program. `exclude` are patterns as in .gitignore.
    """

    interpreter: Annotated[str | None, Field(min_length=1)] = None
    tier: Annotated[Tier | None, Field(strict=False)] = None
    test: TestSettings = TestSettings()
    fix: FixSettings = FixSettings()
    exclude: _Texts = ()
