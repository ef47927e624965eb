"""A small line without axes: the rate of days gone by, decided and expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from vtrkit.words import percent, short_day


@dataclass(frozen=True)
class Spark:
    """What is drawn of a line, on a picture of `width` to `height` pixels.

    Args:
        paths: the path of each part, by its name as a class.
        today: where the last day gone by stands, if there is one.
        goal: the height of the target.
        words: what the line shows.
    """

    paths: dict[str, str]
    today: tuple[str, ...] | None
    goal: str
    words: str
    width: int
    height: int


def spark(  # noqa: PLR0913, PLR0917 - what is drawn, and on which picture
    days: Sequence[tuple[date, float, str]],
    goal: float,
    width: int = 96,
    height: int = 26,
    floor: float = 0.7,
    ahead: Sequence[tuple[date, float, str]] = (),
) -> Spark | None:
    """The line of some days, each with its rate and part; none where there are fewer than two.

    Args:
        days: the days, in order.
        goal: the target, as a share.
        width: of the picture, in pixels.
        height: likewise.
        floor: the rate at the lower edge, at which stays what is lower; the upper one is 100 %.
        ahead: days of another line, of one part, which begins where the others are decided.
    """
    if len(days) < 2:
        return None
    first = days[0][0]
    span = max((day - first).days for day, _, _ in (*days, *ahead))

    def at(day: date, rate: float) -> str:
        low = (1 - max(rate, floor)) / (1 - floor)
        return f"{(day - first).days / span * width:.1f} {1 + low * (height - 2):.1f}"

    paths, last = {}, ""
    for part, some in groupby(days, key=lambda d: d[2]):
        points = [at(day, rate) for day, rate, _ in some]
        paths[part.replace(" ", "-")] = "M" + "L".join([*([last] if last else []), *points])
        last = points[-1]
    known = [d for d in days if d[2] != "projected"]
    if ahead and known:
        points = [at(day, rate) for day, rate, _ in (known[-1], *ahead)]
        paths["steps"] = "M" + "L".join(points)
    past = [d for d in days if d[2] == "official"]
    ends = [f"{percent(rate)} on {short_day(day)}" for day, rate, _ in (days[0], days[-1])]
    return Spark(
        paths=paths,
        today=tuple(at(*past[-1][:2]).split()) if past else None,
        goal=f"{1 + (1 - goal) / (1 - floor) * (height - 2):.1f}",
        words=f"from {ends[0]} to {ends[1]}",
        width=width,
        height=height,
    )
