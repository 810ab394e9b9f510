"""How much a Run may use, and how much it has used."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spent:
    """What has been used so far; sums and differences are made field by field."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    tokens: int = 0
    usd: float = 0.0
    calls: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
            self.tokens + other.tokens,
            self.usd + other.usd,
            self.calls + other.calls,
        )

    def __sub__(self, other: "Spent") -> "Spent":
        return Spent(
            self.seconds - other.seconds,
            self.cpu_seconds - other.cpu_seconds,
            self.tokens - other.tokens,
            self.usd - other.usd,
            self.calls - other.calls,
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits for one Run; None is no limit. Raises ValueError for a negative limit."""

    seconds: float | None = None
    cpu_seconds: float | None = None
    tokens: int | None = None
    usd: float | None = None
    calls: int | None = None

    def __post_init__(self) -> None:
        for name, limit in self._limits():
            if limit is not None and limit < 0:
                raise ValueError(f"a budget can't be negative: {name} is {limit}")

    def _limits(self) -> tuple[tuple[str, float | None], ...]:
        return (
            ("seconds", self.seconds),
            ("cpu_seconds", self.cpu_seconds),
            ("tokens", self.tokens),
            ("usd", self.usd),
            ("calls", self.calls),
        )

    def share(self, spent: Spent) -> float:
        """How much of the limit that is nearest was used; 0 where there is no limit, 1 where one is reached."""
        used = (spent.seconds, spent.cpu_seconds, spent.tokens, spent.usd, spent.calls)
        shares = [
            amount / limit if limit else 1.0
            for (_, limit), amount in zip(self._limits(), used, strict=True)
            if limit is not None
        ]
        return min(max(shares, default=0.0), 1.0)

    def exhausted(self, spent: Spent) -> str | None:
        """The name of the first limit that `spent` has reached, or None while there is room."""
        used = (spent.seconds, spent.cpu_seconds, spent.tokens, spent.usd, spent.calls)
        for (name, limit), amount in zip(self._limits(), used, strict=True):
            if limit is not None and amount >= limit:
                return name
        return None
