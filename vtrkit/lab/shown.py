"""One change on the screen of the what-if: its stops, and what is said and drawn of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from vtrkit.charts import trial as picture
from vtrkit.facts.marketplaces import marketplaces
from vtrkit.lab import sentences as say
from vtrkit.lab.state import State
from vtrkit.lab.trial import Stop, Trial, stays
from vtrkit.schema import Status
from vtrkit.study.coming import DAYS
from vtrkit.whatif.levers import Lever
from vtrkit.words import STATUS_WORDS, short_day


@dataclass(frozen=True)
class Shown:
    """What is shown: a state, the change in hand, its stops, and all changes of the category.

    `instead` is another change that brings the category back where this one does not, and when.
    """

    state: State
    trial: Trial
    share: float
    stops: Mapping[float, Stop]
    every: Mapping[str, Lever]
    instead: tuple[str, date] | None = None

    @property
    def out_of_reach(self) -> bool:
        """Whether all of the change does not bring its category back."""
        alone = self.row and self.row["told"] and not self.trial.rivals
        return bool(alone) and self.stops[1.0].back is None

    @property
    def row(self) -> dict[str, Any] | None:
        """The category that is shown; none of a place where nothing is counted."""
        rows = self.state.rows
        return next((r for r in rows if r["category"] == self.trial.category), None)

    @property
    def scene(self) -> picture.Scene | None:
        """What stays of the picture while the share moves; none where there is nothing to draw."""
        trial, as_is = self.trial, self.stops[0.0]
        rows = [*trial.past, *as_is.days]
        if not rows:
            return None
        ends = [r for share in (0.0, 1.0) for r in self.stops[share].days]
        low = [r["rate"] for r in rows]
        low += [r["low"] for r in ends if r["part"] == "projected"]
        goal = trial.target.bp / 10_000
        others = [t.bp / 10_000 for t in self.state.targets if t != trial.target]
        floor = picture.floor_of([*low, goal - 0.05])
        return picture.Scene(rows, trial.study.as_of, goal, others, floor)

    def moved(self, stop: Stop) -> str:
        """What a stop draws."""
        curve = [{**s.last, "share": x} for x, s in sorted(self.stops.items()) if s.last]
        if self.scene is None or not curve or not (self.row and self.row["told"]):
            return ""
        span = (stop.early, stop.late)
        return picture.moved(self.scene, stop.share, stop.days, curve, stop.back, span)

    @property
    def safer(self) -> Stop | None:
        """The stop of the safer share, as soon as it is computed."""
        told = self.row and self.row["told"] and not self.trial.rivals
        share = told and self.trial.needed["safer_share"]
        return self.stops.get(share) if share else None

    @property
    def currency(self) -> str:
        """That of the marketplace; none where nobody named it."""
        marketplace = marketplaces().get(self.state.place[1])
        return marketplace.currency if marketplace else ""

    def sentences(self, stop: Stop) -> tuple[Markup, str]:
        """The sentence on top, and what comes with it."""
        if self.row is None:
            return Markup("No package counts on this day."), ""
        texts = say.headline(self.trial, stop, self.stops[0.0], self.row)
        more = say.more(self.trial, stop, self.row, self.safer, self.currency)
        if stop.share == 1 and self.out_of_reach:
            more = f"{say.beyond(self.trial, self.instead)} {more}".strip()
        return texts, more

    def spoken(self, stop: Stop) -> str:
        """What a screen reader says of a stop."""
        back = f"back about {short_day(stop.back)}" if stop.back else "not back"
        back = back if self.row and self.row["told"] else "cannot be told"
        return f"{say.share_text(stop.share).replace('%', 'percent')}, {back}"


def stop_panes(shown: Shown, stop: Stop) -> dict[str, Any]:
    """What the browser puts in place when the slider comes by."""
    text, more = shown.sentences(stop)
    return {
        "share": round(stop.share * 100, 4),
        "say": str(text),
        "more": str(Markup.escape(more)),
        "moved": shown.moved(stop),
        "mine": back_text(shown.row, stop.back, moved=bool(stop.share)) if shown.row else "",
        "spoken": shown.spoken(stop),
        "packages": round(stop.packages),
    }


def back_text(row: dict[str, Any], day: date | None, *, moved: bool) -> str:
    """The day back, as a row has it; with an arrow where a change moves it."""
    if not row["told"]:
        return "–"
    shown = short_day(day or row["as_of"] + timedelta(days=DAYS))
    if row["status"] == Status.UNDECIDED and not row["below_on"]:
        shown = STATUS_WORDS[Status.UNDECIDED]  # it may be on target all along
    elif stays(row, day):
        shown = "stays"
    elif day is None:
        shown = f"after {shown}"
    return f"→ {shown}" if moved else shown
