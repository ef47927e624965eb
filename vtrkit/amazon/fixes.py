"""What can still be corrected: the entry proposed, what speaks for it, until when, what it gains.

```
order_id  tracking_number  wrong          carrier  number  grade           evidence
112-…     1Z…              wrong carrier  UPS      1Z…     certain         looks like UPS 1Z, …
113-…                      no number                       needs a person  no file has a number
```
"""

from datetime import date
from enum import StrEnum

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.metric.rates import rates
from vtrkit.metric.tally import tally
from vtrkit.metric.windows import DayLike, Question
from vtrkit.rules.policies import Rules
from vtrkit.rules.reasons import REASONS
from vtrkit.rules.still_open import IF_ANY, of_orders, still_open
from vtrkit.schema import (
    CATEGORY,
    GROUP,
    PACKAGE_KEY,
    UNRECOGNISED,
    Grade,
    Reason,
    Relation,
    State,
)
from vtrkit.study.study import Study
from vtrkit.study.tables import said
from vtrkit.tracking.amazon_codes import amazon_code
from vtrkit.tracking.carriers import OTHER, carrier_id, carrier_names, carriers
from vtrkit.tracking.cleaning import SOLD_ID, canonical
from vtrkit.tracking.inspect import judge


class Sure(StrEnum):
    """How sure a proposed correction is, best first; only the first two enter an upload."""

    CERTAIN = "certain"
    LIKELY = "likely"
    PERSON = "needs a person"


SURE = pl.Enum(Sure)
JAPAN = "JP"
NO_NUMBERS = (
    *(Grade.MISSING, Grade.PLACEHOLDER, Grade.SPREADSHEET_DAMAGE, Grade.MULTIPLE),
    *(Grade.NOT_A_TRACKING_NUMBER, Grade.BAD_CHECK),
)
"""What cannot be the number of a parcel, whoever carries it."""
_SHOWN = [
    *GROUP,
    *("order_id", "category", "sku", "carrier", "tracking_number", "wrong", "enter"),
    *("new_carrier", "new_number", "grade", "evidence"),
    *("likely_until", "possible_until", "gain", "counts_from", "counts_to"),
]
_UNTIL = ("possible_until", "likely_until")


@checks
def fixes(
    verdicts: pl.DataFrame,
    *,
    as_of: DayLike,
    rules: Rules | None = None,
    lag_days: int | None = None,
) -> pl.DataFrame:
    """What can still be corrected at Amazon, deadlines first, and what to enter.

    Within a day those packages come first that keep most categories from falling below target.

    ```
    order_id  wrong          new_carrier  new_number  grade    likely_until  possible_until
    112-…     wrong carrier  UPS          1Z…         certain  5 March       8 March
    ```

    Args:
        verdicts: what `classify` returns, of all packages.
        as_of: the day on which it is asked.
        rules: the marketplaces' rules; those that the package carries if none are given.
        lag_days: instead of the rules' own lag.

    Returns:
        One row per package that another entry cures: `enter` in words, and where a carrier and a
        number are known also `new_carrier` (as Amazon spells it) and `new_number`; `grade` is
        certain, likely or needs a person (see `Sure`), `evidence` what speaks for it.
        `likely_until` and `possible_until` are those of `vtrkit.rules.still_open`; `counts_from`
        to `counts_to` are the days on which Amazon counts the package.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> packages = pl.DataFrame({"order_id": ["111-6041827-3800171"], "marketplace": ["US"],
        ...     "carrier": ["USPS"], "tracking_number": ["1Z5R89390357567127"],
        ...     "ship_date": [date(2026, 3, 2)], "promised_date": [date(2026, 3, 5)]})
        >>> fixes(classify(packages), as_of=date(2026, 3, 4)).select(
        ...     "new_carrier", "grade", "possible_until").row(0)
        ('UPS', 'certain', datetime.date(2026, 3, 8))
    """
    question = Question.of(as_of, rules=rules, lag_days=lag_days)
    day, standing = question.as_of, rates(tally(verdicts), as_of=question)
    days = standing.filter("is_enforced_window").select(
        *GROUP, lag=pl.col("lag_days"), days=pl.col("days")
    )
    listed = still_open(verdicts, as_of=day, rules=rules, lag_days=lag_days)
    orders = of_orders(verdicts)
    entering = pl.col("promised_date") + pl.duration(days="lag")
    rows = (
        listed.filter(state=State.CORRECTABLE)
        .join(orders, on=PACKAGE_KEY[:-1], how="left")
        .join(days.unique(GROUP), on=GROUP, how="left")
        .with_columns(enters_on=entering, leaves_on=entering + pl.duration(days="days"))
    )
    return said(ranked(proposed(rows), standing).select(_SHOWN))


def fixes_of(study: Study) -> pl.DataFrame:
    """Likewise of the packages of a study, whole: every column of a package and its proposal.

    Raises:
        ParameterError: the packages of its run folder are judged for another day.
    """
    if study.as_of != (judged := study.kept.as_of):
        raise ParameterError(
            f"as_of {study.as_of}: what can be corrected was judged for {judged}; open the files "
            "themselves for another day"
        )
    return ranked(proposed(study.here(study.kept.correctable)), study.rates)


def in_time(fixes: pl.DataFrame, day: date) -> pl.DataFrame:
    """The corrections that may still be in time when they are entered on a day."""
    return fixes.filter((pl.col("possible_until") >= day).fill_null(True))


def fixes_table(study: Study) -> pl.DataFrame:
    """The same as people read it."""
    return said(fixes_of(study).select(_SHOWN))


def proposed(rows: pl.DataFrame) -> pl.DataFrame:
    """The packages with what to enter, how sure that is, and why.

    Args:
        rows: correctable packages with their verdicts, `enter`, both days, and what `of_orders`
            says of their orders.
    """
    wrong_carrier = pl.col("reason") == Reason.WRONG_CARRIER
    kept = pl.when(wrong_carrier).then("tracking_number")
    number = pl.coalesce("label_number", kept).map_batches(canonical, return_dtype=pl.String())
    rows = rows.with_columns(
        new_number=number, _scanner=carrier_id("scanned_by").cast(pl.String).fill_null(UNRECOGNISED)
    )
    rows = rows.with_columns(_whose(rows).alias("_new"))
    seen = judge(rows["new_number"], rows["_new"])
    before = judge(rows["tracking_number"], rows["carrier_id"])["why"].cast(pl.String)
    rows = rows.with_columns(seen.select("grade", "relation", _why=pl.col("why").cast(pl.String)))
    stays = pl.col("_new") == pl.col("carrier_id").cast(pl.String)
    asked = rows.select("_new", pl.when(stays).then("carrier"), pl.col("marketplace") == JAPAN)
    codes = pl.Series([amazon_code(*cells) for cells in asked.rows()], dtype=pl.String)
    rows = rows.with_columns(_before=before, new_carrier=codes)
    rows = rows.with_columns(grade=_grade().cast(SURE))
    entering = pl.col("grade") != Sure.PERSON
    return rows.with_columns(
        wrong=pl.col("reason").replace_strict({str(r): t.label for r, t in REASONS.items()}),
        new_carrier=pl.when(entering).then("new_carrier"),
        new_number=pl.when(entering).then("new_number"),
        evidence=_evidence(),
        gain=pl.concat_str(pl.lit("1 fewer failure in "), pl.col("category").cast(pl.String)),
        counts_from=pl.col("enters_on"),
        # `leaves_on` is the day on which it is gone
        counts_to=pl.col("leaves_on") - pl.duration(days=1),
    )


def _whose(rows: pl.DataFrame) -> pl.Series:
    """The carrier of each proposed number: who scanned it, who was entered, else who has such."""
    entered = rows["carrier_id"].cast(pl.String)
    seen = judge(rows["new_number"], rows["carrier_id"]).with_columns(
        rows["reason"], rows["_scanner"], entered, has=rows["new_number"].is_not_null()
    )
    owner, names = pl.col("carriers").cast(pl.String), [*carrier_names()]
    fits = ~pl.col("relation").is_in([Relation.HARD, Relation.SOFT])
    known = ~pl.col("carrier_id").is_in([UNRECOGNISED, OTHER])
    wrong = pl.col("reason") == Reason.WRONG_CARRIER
    return seen.select(
        pl.when(~pl.col("has"))
        .then(None)
        .when(wrong & (pl.col("_scanner") != UNRECOGNISED))
        .then("_scanner")
        .when(fits & known & ~wrong)
        .then("carrier_id")
        .when(owner.is_in(names))
        .then(owner)
    ).to_series()


def _other_names() -> dict[str, str]:
    """The other name under which Amazon takes what a carrier of known formats hands over.

    UPS brings parcels to USPS as Mail Innovations.
    """
    heads = {c.group: carriers()[c.group] for c in carriers().values() if c.group != c.id}
    named = [(c.group, c.name) for c in carriers().values() if c.partners and amazon_code(c.id)]
    return {
        key: " or ".join(name for group, name in named if group == key and name != head.name)
        for key, head in heads.items()
        if head.complete and head.partners
    }


_OTHER_NAME = pl.col("_new").replace_strict(_other_names(), default=None, return_dtype=pl.String)
_BY_ANOTHER_NAME = _OTHER_NAME.is_not_null() & (pl.col("relation") == Relation.PARTNER_POSSIBLE)
_AMAZONS = pl.col("order_id").str.contains(SOLD_ID)
_SCANNED = (pl.col("scans") > 0) & (pl.col("_scanner") == pl.col("_new"))
ITEM_DIGITS = 14
"""Of the id of an order's item, by the help page on confirmations; the first may be zeros."""
_ITEM = pl.col("order_item_id").str.contains(rf"^\d{{8,{ITEM_DIGITS}}}$")
NAMES_ITEM = (pl.col("skus") == 1) & _ITEM & pl.col("quantity").is_not_null()
"""Whether a confirmation can name what is in the package: one known item."""
_TOLD_APART = (pl.col("packages_of_order") == 1) | (NAMES_ITEM & pl.col("items_apart"))
"""Whether a confirmation can name the package: alone in its order, or by an item of its own."""


def _grade() -> pl.Expr:
    can_enter = (
        pl.all_horizontal(pl.col("new_number", "new_carrier", "ship_date").is_not_null())
        & ~pl.col("grade").is_in(NO_NUMBERS)
        & _TOLD_APART.fill_null(False)
        & _AMAZONS
        & ~_BY_ANOTHER_NAME.fill_null(False)
    )
    matches, known = pl.col("relation") == Relation.MATCH, pl.col("grade") != Grade.UNKNOWN
    proven = matches & (pl.col("grade") == Grade.CHECK_OK)
    return (
        pl.when(can_enter & (_SCANNED.fill_null(False) | proven))
        .then(pl.lit(Sure.CERTAIN))
        .when(can_enter & known & (matches | pl.col("label_number").is_not_null()))
        .then(pl.lit(Sure.LIKELY))
        .otherwise(pl.lit(Sure.PERSON))
    )


def _evidence() -> pl.Expr:
    """What speaks for the entry; else why somebody has to look."""
    label = pl.when(pl.col("label_number").is_not_null()).then(
        pl.lit("the label of your shipping tool has it")
    )
    scanned = pl.when(_SCANNED).then(
        pl.format("{} scanned it", pl.col("_scanner").replace(carrier_names()))
    )
    seen = pl.concat_str(label, scanned, "_why", separator="; ", ignore_nulls=True)
    several = "its order has several packages, and no item is known to be in this one alone"
    no_name = pl.format("{}; Amazon has no name, or several, for its carrier", seen)
    return (
        pl.when(pl.col("grade") != Sure.PERSON)
        .then(seen)
        .when(~_TOLD_APART.fill_null(False))
        .then(pl.lit(several))
        .when(~_AMAZONS)
        .then(pl.lit("its order id is none of Amazon's, such as 123-1234567-1234567"))
        .when(pl.col("ship_date").is_null())
        .then(pl.lit("no file has its ship day"))
        .when(pl.col("_new").is_not_null() & pl.col("new_carrier").is_null())
        .then(no_name)
        .when(_BY_ANOTHER_NAME)
        .then(pl.format("{}; see whether the label is of {}", seen, _OTHER_NAME))
        .when(pl.col("new_number").is_not_null())
        .then(seen)
        .when(pl.col("reason") == Reason.MISSING_NUMBER)
        .then(pl.lit("no file has a number for it"))
        .otherwise(pl.format("what stands there: {}", "_before"))
    )


def ranked(fixes: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Corrections with deadlines first, and within a day those that save most categories.

    Args:
        fixes: what `proposed` gives.
        standing: the rates by category, which say how many each needs; see `vtrkit.rates`.
    """
    enough = pl.col("falls_unless") <= pl.col("falls_correctable")
    needs = standing.filter("is_enforced_window", "in_force", enough)
    first = [*_UNTIL, "grade", pl.col("enter") == IF_ANY, "order_id", "package_id"]
    listed = fixes.sort(first, nulls_last=True).join(
        needs.select(*CATEGORY, "falls_unless"), on=CATEGORY, how="left", maintain_order="left"
    )
    nth = pl.int_range(pl.len()).over(CATEGORY)
    saves = pl.when(nth < pl.col("falls_unless")).then("falls_unless")
    order = [*_UNTIL, "_saves", *first[2:]]
    saving = listed.with_columns(_saves=saves).sort(order, nulls_last=True)
    return saving.drop("_saves", "falls_unless")
