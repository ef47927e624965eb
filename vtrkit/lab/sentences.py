"""What the what-if says of a change: a sentence of the future, what comes with it, and the past."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from vtrkit.lab.trial import Stop, Trial, stays, tomorrow
from vtrkit.schema import UNKNOWN_CATEGORY, Status
from vtrkit.sections.saying import spoken
from vtrkit.study.coming import DAYS
from vtrkit.study.first_steps import CORRECTIONS
from vtrkit.tracking.carriers import carrier_names
from vtrkit.whatif.levers import Lever
from vtrkit.words import day_text, number_of, percent, short_day, target_text

_PARTS = {0.5: "1 of 2", 0.75: "3 of 4", 0.8: "4 of 5"}
_PHRASES = {
    "have them tracked and scanned": "get {} scanned that now are not",
    "enter numbers before delivery": "enter the numbers of {} before delivery that now come later",
    "correct the number": "correct the numbers of {} that now have wrong ones",
    "correct the carrier": "correct the carriers of {} that now have wrong ones",
    "buy labels through Amazon": "buy the labels of {} through Amazon that now fail for their own",
    "use a carrier Amazon hears from": "ship {} with carriers Amazon hears from that now are not",
}
_PHRASES[CORRECTIONS] = "correct {} that are on their way and entered wrong"
_UNLIKE = 0.004
"""Rates that differ by less are not worth a word."""


def share_text(share: float) -> str:
    """A share as a whole percent, if it is one.

    Examples:
        >>> share_text(0.75), share_text(0.055)
        ('75 %', '5.5 %')
    """
    return f"{round(share * 100, 2):g} %"


def does(lever: Lever, share: float) -> Markup:
    """What is done, as it stands behind "From 1 October,"."""
    of = f"{', '.join(map(spoken, lever.category))} packages".strip()
    of = "packages of no known category" if UNKNOWN_CATEGORY in lever.category else of
    part = _PARTS.get(share) or ("all" if share == 1 else share_text(share))
    if part.endswith("%"):
        of = f"of the {of}"
    marked = Markup("<b>{}</b> {}").format(part, of)
    if lever.to_carrier:
        old, new = (carrier_names().get(x, x) for x in (lever.carrier_id[0], lever.to_carrier))
        return Markup("ship <b>{}</b> {} that go with {} with {}").format(part, of, old, new)
    name = lever.name.partition(":")[0]
    if lever.moves_all and lever.carrier_id:
        old = " and ".join(carrier_names().get(x, x) for x in lever.carrier_id)
        return Markup("ship {} that go with {} with others").format(marked, old)
    phrase = _PHRASES.get(name, f"{name} for {{}}")
    return Markup(phrase.replace("<", "&lt;")).format(marked)


def starts(plan: Sequence[Lever], as_of: date, said: Callable[[date], str] = day_text) -> str:
    """The first day on which a plan changes anything, with its year if it is not this one."""
    day = min(max(x.start or tomorrow(as_of), tomorrow(as_of)) for x in plan)
    return said(day) + (f" {day.year}" if day.year != as_of.year else "")


def headline(trial: Trial, stop: Stop, as_is: Stop, row: dict[str, Any]) -> Markup:
    """What comes of a share of the change, in one sentence."""
    who, goal = spoken(trial.category), target_text(trial.target.bp)
    if not row["told"] or stop.rate is None or as_is.rate is None:
        return Markup("{}: it cannot be told what the coming weeks bring.").format(who)
    rate, last = percent(stop.rate), day_text(stop.last["day"])
    outcome = Markup("back about <b>{}</b>").format(day_text(stop.back)) if stop.back else None
    if stays(row, stop.back):
        outcome = Markup("on target, and it stays there")
    if not stop.share:
        how = "With the rest of my plan" if trial.rivals else "As it is"
        outcome = outcome or Markup("<b>not back</b> by {}: {} then").format(last, rate)
        return Markup("{}, {} is {}.").format(how, who, outcome)
    if stop.share == 1 and not stop.back and not trial.rivals and stop.rate >= as_is.rate:
        how = "scanning" if trial.lever.name.startswith("have them") else "this change"
        text = Markup("{} is out of reach for {} by {} alone: <b>{}</b> at best.")
        return text.format(goal, who, how, rate)
    if outcome is None:
        outcome = Markup("<b>not back</b> by {}: {} then").format(last, rate)
    if stop.rate < as_is.rate - _UNLIKE:
        outcome = Markup("it <b>falls to {}</b> by {}").format(rate, last)
    start = starts([trial.lever], trial.study.as_of)
    shown = outcome if who in trial.lever.category else Markup("{} {}").format(who, outcome)
    return Markup("From {}, {}: {}.").format(start, does(trial.lever, stop.share), shown)


def several(plan: Sequence[Lever], rows: Sequence[dict[str, Any]], as_of: date) -> Markup:
    """What all changes of a plan bring together."""
    changes = number_of(len(plan), "change")
    text = Markup("From {}, your {} {}.")
    return text.format(starts(plan, as_of), changes, brings(rows, as_of))


def brings(rows: Sequence[dict[str, Any]], as_of: date) -> Markup:
    """How many categories changes bring back, by when."""
    told = [row for row in rows if row["told"]]
    back = [row["back"] for row in told if row["back"]]
    if len(back) == len(rows):
        every = f"all {len(told)}" if len(told) > 1 else spoken(told[0]["category"])
        return Markup("bring <b>{} back by {}</b>").format(every, day_text(max(back)))
    last = day_text(as_of + timedelta(days=DAYS))
    text = Markup("bring <b>{} of {}</b> categories back by {}")
    return text.format(len(back), len(rows), last)


def all_fine(rows: Sequence[dict[str, Any]]) -> Markup | None:
    """That nothing has to be done, and which category is closest to the target; none if it has."""
    if len(rows) < 2 or not all(row["told"] and stays(row, row["back"]) for row in rows):
        return None
    closest = min(rows, key=lambda row: (row["vtr_low"], row["category"]))
    text = Markup("All {} are on target and stay there. Closest: <b>{}</b>, {}.")
    return text.format(len(rows), spoken(closest["category"]), percent(closest["vtr_low"]))


def beyond(trial: Trial, instead: tuple[str, date] | None) -> str:
    """What brings a category back that a change alone does not, and what Amazon asks for."""
    texts = []
    if instead:
        texts.append(f"“{instead[0]}” does it: back about {day_text(instead[1])}.")
    asked = int(trial.study.headline["target_bp"])
    if asked < trial.target.bp:
        texts.append(f"Amazon asks for {target_text(asked)}.")
    return " ".join(texts)


def more(trial: Trial, stop: Stop, row: dict[str, Any], safer: Stop | None, currency: str) -> str:
    """The dip, the span, the safer share, packages and money."""
    texts = [f"{row['why'][0].upper()}{row['why'][1:]}."] if _undecided(row) else []
    if not row["told"]:
        return " ".join(texts)
    if stop.share and trial.lever.start and trial.lever.start <= trial.study.as_of:
        texts.append("What has shipped is not changed any more.")
    if stop.gone:
        texts.append(f"It takes the place of {', '.join(stop.gone)}: the same packages.")
    today = trial.past[-1]["rate"] if trial.past else None
    lowest = min(stop.days, key=lambda day: (day["rate"], day["day"]), default=None)
    if lowest and today and lowest["rate"] < today - _UNLIKE:
        texts.append(
            f"First it falls to {percent(lowest['rate'], 0)}, around {day_text(lowest['day'])}."
        )
    if stop.back and stop.last and not stays(row, stop.back):
        last = day_text(stop.last["day"])
        late = day_text(stop.late) if stop.late else f"a day after {last}"
        early = day_text(stop.early or stop.back)
        if early != late:
            texts.append(f"In 6 of 10 cases it is back between {early} and {late}.")
    if safer and safer.late and safer.share > stop.share > 0:
        done = "scanned " if trial.lever.name.startswith("have them") else ""
        texts.append(
            f"{share_text(safer.share)} {done}is safer ({day_text(safer.late)}, 80 % sure)."
        )
    if stop.share:
        texts.append(takes([{"packages": stop.packages, "cost": stop.cost}], currency))
    return " ".join(texts)


def takes(rows: Sequence[dict[str, Any]], currency: str) -> str:
    """The packages to come that ship differently and count, and what they cost."""
    packages, cost = (sum(row[name] or 0 for row in rows) for name in ("packages", "cost"))
    if not packages:
        return "That changes no package to come that counts."
    price = f": {currency} {cost:,.0f}" if cost else ""
    count = number_of(max(1, round(packages)), "package")
    verb = "counts" if count == "1 package" else "count"
    return f"That changes about {count} that {verb} in 30 days{price}."


def _undecided(row: dict[str, Any]) -> bool:
    return bool(row["status"] == Status.UNDECIDED and row["why"])


def looking_back(row: dict[str, Any]) -> str:
    """What would have been enough in the days that count, which is too late to do."""
    due = f"{row['counted']:,} due {short_day(row['window_start'])} to "
    due += short_day(row["window_end"])
    low, high = sorted((row["to_fix_best"] or 0, row["to_fix"] or 0))
    if not high:
        return f"Looking back: no more of the {due} would have been needed."
    count = f"{low:,}–{high:,}" if low < high else f"{high:,}"
    return f"Looking back: {count} more of the {due} would have been enough. Too late for them."


def rate_range(row: dict[str, Any]) -> str:
    """Today's rate without its sign, as a range where packages are not known."""
    low, high = (percent(row[n]).removesuffix(" %") for n in ("vtr_low", "vtr_high"))
    return low if low == high else f"{low}–{high}"


def least(rows: Sequence[dict[str, Any]], goal: str, last: date) -> str:
    """The least shares of scanned packages that bring each category back, or how far they get."""
    told = [row for row in rows if row["told"]]
    shares = [
        f"{spoken(row['category'])} {share_text(row['share'])}" for row in told if row["share"]
    ]
    out = [
        f"{spoken(r['category'])} {percent(r['best'])} at best" for r in told if r["share"] is None
    ]
    count = len(told) - len(out)
    if out:
        text = f"{count} of {len(told)} reach {goal} by {short_day(last)} with the shares above; "
        return text + _first(out)
    if not shares:
        return f"All {count} are back by {short_day(last)} by themselves."
    untold = f"; {len(rows) - count} cannot be told" if count < len(rows) else ""
    return f"Least for all {count} by {short_day(last)}: {_first(shares)}{untold}"


def _first(texts: list[str]) -> str:
    more = len(texts) - 4
    return ", ".join(texts[:4]) + (f" and {more} more" if more > 0 else "")
