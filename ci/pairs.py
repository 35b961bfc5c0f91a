"""What was measured beside what it has to be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """`measured` and `aim` in `unit`; less is better."""

    name: str
    measured: float
    aim: float
    unit: str

    def line(self) -> str:
        return f"{self.name:<40} {self.measured:8.1f} {self.aim:8.1f} {self.unit:<4} {self.measured / self.aim:6.2f}"
