"""Views as JSON, for `trivet ha score --view`: what is rated comes in, score and penalties go out. Pure."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from hosted_engine.ha.score import Measurements, Penalty, Score, rate
from hosted_engine.ha.states import State
from node.api.problems import Refused

Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
AtLeastZero = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class BadView(Refused):
    what = "Cannot rate the view of {source}"
    why = "{reason}"
    mend = "Correct it; the README of hosted_engine/ha shows one"


class RatedView(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a score is made from. null is unknown."""

    state: State
    network: Fraction | None
    bridge: bool
    memory_free_mib: AtLeastZero | None
    memory_needed_mib: AtLeastZero | None
    cpu_history: list[tuple[float, AtLeastZero | None]] | None
    failed_starts: Count
    config_fresh: bool

    def rate(self) -> Score:
        measured = Measurements(
            network=self.network,
            bridge=self.bridge,
            memory_free_mib=self.memory_free_mib,
            memory_needed_mib=self.memory_needed_mib,
            cpu_history=tuple(self.cpu_history or ()),
            config_fresh=self.config_fresh,
        )
        return rate(self.state, measured, self.failed_starts)


class RatedScore(msgspec.Struct, frozen=True):
    score: int
    penalties: tuple[Penalty, ...]


def rate_file(data: bytes, source: str) -> RatedScore | list[RatedScore]:
    """The score of a view, or of each of a list of views. Raises BadView, which names the path of what is wrong."""
    try:
        views = msgspec.json.decode(data, type=list[RatedView] if _is_list(data) else RatedView)
    except (msgspec.MsgspecError, UnicodeDecodeError) as err:
        raise BadView(source=source, reason=str(err)) from err
    if isinstance(views, RatedView):
        return _rated(views, "$", source)
    return [_rated(view, f"$[{index}]", source) for index, view in enumerate(views)]


def _is_list(data: bytes) -> bool:
    return data.lstrip().startswith(b"[")


def _rated(view: RatedView, path: str, source: str) -> RatedScore:
    if (index := _first_decrease(view.cpu_history or ())) is not None:
        raise BadView(source=source, reason=f"Its times go back - at `{path}.cpu_history[{index}]`")
    score = view.rate()
    return RatedScore(score.value, score.penalties)


def _first_decrease(history: Sequence[tuple[float, float | None]]) -> int | None:
    return next((i for i in range(1, len(history)) if history[i][0] < history[i - 1][0]), None)
