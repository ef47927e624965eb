"""The arithmetic of vtrkit once more: slow, in plain Python, one package at a time.

It shares nothing with the package but the names in `vtrkit.schema`, so that an error has to be
made twice, in two ways of thinking, to go unseen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

import polars as pl

from vtrkit.files.plausible import TRACKED
from vtrkit.schema import PACKAGES, UNNAMED_MARKETPLACE

Package = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One marketplace's rule, as far as step 1 judges and counts by it."""

    marketplace: str | None
    target: Fraction
    condition: str
    windows: tuple[int, ...]
    enforced_window: int
    lag: int
    enforced: bool
    counts_prime: bool
    first_day: date = date.min
    last_day: date = date.max
    disputes: str = ""


def rule_on(rules: Sequence[Rule], marketplace: str, day: date) -> Rule:
    """The rule of a marketplace on a day, else the one of no marketplace."""
    for rule in rules:
        if rule.marketplace == marketplace and rule.first_day <= day <= rule.last_day:
            return rule
    return next(rule for rule in rules if rule.marketplace is None)


def reason(p: Package, rule: Rule) -> str:
    """The one reason of a package."""
    own = _own_reason(p, rule)
    if own in _EXEMPT:
        return own
    disputed = bool(rule.disputes) and p["ship_method"] == rule.disputes
    ours = f"disputed_{outcome(own)}" if disputed and own != "unverified" else own
    if p["reported_valid"] is None:
        return ours
    if p.get("reported_at") and (p["tracking_entered_at"] or date.min) > p["reported_at"]:
        return ours  # it was corrected after Amazon looked
    if p["reported_valid"]:
        return "valid"
    return "rejected_by_amazon" if own in ("valid", "unverified") else own


def _own_reason(p: Package, rule: Rule) -> str:  # noqa: PLR0911 - one return a rule
    if p["status"] == "unshipped":
        return "not_shipped"
    if p["status"] == "cancelled":
        return "cancelled"
    if p["fulfilled_by"] == "amazon":
        return "fulfilled_by_amazon"
    if p["fulfilled_by"] == "seller_prime" and not rule.counts_prime:
        return "prime"
    if p["tracking_number"] == "":
        return "missing_number"
    entered, delivered = p["tracking_entered_at"], p["delivered_date"]
    if entered and delivered and entered > delivered:
        return "entered_late"
    if p["scans"] == 0:
        return "no_scan"
    if p["scans"] is None and delivered is None:
        return "unverified"
    return "valid"


_EXEMPT = {"not_shipped", "cancelled", "fulfilled_by_amazon", "prime"}


def outcome(why: str) -> str:
    """What a reason does to the rate."""
    if why in _EXEMPT:
        return "exempt"
    return {"valid": "valid", "unverified": "unknown"}.get(why, why if why in _EITHER else "defect")


_EITHER = {"disputed_valid", "disputed_defect", "not_listed"}
"""What counts by one source and is exempt by another is an outcome of its own."""


def state(
    p: Package, why: str, as_of: date, window_end: date, tracked_to: date, window_days: int = 30
) -> str | None:
    """What can still become of a package that fails: another entry, a scan, or nothing."""
    if outcome(why) != "defect":
        return None
    promised, shipped = p["promised_date"], p.get("ship_date")
    inside = promised is not None and promised <= window_end
    three, ten, fourteen = (timedelta(days=n) for n in (3, 10, 14))
    gone = promised and promised + timedelta(days=window_days) <= window_end + timedelta(days=3)
    if why in _ENTERED_WRONG and not _is_there(p) and not gone:
        last = promised + three if promised else shipped and shipped + ten
        on_its_way = bool(p["scans"] and p.get("tracked_at") and last and p["tracked_at"] > last)
        if on_its_way or (not inside and (last is None or as_of <= last)):
            return "correctable"
    if why == "no_scan" and not _is_there(p) and not inside:
        days = [d for d in (shipped and shipped + fourteen, promised and promised + three) if d]
        if days and min(as_of, tracked_to) < max(days):
            return "pending"
    return "lost"


def _is_there(p: Package) -> bool:
    """Whether a package is known to have been delivered, even if nobody says when."""
    return bool(p["delivered_date"] or p.get("is_delivered"))


_ENTERED_WRONG = {"missing_number", "not_a_number", "malformed", "wrong_carrier"}


@dataclass(frozen=True)
class Judged:
    """A package with its verdict."""

    package: Package
    outcome: str
    enforced: bool
    market: str
    state: str | None = None

    @property
    def promised(self) -> date | None:
        """The day by which the buyer was promised the package."""
        day: date | None = self.package["promised_date"]
        return day

    @property
    def counted(self) -> bool:
        """Whether it is in the metric for certain."""
        return self.outcome in ("valid", "defect", "unknown")


def _may_count(inside: Iterable[Judged], beside: Iterable[Judged]) -> tuple[int, int]:
    """Packages that may be in the metric of a group: those that hold at best, and fail at worst.

    Its own are so where they are disputed, those beside it since nobody knows their category.
    """
    own, others = (Counter(j.outcome for j in js) for js in (inside, beside))
    both = own + others
    hold = both["disputed_valid"] + both["not_listed"] + others["valid"] + others["unknown"]
    return hold, both["disputed_defect"] + others["defect"] + others["unknown"]


def judged(
    packages: Iterable[Package],
    rules: Sequence[Rule],
    market: str | None,
    as_of: date,
    lag: int | None,
    tracked_to: date,
) -> list[Judged]:
    """Each package under the rule of its ship day; `market` overrides whose window it falls in."""
    found = []
    for p in packages:
        rule = rule_on(rules, p["marketplace"], p["ship_date"])
        why = reason(p, rule)
        now = rule_on(rules, p["marketplace"], as_of)
        end = as_of - timedelta(days=now.lag if lag is None else lag)
        still = state(p, why, as_of, end, tracked_to)
        found.append(Judged(p, outcome(why), rule.enforced, market or p["marketplace"], still))
    return found


def rates(
    packages: Sequence[Package],
    rules: Sequence[Rule],
    *,
    as_of: date,
    by: Sequence[str],
    lag: int | None = None,
    target: tuple[Fraction, str] | None = None,
    seen_to: date | None = None,
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Every figure of every group and window, keyed by the group's values and the days."""
    names = {p["marketplace"] for p in packages}
    one = None if "marketplace" in by else UNNAMED_MARKETPLACE
    if one and len(names) == 1:
        one = names.pop()
    closed_to = min(as_of, seen_to or as_of)
    every = judged(packages, rules, one, as_of, lag, closed_to)
    groups: dict[tuple[Any, ...], list[Judged]] = {}
    for j in every:
        groups.setdefault(tuple(j.package[n] for n in by), []).append(j)
    table = {}
    for key, members in groups.items():
        first = _first_day(every, members[0], by)
        # packages of a category that nobody knows may be of any category beside it
        is_unknown = "category" in by and key[by.index("category")] == "(unknown)"
        beside = [(n, v) for n, v in zip(by, key, strict=True) if n != "category"]
        open_ = [
            j
            for j in every
            if "category" in by and not is_unknown and j.package["category"] == "(unknown)"
            if all(j.package[n] == v for n, v in beside) and j.market == members[0].market
        ]
        rule = rule_on(rules, members[0].market, as_of)
        for days in rule.windows:
            end = as_of - timedelta(days=rule.lag if lag is None else lag)
            goal = target or (rule.target, rule.condition)
            row = _window(members, rule, goal, days, end, first, seen_to or as_of, open_)
            row |= _fall(members, rules, as_of, closed_to, lag, target, first, open_)
            if is_unknown:
                row |= {"status": "NONE", "binding": False}
                row |= dict.fromkeys(n for n in row if n.startswith("falls_"))
            falls = row["falls_on"] and days == rule.enforced_window
            if falls and row["status"] == "GOOD":
                row["status"] = "AT_RISK"
            start = row["window_start"]
            after = [j.state for j in members if j.promised and j.promised >= start]
            row |= {"correctable": after.count("correctable"), "awaited": after.count("pending")}
            table[(*key, days)] = row
    return table


def _fall(
    members: list[Judged],
    rules: Sequence[Rule],
    as_of: date,
    closed_to: date,
    lag: int | None,
    target: tuple[Fraction, str] | None,
    first: date | None,
    open_: list[Judged],
) -> dict[str, Any]:
    """The first coming day, decided by known packages, that misses even if all goes well.

    All but corrections: how many would prevent it, of how many, and by when.
    """
    nothing = ("falls_on", "falls_unless", "falls_correctable", "falls_correct_by")
    undated = sum(j.counted and j.promised is None for j in members)
    if first is None or 20 * undated > sum(j.counted for j in members):
        return dict.fromkeys(nothing)
    for ahead in range(1, 40):
        day = as_of + timedelta(days=ahead)
        rule = rule_on(rules, members[0].market, day)
        end = day - timedelta(days=rule.lag if lag is None else lag)
        start = end - timedelta(days=rule.enforced_window - 1)
        if end > closed_to or first > start:
            continue
        inside = [j for j in members if j.promised and start <= j.promised <= end]
        unshipped = sum(j.package["status"] == "unshipped" for j in inside)
        beside = [j for j in open_ if j.promised and start <= j.promised <= end]
        n = unshipped + sum(j.counted for j in inside) + _may_count(inside, beside)[0]
        fails = sum(j.outcome == "defect" and j.state != "pending" for j in inside)
        goal = target or (rule.target, rule.condition)
        if not n or meets(n - fails, n, goal):
            continue
        short = next(k for k in range(1, n + 1) if k > fails or meets(n - fails + k, n, goal))
        shows = day - timedelta(days=3)
        until = [
            min(j.promised + timedelta(days=3), shows)
            for j in inside
            if j.state == "correctable" and j.promised
        ]
        by = sorted(until, reverse=True)[short - 1] if short <= len(until) else None
        return {
            "falls_on": day,
            "falls_unless": short,
            "falls_correctable": len(until),
            "falls_correct_by": by if by and by >= as_of else None,
        }
    return dict.fromkeys(nothing)


def _first_day(every: list[Judged], member: Judged, by: Sequence[str]) -> date | None:
    """The first promised day of a group's account and marketplace: how far the data reach."""
    same = [
        j.promised
        for j in every
        if j.promised
        and j.market == member.market
        and ("account" not in by or j.package["account"] == member.package["account"])
    ]
    return min(same, default=None)


def _window(
    members: list[Judged],
    rule: Rule,
    goal: tuple[Fraction, str],
    days: int,
    end: date,
    first: date | None,
    seen_to: date,
    open_: list[Judged],
) -> dict[str, Any]:
    start = end - timedelta(days=days - 1)
    inside = [j for j in members if j.promised and start <= j.promised <= end]
    of = Counter(j.outcome for j in inside)
    counted, valid, unknown = sum(j.counted for j in inside), of["valid"], of["unknown"]
    beside = [j for j in open_ if j.promised and start <= j.promised <= end]
    hold, fail = _may_count(inside, beside)
    at_worst = counted + fail
    best = (counted + hold, valid + unknown + hold)
    hard = [j for j in inside if j.counted and j.enforced]
    hard_valid = sum(j.outcome == "valid" for j in hard)
    everything = sum(j.counted for j in members)
    undated = sum(j.counted and j.promised is None for j in members)
    covered = [d for d in _days(start, end) if first and first <= d <= seen_to]
    row = {
        "window_start": start,
        "window_end": end,
        "counted": counted,
        "valid": valid,
        "unknown": unknown,
        "disputed_packages": sum(of[why] for why in _EITHER),
        "vtr": share(valid, counted - unknown),
        "vtr_low": share(valid, at_worst),
        "vtr_high": share(best[1], best[0]),
        "undated": undated,
        "counted_enforced": len(hard),
        "valid_enforced": hard_valid,
        "covered_days": len(covered),
        "complete": first is not None and first <= start and end <= seen_to,
        "binding": rule.enforced and bool(hard) and not meets(hard_valid, len(hard), goal),
        **_on_time(inside),
        **budget(counted and at_worst, valid, goal),
        **{f"{k}_best": v for k, v in budget(counted and best[0], best[1], goal).items()},
    }
    del row["budget_best"]
    usual = _usual(members, first, end) if days == rule.enforced_window else None
    if usual is not None:
        next_week = start + timedelta(days=6)
        usual -= sum(
            j.outcome == "defect" and j.promised is not None and start <= j.promised <= next_week
            for j in members
        )
    full = row["complete"] and not 20 * undated > everything
    counts = (at_worst, valid, *best)
    row["status"] = status(counted, counts, goal, usual, hold) if full else "NONE"
    return row


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def share(part: int, whole: int) -> float | None:
    """A ratio, or nothing at all where there is nothing to divide by."""
    return float(Fraction(part, whole)) if whole else None


def meets(valid: int, counted: int, goal: tuple[Fraction, str]) -> bool:
    """Whether so many of so many reach a target."""
    target, condition = goal
    rate = Fraction(valid, counted)
    return rate > target if condition == "greater_than" else rate >= target


def budget(counted: int, valid: int, goal: tuple[Fraction, str]) -> dict[str, int | None]:
    """Error budget and headroom by the formulas of the design."""
    if not counted:
        return dict.fromkeys(("budget", "budget_left", "to_fix", "to_add"))
    target, condition = goal
    a, b, strict = target.numerator, target.denominator, condition == "greater_than"
    allowed = Fraction(counted * (b - a), b)
    room = ceil(allowed) - 1 if strict else floor(allowed)
    left = room - (counted - valid)
    if a == b:
        add = 0 if valid == counted else None
    else:
        short = Fraction(a * counted - b * valid, b - a)
        add = max(0, floor(short) + 1 if strict else ceil(short))
    return {"budget": room, "budget_left": left, "to_fix": max(0, -left), "to_add": add}


def _usual(members: list[Judged], first: date | None, end: date) -> Fraction:
    """A usual week's defects: the mean of up to eight full weeks that end with the window."""
    weeks = min(8, ((end - first).days + 1) // 7) if first else 0
    if weeks < 1:
        return Fraction(0)
    since = end - timedelta(days=7 * weeks - 1)
    defects = sum(
        j.outcome == "defect" and j.promised is not None and since <= j.promised <= end
        for j in members
    )
    return Fraction(defects, weeks)


def status(
    counted: int,
    counts: tuple[int, int, int, int],
    goal: tuple[Fraction, str],
    usual: Fraction | None,
    hold: int,
) -> str:
    """The status of a complete window.

    `usual` is what a usual week adds, less what leaves in the next; only of the enforced window.
    It is held against what is left with the `hold` packages that may count and would be valid.
    """
    if not counted:
        return "NONE"
    at_worst, valid, at_best, best = counts
    if not meets(best, at_best, goal):
        return "BAD"
    if not meets(valid, at_worst, goal):
        return "UNDECIDED"
    left = budget(counted + hold, valid + hold, goal)["budget_left"]
    if counted >= 20 and usual is not None and left is not None and left < usual:
        return "AT_RISK"
    return "GOOD"


def arrival(p: Package) -> str:
    """How a package stands by its promised day: on time, late, undelivered, or not judged."""
    promised, looked = p["promised_date"], p.get("tracked_at") or p.get("seen_at")
    days = [d for d in (p["delivered_date"], p.get("attempted_date")) if d]
    if promised is None or (looked is not None and promised >= looked):
        return "not judged"
    if days:
        return "on time" if min(days) <= promised else "late"
    return "undelivered" if looked and p["scans"] is not None and not _is_there(p) else "not judged"


def _on_time(inside: list[Judged]) -> dict[str, Any]:
    """Valid packages whose arrival is known, and those of them that came by the promised day."""
    known = [arrival(j.package) for j in inside if j.outcome == "valid"]
    arrived = [how for how in known if how in ("on time", "late")]
    missing = [how for how in known if how == "undelivered"]
    on_time = [how for how in known if how == "on time"]
    return {
        "on_time_judged": len(arrived) + len(missing),
        "on_time": len(on_time),
        "on_time_share": share(len(on_time), len(arrived) + len(missing)),
    }


# --- files to packages -----------------------------------------------------------------------

Row = dict[str, Any]
_MONEY = ("goods_value", "shipping_value", "tax_value")


@dataclass(frozen=True)
class Export:
    """One file: whether its rows name packages, and its good rows in their order."""

    name: str
    names_packages: bool
    rows: list[Row]


def joined(exports: Sequence[Export], columns: Sequence[str]) -> tuple[list[Row], Counter[Any]]:
    """The packages of exports given oldest first, and how many rows of each have which fate."""
    orders: dict[str, list[tuple[int, Row]]] = {}
    for age, export in enumerate(exports):
        for given in export.rows:
            row = {**dict.fromkeys(columns), **given}
            orders.setdefault(row["order_id"], []).append((age, row))
    packages: list[Row] = []
    fates: Counter[Any] = Counter()
    for rows in orders.values():
        for order in _by_marketplace(exports, rows, fates):
            packages += _one_order(exports, order, fates)
    return packages, fates


def _number(row: Row) -> str:
    return "".join((row.get("tracking_number") or "").replace("-", "").split()).upper()


def _sent(row: Row) -> tuple[Any, ...]:
    return (row.get("ship_date"), row.get("carrier"), row.get("ship_method"))


def _newest_first(row: Row) -> tuple[Any, ...]:
    """Orders rows of one day: ship day, number, value, then all the rest; unknown comes last."""
    first = ("ship_date", "tracking_number", "goods_value")
    rest = [n for n in PACKAGES if n in row and n not in first]
    return tuple(_down(n, row.get(n)) for n in (*first, *rest))


def _down(name: str, value: Any) -> tuple[int, Any]:
    """So that sorting upwards gives the highest value first and unknown ones last."""
    if value is None:
        return (1, 0)
    dtype = PACKAGES[name]
    if isinstance(dtype, pl.Enum):
        return (0, -dtype.categories.to_list().index(value))
    if isinstance(value, date):
        return (0, -value.toordinal())
    if isinstance(value, str):  # the end of a text is below all characters
        return (0, [-ord(c) for c in value] + [1])
    return (0, -value)


def _identified(
    exports: Sequence[Export], rows: list[tuple[int, Row]], home: int
) -> list[tuple[int, Row, str | None]]:
    """Each row with its package: Amazon's reference, also of the same number, else the number.

    Rows without either are of one package if they were sent alike.
    """
    aliases: dict[str, str] = {}
    for _, row in sorted(rows, key=lambda r: (r[0], r[1]["package_id"] or "")):
        if row["package_id"] and _number(row):
            aliases[_number(row)] = row["package_id"]
    named = [
        (age, row, row["package_id"] or aliases.get(_number(row)) or _number(row) or _sent(row))
        for age, row in rows
        if exports[age].names_packages
    ]
    taken = {p for _, _, p in named if isinstance(p, str)}
    free = (f"{n}" for n in range(1, 99) if f"{n}" not in taken)
    names: dict[Any, str] = {}
    there = {p for age, _, p in named if age == home}
    blanks = [(age, row, p) for age, row, p in named if not isinstance(p, str) and p in there]
    for _, _, p in sorted(blanks, key=lambda r: (r[0], *((x is not None, str(x)) for x in r[2]))):
        if p not in names:
            names[p] = next(free)
    settled = [(age, row, names.get(p, p)) for age, row, p in named]
    return [*settled, *((a, r, None) for a, r in rows if not exports[a].names_packages)]


def _by_marketplace(
    exports: Sequence[Export], rows: list[tuple[int, Row]], fates: Counter[Any]
) -> list[list[tuple[int, Row]]]:
    """The orders behind one order id; a row that fits several of them is unmatched."""
    names = {row["marketplace"] for _, row in rows} - {None}
    if len(names) > 1:
        for age, row in rows:
            fates[exports[age].name, "unmatched"] += row["marketplace"] is None
        return [[(a, r) for a, r in rows if r["marketplace"] == name] for name in sorted(names)]
    name = names.pop() if names else UNNAMED_MARKETPLACE
    return [[(age, {**row, "marketplace": name}) for age, row in rows]]


def _one_order(
    exports: Sequence[Export], rows: list[tuple[int, Row]], fates: Counter[Any]
) -> list[Row]:
    naming = [age for age, _ in rows if exports[age].names_packages]
    home = max(naming or [age for age, _ in rows])
    rows = sorted(rows, key=lambda pair: -pair[0])  # newest first, lines as they stand
    if naming:
        known = _identified(exports, rows, home)
        known.sort(key=lambda r: -r[0])
    else:
        known = [(age, row, "1") for age, row in rows]
    ids = list(dict.fromkeys(p for age, _, p in known if age == home and p is not None))
    told: list[tuple[int, Row, str | None]] = []
    found: set[Any] = set()
    seen: Counter[Any] = Counter()
    alike: Counter[Any] = Counter()
    for age, row, p in known:
        content = tuple(sorted((n, repr(v)) for n, v in row.items()))
        lines = not exports[age].names_packages
        nth = alike[age, content] if lines else 0  # each repeats at most its like
        alike[age, content] += 1
        if p in ids and p not in found and (lines or age == home):
            found.add(p)
            fate = "packages"
        elif seen[content] > nth:
            fate = "duplicates"
        else:
            fate = "merged" if age == home else "attached"
        fates[exports[age].name, fate] += 1
        if fate != "duplicates":
            seen[content] += 1
            told.append((age, row, p))
    return [_one_package(exports, p, told, home) for p in ids]


def _one_package(
    exports: Sequence[Export], p: str, told: list[tuple[int, Row, str | None]], home: int
) -> Row:
    of_home = [r for a, r, own in told if own == p and a == home and exports[a].names_packages]
    in_order = sorted(of_home, key=lambda r: (r["ship_date"] or date.min, _number(r)), reverse=True)
    number = next((_number(r) for r in in_order if _number(r)), None)
    blank = any(r["tracking_number"] == "" for r in of_home)
    about = []
    for age, given, own in told:
        if own in (p, None):
            row = dict(given)
            if exports[age].names_packages and number is not None and _number(row) != number:
                row["tracking_number"] = None
                if row.get("scans") == 0:  # that another number had none says nothing of this one
                    row |= dict.fromkeys({*TRACKED} & {*row})
            elif exports[age].names_packages and number is None and blank:
                row["tracking_number"] = ""
            about.append((age, row | {"package_id": own}))
    ages = list(dict.fromkeys(age for age, _ in about))
    found = dict(about[0][1])
    for column in found:
        each = (
            _of_lines(column, [r for a, r in about if a == age], exports[age].names_packages)
            for age in ages
        )
        known = [value for value in each if value is not None]
        if column == "scans" and any(known):
            known = [value for value in known if value]
        found[column] = next(iter(known), None)
    found["package_id"] = p
    if found.get("fulfilled_by") == "seller":  # not all files can tell Prime apart
        prime = any(
            _of_lines(
                "fulfilled_by", [r for a, r in about if a == age], exports[age].names_packages
            )
            == "seller_prime"
            for age in ages
        )
        found["fulfilled_by"] = "seller_prime" if prime else "seller"
    found["status"] = _status(exports, about)
    if found["status"] is None:
        left = (
            "ship_date",
            "delivered_date",
            "first_scan_date",
            "tracking_number",
            "scans",
            "carrier",
        )
        gone = any(found.get(name) for name in left)
        due, seen = found.get("promised_date"), exports[home].name[-14:-4]
        over = due is not None and due < date.fromisoformat(seen) and not gone
        found["status"] = "shipped" if gone or over else "unshipped"
        if over and "tracking_number" in found:
            found["tracking_number"] = None  # its confirmation is rather in no file than never made
    return found


def _status(exports: Sequence[Export], about: list[tuple[int, Row]]) -> Any:
    """What is said of the package before what is said of its order; shipped stays shipped.

    Unless the order was cancelled since, and no carrier has seen the package.
    """
    said: dict[bool, list[Any]] = {True: [], False: []}
    newest = {True: -1, False: -1}
    for age in dict.fromkeys(age for age, _ in about):
        own = exports[age].names_packages
        if (told := _of_lines("status", [r for a, r in about if a == age], own)) is not None:
            said[own].append(told)
            newest[own] = max(newest[own], age)
    best = said[True] or said[False]
    seen = any(row.get("scans") or row.get("delivered_date") for _, row in about)
    since = said[False] and said[False][0] == "cancelled" and newest[False] > newest[True] >= 0
    if since and not seen:
        return "cancelled"
    if not best or best[0] != "unshipped":
        return best[0] if best else None
    if said[False] and said[False][0] == "cancelled":
        return "cancelled"
    return "shipped" if "shipped" in best else "unshipped"


def _of_lines(column: str, lines: list[Row], named: bool) -> Any:
    """What one export says of a package in several lines."""
    lines = sorted(lines, key=_newest_first)
    known = [line[column] for line in lines if line[column] is not None]
    if not known:
        return None
    if column in _MONEY:
        return round(sum(known), 6)
    if column == "status":
        return next(s for s in ("shipped", "unshipped", "cancelled") if s in known)
    if named:
        return known[0]
    if column == "category":
        dear = [line for line in lines if line["category"] is not None]
        return min(dear, key=lambda line: (-_value(line), line["category"]))["category"]
    return min(known, key=lambda value: _down(column, value))


def _value(line: Row) -> float:
    return -1 if line.get("goods_value") is None else line["goods_value"]
