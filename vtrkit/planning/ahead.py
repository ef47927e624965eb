"""What a plan has to reach by a coming day, and which packages it may still choose from.

Packages to come are expected ones, of the kinds of the last weeks, as a scenario looking forward
takes them; those on their way are reached by retroactive levers alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from vtrkit.errors import ParameterError
from vtrkit.forecast.windows import Windows, windows
from vtrkit.given import lazy
from vtrkit.metric.tally import rollup
from vtrkit.metric.windows import Question
from vtrkit.planning.chance import Array, furthest
from vtrkit.planning.eligible import KINDS, Eligible, boxes, check_levers
from vtrkit.planning.needs import Case, moves, one_account, program_of
from vtrkit.planning.result import scenario
from vtrkit.schema import EVEN, GROUP
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.looking_ahead import Prospect, prospect
from vtrkit.whatif.needed_ahead import least_steps
from vtrkit.whatif.selection import Kinds

_PARTS = 2**16
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Ahead:
    """The window that is read on a day, for each category and for the account as a whole."""

    categories: Prospect
    account: Prospect

    @property
    def both(self) -> tuple[Prospect, Prospect]:
        """The categories' prospect, and the account's."""
        return self.categories, self.account

    @property
    def names(self) -> list[str]:
        """The categories, in order."""
        return [str(name) for name in self.categories.forecast.groups["category"]]

    def last(self, effects: Sequence[tuple[Array, Array]] | None = None) -> list[Windows]:
        """Windows of all days asked for, as things stand or with effects on both prospects."""
        none: list[tuple[Any, Any]] = [(None, None)] * 2
        return [
            windows(one.forecast, rescued=rescued, moved=moved)
            for one, (rescued, moved) in zip(self.both, effects or none, strict=True)
        ]

    def chances(self, effects: Sequence[tuple[Array, Array]] | None = None) -> Array:
        """The probability of being on target on the day, categories first, the account last."""
        return np.concatenate([w.chance[:, -1] for w in self.last(effects)])


def look_forward(tally: pl.DataFrame | pl.LazyFrame, question: Question, by_day: date) -> Ahead:
    """The window of a coming day.

    Raises:
        ParameterError: the day is not after the as-of day.
        TallyError: the tally has no ship_date. Else see `vtrkit.outlook`.
    """
    days = (by_day - question.as_of).days
    if days < 1:
        raise ParameterError(
            f"by_day {by_day}: give a day after the as-of day {question.as_of}, or that day itself "
            "to look back"
        )
    one_account(rollup(lazy(tally, "tally"), GROUP).collect())
    both = [prospect(tally, replace(question, by=by), days) for by in (("category",), GROUP)]
    return Ahead(*(replace(one, forecast=one.forecast.read_on(slice(-1, None))) for one in both))


def effects(ahead: Ahead, scenario: Scenario) -> list[tuple[Array, Array]]:
    """What a scenario does to the categories and to the account."""
    return [tuple(one.effect(scenario)[-2:]) for one in ahead.both]  # type: ignore[misc]


def within(ahead: Ahead, levers: Sequence[Lever]) -> Eligible:
    """Which packages of the window the levers can still reach, as expected counts.

    Raises:
        ParameterError: no lever, two of one name, or one that moves valid packages along.
    """
    check_levers(levers)
    kinds = ahead.categories.kinds
    asked_of = Kinds(kinds)
    fits = kinds.select(
        pl.concat_list(
            pl.when(pl.Series(asked_of.chosen(x))).then(pl.lit(i, pl.Int64))
            for i, x in enumerate(levers)
        )
        .list.drop_nulls()
        .alias("fits")
    )
    named = any(lever.category for lever in levers)
    asked = [n for n in (*KINDS, *(["category"] if named else [])) if n in kinds.columns]
    told = pl.concat([kinds, fits], how="horizontal").filter(pl.col("fits").list.len() > 0)
    label = pl.col("fits").cast(pl.List(pl.String)).list.join(" ").alias("label")
    parted = told.with_columns(label).partition_by("label", maintain_order=True)
    cells = [
        cell
        for some in parted
        for cell in _cells(ahead, levers, some["fits"][0].to_list(), some.select(asked).unique())
    ]
    schema = [
        ("category", pl.String()),
        ("fits", pl.List(pl.Int64)),
        ("packages", pl.Float64()),
        *((f"on{i}", pl.Float64()) for i in range(len(levers))),
    ]
    table = pl.DataFrame(cells, schema=schema, orient="row")
    names = [n for n in KINDS if n in kinds.columns]
    return Eligible(
        table.sort("category", "fits"),
        told.select(pl.col("category").cast(pl.String), "fits", *names).unique().sort(pl.all()),
    )


def _cells(
    ahead: Ahead, levers: Sequence[Lever], fits: list[int], kinds: pl.DataFrame
) -> list[tuple[Any, ...]]:
    """For each category, how many packages of some kinds each lever that fits them can reach."""
    reached = np.zeros((len(levers), len(ahead.names)))
    known: dict[tuple[Any, ...], Array] = {}
    for place in fits:
        lever = levers[place]
        same = (lever.start, lever.ramp_days, lever.retroactive)
        if same not in known:
            known[same] = sum(
                (_reached(ahead.categories, lever, box) for box in boxes(kinds)),
                np.zeros(len(ahead.names)),
            )
        reached[place] = known[same]
    most = reached.max(axis=0)
    return [
        (name, fits, float(most[g]), *map(float, reached[:, g].round(9)))
        for g, name in enumerate(ahead.names)
        if most[g] > _SLACK
    ]


def _reached(one: Prospect, lever: Lever, box: dict[str, Any]) -> Array:
    """The packages of the window that a lever reaches if all of its share is moved."""
    full = replace(lever, share=1.0, scanned=1.0, **box)
    rescued, moved = one.effect(Scenario("probe", (full,)))[-2:]
    to_come = (rescued * one.failing).sum(axis=0)
    total: Array = (one.counts_last * (to_come + moved)).sum(axis=1)
    return total


def goals(ahead: Ahead, far: Scenario, gained: Array, confidence: float) -> pl.DataFrame:
    """What each category, and the account, needs: `needed` packages and the `spread` of that.

    With a part of the furthest scenario each gets to an even chance, with a larger one to the
    confidence; what lies between is its margin for the forecast.

    Args:
        ahead: the window.
        far: everything that levers can do.
        gained: the packages that turn valid by it, of each category and of the account.
        confidence: as in `vtrkit.plan`.
    """
    whole = effects(ahead, far)
    parts = {wanted: _part(ahead, whole, wanted) for wanted in {EVEN, confidence}}
    even, sure = (
        np.where(parts[wanted] > 1, gained + 1, gained * parts[wanted])
        for wanted in (EVEN, confidence)
    )
    z = float(ndtri(confidence)) if confidence > EVEN else 1.0
    now = ahead.last()
    valid = np.concatenate([w.valid[:, -1] for w in now])
    # what nobody has verified is left out
    counted = np.concatenate([(w.counted - w.unknown)[:, -1] for w in now])
    made = ahead.categories.forecast
    strict = bool(made.strict[0, -1])
    return pl.DataFrame(
        {
            "category": [*ahead.names, None],
            "target_bp": np.full(len(counted), made.target_bp[0, -1]),
            "condition": ["greater_than" if strict else "at_least"] * len(counted),
            "counted": counted,
            "valid": valid,
            "unknown": np.zeros(len(counted)),
            "vtr_low": np.divide(valid, counted, out=np.zeros_like(valid), where=counted > 0),
            "needed": even,
            # what is expected is never known to the package
            "spread": np.maximum(((sure - even) / z) ** 2, np.where(even > 0, _SLACK, 0.0)),
        }
    )


def _part(ahead: Ahead, whole: Sequence[tuple[Array, Array]], wanted: float) -> Array:
    """The least part of some effects with which each group has a chance; 2 where all do not do.

    Groups in which nothing is counted need nothing.
    """

    def met(part: Array) -> Array:
        split = len(ahead.names)
        parts = part[:split, None], part[split:, None]
        scaled = [(p * r, p * m) for p, (r, m) in zip(parts, whole, strict=True)]
        chance = ahead.chances(scaled)
        enough: Array = (chance >= wanted) | np.isnan(chance)
        return enough

    least = least_steps(met, len(ahead.names) + 1, _PARTS)
    return np.where(least > _PARTS, 2.0, least / _PARTS)


def case_ahead(
    ahead: Ahead, levers: Sequence[Lever], confidence: float
) -> tuple[Case, pl.DataFrame]:
    """What levers can reach of the window of a coming day, and what each category needs.

    Raises:
        ParameterError: no lever, two of one name, or one that moves valid packages along.
    """
    case = Case(tuple(levers), within(ahead, levers), whole=False)
    choices = moves(case)
    names = pl.Series("category", [*ahead.names, None], dtype=pl.String)
    nothing = pl.DataFrame([names]).with_columns(needed=pl.lit(0.0), spread=pl.lit(0.0))
    program = program_of(choices, case, nothing)
    far = furthest(program)
    moved = choices.with_columns(moved=pl.Series(far, dtype=pl.Float64))
    everything = scenario(case.levers, case.reach, moved)
    gained = program.counts @ (program.scanned * far)
    return case, goals(ahead, everything, gained, confidence)
