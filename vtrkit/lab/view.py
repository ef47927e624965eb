"""What stands on the screen of the what-if, from what was computed of it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from markupsafe import Markup

from vtrkit.charts import trial as picture
from vtrkit.lab import sentences as say
from vtrkit.lab.shown import Shown, back_text
from vtrkit.lab.state import State, carriers_of
from vtrkit.lab.trial import TRACK, about, reaches, tomorrow
from vtrkit.metric.status import as_shown
from vtrkit.schema import UNKNOWN_CATEGORY
from vtrkit.sections.saying import called, spoken
from vtrkit.study.coming import DAYS
from vtrkit.tracking.carriers import carrier_names
from vtrkit.whatif.changes import UNTRACKED
from vtrkit.whatif.levers import Lever
from vtrkit.whatif.to_carrier import scanned_by
from vtrkit.words import (
    STATUS_SIGNS,
    STATUS_WORDS,
    percent,
    place,
    short_day,
    target_text,
)

View = dict[str, Any]
_MANY = 15
"""Categories above which those on target fold, and can be looked for."""
_CHIPS = 2
"""Changes of my plan that are shown until all are asked for."""


def view(shown: Shown) -> "Now":
    """Everything on the screen, for its template."""
    state, trial = shown.state, shown.trial
    stop = shown.stops[shown.share]
    text, more = shown.sentences(stop)
    if state.lead and state.plan:
        text = say.several(state.plan, state.rows, state.as_of)
        more = f"{say.takes(state.rows, shown.currency)} {spoken(trial.category)}: {more}"
    elif not state.plan:
        text = say.all_fine(state.rows) or text
    scene = shown.scene
    words = f"{text.striptags()} {more}"
    last = state.as_of + timedelta(days=DAYS)
    lines = f'{picture.fixed(scene)}<g data-pane="moved">{shown.moved(stop)}</g>' if scene else ""
    return Now(
        _top(state)
        | _list(shown)
        | _changes(shown)
        | _settings(shown)
        | _foot(state)
        | {
            "say": text,
            "more": more,
            "words": words,
            "svg": Markup(picture.svg(lines, str(Markup.escape(words)), last)),
            "percent": f"{shown.share * 100:g}",
            "packages": round(stop.packages),
            "most": round(shown.stops[1.0].packages),
            "slider": f"Share of the packages of {spoken(trial.category)}: {state.change}",
            "spoken": shown.spoken(stop),
            "movable": bool(scene and shown.row and shown.row["told"]),
            "ticks": _ticks(shown),
            "tick_left": lambda share: round(
                picture.at_share(share / 100) / picture.WIDTH * 100, 2
            ),
        }
    )


class Now(dict[str, Any]):
    """What the template reads; its sentence is the answer."""

    @property
    def say(self) -> Markup:
        """The sentence on top."""
        text: Markup = self["say"]
        return text


def _top(state: State) -> View:
    names = [str(row["category"]) for row in state.rows]
    days = state.shown.days
    return {
        "places": [(" · ".join(p), " · ".join(p)) for p in state.study.places],
        "place": " · ".join(state.place),
        "categories": [(name, called(name)) for name in names],
        "category": state.category,
        "as_of": state.as_of.isoformat(),
        "days": (days[0].isoformat(), days[-1].isoformat()),
        "targets": [(t.bp, target_text(t.bp)) for t in state.targets],
        "target": state.target.bp,
    }


def _list(shown: Shown) -> View:
    state, rows, goal = shown.state, shown.state.rows, shown.trial.target.bp
    lows = [row["vtr_low"] for row in rows]
    floor = min([0.9, *lows])
    last = state.as_of + timedelta(days=DAYS)
    totals = state.shown.totals.filter("is_enforced_window").to_dicts()
    told = [row for row in rows if row["told"]]
    shown_rows = [_row(shown, row, floor) for row in rows]
    return {
        "signs": signs(rows),
        "rows": shown_rows,
        "where": place(dict(zip(("account", "marketplace"), state.place, strict=True))),
        "whole": say.rate_range(totals[0]) if totals and totals[0]["counted"] else "–",
        "card": say.least(rows, target_text(goal), last) if len(told) > 1 else "",
        "tryable": any(row["share"] != 0 for row in told),
        "steps": say.brings(state.with_steps, state.as_of) if state.with_steps else "",
        "table": (
            ("category", "status", "today", "back", "least share"),
            [(r["name"], r["word"], r["today"], r["back"], r["least"]) for r in shown_rows],
        ),
        "fine": sum(_is_fine(row, state) for row in rows) if len(rows) > _MANY else 0,
        "many": len(rows) > _MANY,
    }


def shown_as(name: str, rows: Sequence[object]) -> str:
    """What a list of categories calls one of them; what is all there is is every category."""
    return "category unknown" if name == UNKNOWN_CATEGORY and len(rows) > 1 else called(name)


def _is_fine(row: dict[str, Any], state: State) -> bool:
    """Whether a row of a long list is folded away until it is asked for."""
    return word(row) == "on target" and row["category"] != state.category


def _row(shown: Shown, row: dict[str, Any], floor: float) -> View:
    state = shown.state
    name = str(row["category"])
    shown_name, chosen = shown_as(name, state.rows), name == state.category
    changed = row["back"] != row["back_as_is"] or bool(row["packages"])
    failed = f"{row['counted'] - row['valid'] - row['unknown']:,} of {row['counted']:,} failed"
    share, told = row["share"], row["told"]
    best = percent(row["best"]).removesuffix(" %")
    least = "–" if not told else f"{best} best" if share is None else say.share_text(share)
    lever = next((x for x in state.plan if x.name == about(UNTRACKED, name)), None)
    then = row["rate_on_last_day"] if changed and told else None
    return {
        "category": name,
        "name": shown_name,
        "chosen": chosen,
        "fine": _is_fine(row, state),
        "sign": sign(row),
        "word": word(row),
        "kind": word(row).replace(" ", "-"),
        "spoken": f"{shown_name}, {word(row)}, {say.rate_range(row)} percent, {failed}",
        "strip": Markup(
            picture.strip(row["vtr_low"], row["vtr_high"], then, state.target.bp / 10_000, floor)
        ),
        "today": say.rate_range(row),
        "moved": changed,
        "back": back_text(row, row["back"], moved=changed),
        "least_share": bool(told and share),
        "least": "none" if told and share == 0 else least,
        "least_kind": "far" if told and share is None else "",
        "set": bool(lever and share and abs(lever.share - share) < 1e-9),
    }


def signs(rows: Iterable[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """The statuses of some rows but "on target", worst first: sign, word and class."""
    order = [*STATUS_WORDS.values(), "goal only"]
    kinds = sorted({(order.index(word(r)), sign(r), word(r)) for r in rows})
    return [(s, w, w.replace(" ", "-")) for _, s, w in kinds if w != "on target"]


def sign(row: dict[str, Any]) -> str:
    """The sign of a row's status."""
    return STATUS_SIGNS[as_shown(row)] if row["in_force"] else "–"


def word(row: dict[str, Any]) -> str:
    """Its words."""
    return STATUS_WORDS[as_shown(row)] if row["in_force"] else "goal only"


def _changes(shown: Shown) -> View:
    state, row = shown.state, shown.row
    study, category = state.shown, state.category
    counts = {label: reaches(study, category, x) for label, x in shown.every.items()}
    mine = {label for label, x in shown.every.items() if x.share > 0} | {state.change}
    some = {n: c for n, c in counts.items() if c or n in mine or state.unfolded}
    order = sorted(some, key=lambda label: (label != TRACK, -some[label]))
    low = row["counted"] - row["valid"] - row["unknown"] if row else 0
    high = low + row["unknown"] if row else 0
    none = len(counts) - len(some)
    return {
        "changes": [(label, some[label]) for label in order],
        "every_change": [(label, f"{label}: {counts[label]}") for label in counts],
        "change": state.change,
        "failed": f"{low:,}" if low == high else f"{low:,}–{high:,}",
        "folded": f"{none} more reach{'es' if none == 1 else ''} none" if none else "",
    }


def _settings(shown: Shown) -> View:
    state, trial, lever = shown.state, shown.trial, shown.trial.lever
    first = tomorrow(state.as_of)
    names = carrier_names()
    used = carriers_of(state.study.of(*state.place)) if lever.to_carrier else ()
    scanned = lever.scanned
    if lever.measured:
        scanned = scanned_by(trial.study.tally, lever, trial.study.question.closed_to).share
    return {
        "start": (lever.start or first).isoformat(),
        "tomorrow": first.isoformat(),
        "scanned": f"{scanned * 100:.4g}",
        "cost": f"{lever.cost:g}",
        "currency": shown.currency,
        "carriers": [(c, names[c]) for c in used if c in names],
        "old": lever.carrier_id[0] if lever.to_carrier else "",
        "new": lever.to_carrier,
        "past": say.looking_back(shown.row) if shown.row else "",
    }


def _ticks(shown: Shown) -> list[tuple[float, str, int]]:
    """The shares below the slider: its ends, the least and the safer one."""
    ends: list[tuple[float, str, int]] = [(0, "0", 0), (100, "100 %", 0)]
    if not (shown.row and shown.row["told"]):
        return ends
    if shown.trial.rivals:
        return ends  # they are of the change by itself
    needed = shown.trial.needed
    least, safer = needed["share"], needed["safer_share"]
    if least:
        ends.append((least * 100, f"{least * 100:g} least", 1))
    if safer and safer != least:
        ends.append((safer * 100, f"{safer * 100:g} safer", 2))
    return ends


def _foot(state: State) -> View:
    plan = state.plan if state.unfolded else state.plan[:_CHIPS]
    more = len(state.plan) - len(plan)
    return {
        "plan": [(x.name, _chip(x, state)) for x in plan],
        "more_plan": f"{more} more" if more else "",
        "form": state.form,
        "path": state.path,
        "offers": state.offers,
        "note": state.note,
        "note_kind": "error" if state.wrong else "",
        "undo": state.undoable,
    }


def _chip(lever: Lever, state: State) -> str:
    what, _, _ = lever.name.partition(":")
    who = ", ".join(map(called, lever.category)) or "All"
    start = say.starts([lever], state.as_of, short_day)
    done = "scanned" if what.startswith("have them") else what
    return f"{who}: {say.share_text(lever.share)} {done} from {start}"
