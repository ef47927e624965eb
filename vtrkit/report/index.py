"""The index of several pages: which shop is in danger, the worst first, and what is not there."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from vtrkit.charts.spark import Spark, spark
from vtrkit.files.scratch import Folder
from vtrkit.metric.status import as_shown
from vtrkit.report.templates import environment
from vtrkit.schema import UNKNOWN_CATEGORY, Status
from vtrkit.sections.advice import ADD_DUE_DAYS, FILL_IN, NO_CATEGORY
from vtrkit.sections.saying import are, over_limit
from vtrkit.study.build import write_json
from vtrkit.words import (
    STATUS_SIGNS,
    STATUS_WORDS,
    day_text,
    first_few,
    number_of,
    percent,
    percent_range,
    short_day,
    target_text,
)

PAGE, ROWS = "index.html", "index.json"
_NAMED = 5
"""Shops that a sentence names before it only counts them."""
_LINES = 12
GOAL, ALL_PACKAGES = "goal only", "all packages"


def write(  # noqa: PLR0913, PLR0917 - all that stands on it
    out: Path,
    rows: Sequence[dict[str, Any]],
    failed: Mapping[str, str],
    missing: Sequence[str],
    title: str = "",
    caveats: Sequence[str] = (),
) -> list[str]:
    """Write `index.html` and `index.json`.

    Args:
        out: the folder, which holds the pages.
        rows: what `vtrkit.report.shops.row` gave, in order.
        failed: why there is no page of this run, by id.
        missing: the ids that have no page yet, as they were not asked for.
        title: the heading.
        caveats: what is wrong with the figures of several shops, in sentences.

    Returns:
        Its first sentences, and a line for each of the worst shops.
    """
    out.mkdir(parents=True, exist_ok=True)  # it is not there yet where all pages failed
    as_of = max((date.fromisoformat(row["as_of"]) for row in rows), default=None)
    shown = {"as_of": as_of, "title": title, "shops": rows, "failed": failed, "missing": missing}
    words = _Words(rows, as_of)
    html = environment().get_template("shops.html.j2")
    markup = html.render(
        title=title or "All shops",
        day=f"{as_of:%A}, {day_text(as_of)} {as_of:%Y}" if as_of else "",
        pages=_pages(len(rows), len(failed), len(missing)),
        signs=_SIGNS,
        worst=words.worst,
        question=words.question,
        answer=words.answer,
        lead=[*caveats, *words.lead],
        counts=words.counts,
        rows=[words.row(row) for row in rows],
        failed=failed,
        missing=missing,
        since=words.since,
        goal=words.goal,
    )
    scratch = Folder(out)  # nobody sees half a file, and nothing is left where the disk is full
    write_json(scratch.path / ROWS, shown)
    (scratch.path / PAGE).write_text(markup, "utf-8")
    for name in (ROWS, PAGE):
        (scratch.path / name).replace(out / name)
    scratch.remove()
    return said(rows, as_of, caveats)


def said(
    rows: Sequence[Mapping[str, Any]], as_of: date | None, caveats: Sequence[str] = ()
) -> list[str]:
    """The first sentences of the index, and a line for each of the worst shops."""
    words = _Words(rows, as_of)
    lines = [words.line(row) for row in rows[:_LINES]]
    more = [f"and {number_of(n, 'shop')} more" for n in [len(rows) - _LINES] if n > 0]
    return [" ".join([words.answer, *caveats, *words.lead]), *lines, *more]


def _pages(made: int, failed: int, missing: int) -> str:
    parts = [number_of(made, "page")]
    parts += [f"{failed:,} failed"] if failed else []
    parts += [f"{missing:,} not asked for"] if missing else []
    return ", ".join(parts)


class _Words:
    """What the index says of its rows, each figure as it stands in them."""

    def __init__(self, rows: Sequence[Mapping[str, Any]], as_of: date | None) -> None:
        """Read the rows once."""
        self.as_of, self.binding = as_of, [r for r in rows if not r["goal_only"]]
        self._goals = [r for r in rows if r["goal_only"]]
        counts = Counter(_state(r) for r in rows)
        self.counts = {word: counts[word] for word in _SIGNS if counts[word]}
        self._below = [r for r in self.binding if r["status"] == Status.BAD]
        targets = {r["target_bp"] for r in self.binding} or {r["target_bp"] for r in rows}
        self.goal = target_text(*targets) if len(targets) == 1 else "target"
        states = [r["status"] for r in self.binding] or [r["status"] for r in rows]
        worst = next((s for s in _ORDER if s in states), Status.NONE)
        self.worst = STATUS_WORDS[worst] if self.binding else GOAL
        days = {r["since"] for r in rows if r["since"]}
        self.since = _short(min(days)) if len(days) == 1 else "last time" if days else ""

    question = "Who is in danger?"

    @property
    def answer(self) -> str:
        shops, below = len(self.binding), len(self._below)
        if not shops:
            return f"No shop can be stopped here: {self.goal} is only a goal."
        if below:
            return self._below_text(f"{below:,} of {number_of(shops, 'shop')}")
        told = [r for r in self.binding if r["status"] not in {Status.NONE, Status.UNDECIDED}]
        if not told:
            whys = sorted({str(r["why"]) for r in self.binding if r["why"]})
            return " ".join([f"We cannot tell: {'; '.join(whys[:_NAMED])}.", *self._due_days()])
        risk = sum(r["status"] == Status.AT_RISK for r in told)
        more = f" {risk:,} at risk." if risk else ""
        if falling := sum(r["status"] == Status.GOOD and bool(r["below_on"]) for r in told):
            more += f" {falling:,} on target {are(falling)} expected to fall below."
        if untold := shops - len(told):
            more += f" Of {number_of(untold, 'shop')} we cannot tell."
        return f"No shop has a category below {self.goal}.{more}"

    def _below_text(self, of: str) -> str:
        below = len(self._below)
        count = sum(r["categories"].get(Status.BAD, 0) for r in self._below)
        many = "a category" if count == 1 else f"{count:,} categories"
        if not count:
            whole = f"{'is' if below == 1 else 'are'} below {self.goal} as a whole"
            return f"{of} {whole}. {NO_CATEGORY} {FILL_IN}"
        if below == 1:
            return f"{of} has {many} below {self.goal}."
        if count == below:
            return f"{of} have a category below {self.goal} each."
        return f"{of} have categories below {self.goal}, {count:,} in all."

    def _due_days(self) -> list[str]:
        return [ADD_DUE_DAYS] if any(r["undated"] for r in self.binding) else []

    @property
    def lead(self) -> list[str]:
        """Which shops the answer leaves out, what is due at once, and what has changed."""
        lines = [self._without()] if self._goals and self.binding else []
        if unruled := [r for r in self.binding if r["no_rule"]]:
            lines.append(f"What missing the target costs is not known of {_listed(unruled)}.")
        today = [r for r in self.binding if r["due_on"] == str(self.as_of)]
        if self.as_of and today:
            day = day_text(self.as_of)
            lines.append(f"To correct by {day}: tracking numbers of {_listed(today)}.")
        turned = Counter(_turn(t)[1] for r in self.binding for t in r["turned"])
        if self.since:
            told = ", ".join(f"{n:,} {word}" for word, n in turned.most_common())
            lines.append(f"Since {self.since}: {told or 'no change'}.")
        return lines

    def _without(self) -> str:
        """Which shops the answer does not count."""
        names = sorted({r["country"] or r["marketplace"] for r in self._goals})
        where = first_few(names)
        shops, are = number_of(len(self._goals), "shop"), "is" if len(self._goals) == 1 else "are"
        return f"{shops} in {where} {are} not counted: there the target is only a goal."

    def row(self, r: Mapping[str, Any]) -> dict[str, Any]:
        """The cells of a row as texts."""
        state = _state(r)
        return dict(r) | {
            "state": state,
            "category": ALL_PACKAGES if r["category"] == UNKNOWN_CATEGORY else r["category"],
            "chips": [
                (STATUS_WORDS[s], r["categories"][s]) for s in _ORDER if s in r["categories"]
            ],
            "where": r["country"] or r["marketplace"],
            "rate": rate_of(r),
            "over": over_limit(r["over_limit_best"], r["over_limit"]) if r["over_limit"] else "",
            "low": percent(r["lowest"]),
            "low_on": self._day(r["lowest_on"]),
            "misses": r["lowest"] is not None and r["lowest"] < r["target_bp"] / 10_000,
            "back": self._back(r),
            "due_text": self._day(r["due_on"]) if r["due"] else "none",
            "urgent": bool(r["due"]) and r["due_on"] == str(self.as_of),
            "line": _picture(r),
            "changes": [(_turn(t), t["category"]) for t in r["turned"]],
            "old": r["as_of"] != str(self.as_of) and _short(r["as_of"]),
        }

    def _day(self, day: str | None) -> str:
        if not day:
            return ""
        return "today" if day == str(self.as_of) else _short(day)

    def _back(self, r: Mapping[str, Any], likely: str = "") -> str:
        falls, back = bool(r["below_on"]), str(r["ahead"])
        word = "back " * bool(falls or likely)
        match r["ahead"]:
            case "back":
                back = f"{likely}{word}{_short(r['back_on'])}"
            case "not by" if r.get("meets_on"):
                back = f"{word}{_short(r['meets_on'])}, not for good"
            case "not by":
                back = f"not {'back ' * falls}by {_short(r['last_day'])}"
            case "cannot tell" if word:
                back = "no day back can be told"
            case "stays":
                back = "stays on target"
            case "nothing":
                back = STATUS_WORDS[as_shown(r)]
        return f"falls {_short(r['below_on'])}, {back}" if falls else back

    def line(self, r: Mapping[str, Any]) -> str:
        """A row for a terminal."""
        back = self._back(r, "likely ")
        where = f"{r['account']} · {r['marketplace']}"
        if not r["counted"]:
            told = [_state(r), *filter(None, [r["why"]]), *[back] * bool(r["below_on"])]
            return f"{where}: {'; '.join(told)}"
        category = "" if r["category"] == UNKNOWN_CATEGORY else f"{r['category']} "
        if r["ahead"] == "nothing" and r["why"]:
            back = r["why"]
        return f"{where}: {_state(r)}; {category}{rate_of(r)}; {back}"


_ORDER = (Status.BAD, Status.AT_RISK, Status.UNDECIDED, Status.GOOD, Status.NONE)
_SIGNS = {STATUS_WORDS[s]: STATUS_SIGNS[s] for s in _ORDER} | {GOAL: STATUS_SIGNS[Status.NONE]}


def _state(r: Mapping[str, Any]) -> str:
    return GOAL if r["goal_only"] else STATUS_WORDS[as_shown(r)]


def rate_of(r: Mapping[str, Any]) -> str:
    """The rate of a category with the packages that failed, as ranges where some are not known."""
    if not r["counted"]:
        return "no packages"
    failed = r["counted"] - r["valid"]
    some = f"{failed - r['unknown']:,}–{failed:,}" if r["unknown"] else f"{failed:,}"
    return f"{percent_range(r['vtr_low'], r['vtr_high'])}, {some} of {r['counted']:,} failed"


def _short(day: str | date) -> str:
    return short_day(date.fromisoformat(str(day)))


def _listed(rows: Sequence[Mapping[str, Any]]) -> str:
    return first_few([f"{r['account']} · {r['country'] or r['marketplace']}" for r in rows])


def _turn(t: Mapping[str, Any]) -> tuple[str, str]:
    """The sign and the words for a category whose status changed, or its rate within one."""
    before, now = t["before"], t["now"]
    if before == now:
        fell = t["vtr_now"] < t["vtr_before"]
        return ("▼", "fell by 5 points or more") if fell else ("▲", "rose by 5 points or more")
    if now == Status.BAD:
        return "▼", "fell below"
    if now == Status.AT_RISK and before == Status.GOOD:
        return "▼", "now at risk"
    if now in {Status.GOOD, Status.AT_RISK} and before == Status.BAD:
        return "▲", "came back"
    return ("▲" if now == Status.GOOD else "?"), f"now {STATUS_WORDS[Status(now)]}"


def _picture(r: Mapping[str, Any]) -> Spark | None:
    """A line through past, decided and expected days."""
    days = [(date.fromisoformat(str(day)), rate, part) for day, rate, part in r["line"]]
    return spark(days, r["target_bp"] / 10_000)
