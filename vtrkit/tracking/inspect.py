"""Tracking numbers judged by the column: grade, whose they may be, how that fits the carrier."""

from collections.abc import Iterable

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.schema import GRADE, RELATION, UNRECOGNISED, Grade, Relation
from vtrkit.tracking.carriers import OTHER, by_text, carrier_id, coded, nearest_carriers
from vtrkit.tracking.cleaning import codes, exact_codes
from vtrkit.tracking.codes import NOTE_AT
from vtrkit.tracking.formats import texts
from vtrkit.tracking.meaning import Verdict, lengths_without, verdict

_MOST_ZEROS = 3
_ZEROS = "00000"
_SLICE = 1 << 19
"""Rows at a time, which bounds the memory in use."""
_HALF = 1 << 32
_SAID = pl.Categorical(pl.Categories("said", "vtrkit"))
"""Few texts on many rows, apart from the names that are keys of a tally."""
JUDGED: dict[str, pl.DataType] = {
    "grade": GRADE,
    "carriers": _SAID,
    "relation": RELATION,
    "malformed": pl.Boolean(),
    "why": _SAID,
}
"""What is said of each number; see `vtrkit.tracking.meaning.Verdict`."""


def judge(numbers: pl.Series, carriers: pl.Series) -> pl.DataFrame:
    """One row of `JUDGED` for each number.

    Args:
        numbers: as typed; null counts as empty.
        carriers: the id of the carrier entered for each.
    """
    numbers = numbers.cast(pl.String).fill_null("")
    carriers = carriers.cast(pl.Categorical()).fill_null(UNRECOGNISED)
    slices = range(0, max(1, len(numbers)), _SLICE)
    return pl.concat(_judged(numbers.slice(i, _SLICE), carriers.slice(i, _SLICE)) for i in slices)


def _judged(numbers: pl.Series, carriers: pl.Series) -> pl.DataFrame:
    keys = pl.DataFrame({"code": codes(numbers), "carrier": carriers})
    rows, meanings = _meanings(keys)
    zeros = numbers.str.ends_with(_ZEROS)
    if (doubtful := (meanings["doubtful"].gather(rows) | zeros).arg_true()).len():
        before = meanings.select("grade", "doubtful")[rows.gather(doubtful)]
        repaired = _repaired(numbers.gather(doubtful), keys[doubtful], before)
        repaired_rows, more = _meanings(repaired)
        rows = rows.scatter(doubtful, repaired_rows + len(meanings))
        meanings = pl.concat([meanings, more])
    return meanings.select(pl.col(*JUDGED).gather(rows))


@checks
def inspect_numbers(
    numbers: Iterable[str | None] | pl.Series | pl.DataFrame | pl.LazyFrame,
    carriers: Iterable[str | None] | pl.Series | str | None = None,
) -> pl.DataFrame:
    """What each tracking number looks like, and whether it can be the carrier's.

    ```
    number              grade     carriers  carrier  relation  why
    1Z5R89390357567127  check_ok  ups       usps     hard      looks like UPS 1Z, with …
    ```

    Args:
        numbers: a list or Series of numbers, or a frame with a column `tracking_number` (or
            `number`) and, if there is one, `carrier`.
        carriers: the carriers entered, one for each number or one for all; any spelling.

    Returns:
        One row per number: grade and relation (`vtrkit.schema.Grade`, `Relation`); `carriers`,
        the ids of those that the number may belong to, joined by "|", with `s10:CN` for the post
        of China and `sscc` for whoever uses GS1's containers; `carrier`, the id of the carrier
        entered or "unrecognised: NAME"; `why`, in words, with the nearest names of an
        unrecognised carrier.

    Raises:
        ParameterError: a frame without a column of numbers, or not as many carriers as numbers.

    Examples:
        >>> inspect_numbers(["1Z5R89390357567127", "9.86E+11"], "USPS").drop("why").rows()
        [('1Z5R89390357567127', 'check_ok', 'ups', 'usps', 'hard'), \
('9.86E+11', 'spreadsheet_damage', '', 'usps', 'none')]
    """
    given = _given(numbers, carriers).with_columns(pl.col("carrier").cast(coded()))
    entered = given.select(
        carrier_id("carrier").alias("id"),
        by_text("carrier", lambda texts: _entered(texts)["carrier"], pl.String()),
        by_text("carrier", lambda texts: _entered(texts)["hint"], pl.String()).alias("hint"),
    )
    told = judge(given["number"], entered["id"]).cast({_SAID: pl.String})
    why, hinted = told["why"], entered["hint"].is_not_null().arg_true()
    why = why.scatter(hinted, why.gather(hinted) + entered["hint"].gather(hinted))
    columns = [given["number"], entered["carrier"], *told.with_columns(why)]
    return pl.DataFrame(columns).select("number", "grade", "carriers", "carrier", "relation", "why")


def _entered(texts: pl.Series) -> pl.DataFrame:
    """The `carrier` that each text names, and a `hint` where it names none that is known."""
    typed, id_ = pl.col("carrier").str.strip_chars(), carrier_id("carrier")
    unrecognised = (id_ == UNRECOGNISED) & (typed != "")
    return (
        texts.alias("carrier")
        .to_frame()
        .select(
            pl.when(unrecognised)
            .then(pl.format("unrecognised: {}", typed))
            .when(id_ != UNRECOGNISED)
            .then(id_.cast(pl.String))
            .alias("carrier"),
            pl.when(unrecognised).then(_hints(typed)).alias("hint"),
        )
    )


def _given(numbers: object, carriers: object) -> pl.DataFrame:
    """The arguments of `inspect_numbers` as a frame of texts: number, carrier."""
    if isinstance(numbers, pl.DataFrame | pl.LazyFrame):
        frame = numbers.lazy().collect()
        name = next((n for n in ("tracking_number", "number") if n in frame.columns), None)
        if name is None:
            raise ParameterError("the frame has no column tracking_number or number; name it so")
        if carriers is None and "carrier" in frame.columns:
            carriers = frame["carrier"]
        numbers = frame[name]
    given = _texts("number", numbers)
    if carriers is None or isinstance(carriers, str):
        return given.to_frame().with_columns(pl.lit(carriers, pl.String).alias("carrier"))
    entered = _texts("carrier", carriers)
    if len(entered) != len(given):
        raise ParameterError(
            f"{len(given)} numbers and {len(entered)} carriers; give one for each, or one for all"
        )
    return pl.DataFrame([given, entered])


def _texts(name: str, values: object) -> pl.Series:
    """A column of text from whatever holds one value per row."""
    if isinstance(values, pl.Series):
        return values.cast(pl.String).alias(name)
    if not isinstance(values, Iterable):
        raise ParameterError(f"{name}s: give a list or a Series of texts, not {values!r}")
    told = [None if v is None else str(v) for v in values]
    try:
        return pl.Series(name, told, pl.String)
    except UnicodeEncodeError:  # half a surrogate pair, which is no text
        whole = [t and t.encode("utf-8", "replace").decode() for t in told]
        return pl.Series(name, whole, pl.String)


def _hints(typed: pl.Expr) -> pl.Expr:
    """The end of a sentence on a carrier that is not known, with the names most like it."""

    def hint(name: str) -> str:
        near = " or ".join(nearest_carriers(name))
        return f"; the carrier is not known{f', nearest: {near}' if near else ''}"

    return typed.map_elements(hint, return_dtype=pl.String)


def _meanings(keys: pl.DataFrame) -> tuple[pl.Series, pl.DataFrame]:
    """What codes mean for carriers, once for each pair that occurs; first, which row has which."""
    # a code takes all bits, so it has a number: two columns at once take twice the time
    codes, numbered = _numbered(keys["code"])
    pairs, rows = _numbered(numbered * _HALF + keys["carrier"].to_physical())
    carriers = (pairs % _HALF).cast(pl.UInt32).cat.to(keys["carrier"].dtype)
    told = map(verdict, codes.gather(pairs // _HALF), carriers)
    schema = {name: JUDGED.get(name, pl.Boolean()) for name in Verdict._fields}
    return rows, pl.DataFrame([*told], schema, orient="row")


def _numbered(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The values that occur, and which of them each is."""
    different = values.unique()
    number = pl.int_range(len(different), dtype=pl.UInt64, eager=True)
    return different, values.replace_strict(different, number)


def _repaired(numbers: pl.Series, keys: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Numbers that may be damaged with the codes of those that a spreadsheet damaged marked."""
    rules = {t.id: (t.regex, i << NOTE_AT) for i, t in enumerate(texts(), 1)}
    digits, marked, carriers = numbers.str.strip_chars(), keys["code"], keys["carrier"]
    regex, note = rules["rounded"]
    unproven = before["grade"].is_in([Grade.BAD_CHECK, Grade.UNKNOWN])
    # one check digit in ten is right by chance, one tail of five digits in 100,000 is zeros
    unlikely = digits.str.ends_with(_ZEROS) & (digits.str.len_bytes() >= 15 + len(_ZEROS))
    rounded = (unproven | unlikely) & digits.str.contains(regex)
    marked = marked.zip_with(~rounded, marked + note)
    regex, note = rules["lost_zero"]
    entered = before["doubtful"] & ~carriers.is_in([UNRECOGNISED, OTHER])
    entered &= _may_be_short(digits.str.len_bytes(), carriers)
    if (left := (entered & digits.str.contains(regex)).arg_true()).len():
        whole = _with_zeros(digits.gather(left), carriers.gather(left))
        restored = whole.is_not_null()
        marked = marked.scatter(left.filter(restored), whole.filter(restored) + note)
    return pl.DataFrame([marked.alias("code"), carriers])


def _may_be_short(lengths: pl.Series, carriers: pl.Series) -> pl.Series:
    """Whether a carrier's numbers are so long when they have lost zeros in front."""
    named = pl.DataFrame([carriers.alias("carrier"), lengths.alias("length")])
    of_each = (
        (pl.col("carrier") == carrier)
        & pl.col("length").is_in(lengths_without(_MOST_ZEROS, carrier))
        for carrier in carriers.unique().drop_nulls()
    )
    return named.select(pl.any_horizontal(pl.lit(False), *of_each)).to_series()


def _with_zeros(digits: pl.Series, carriers: pl.Series) -> pl.Series:
    """The codes of numbers that are right ones of their carrier with zeros in front, else null."""
    padded = [digits.str.replace("^", "0" * zeros) for zeros in range(1, _MOST_ZEROS + 1)]
    whole = exact_codes(pl.concat(padded)).alias("code")
    rows, meanings = _meanings(pl.DataFrame([whole, pl.concat([carriers] * _MOST_ZEROS)]))
    right = (meanings["relation"] == Relation.MATCH) & (meanings["grade"] == Grade.CHECK_OK)
    asked = pl.DataFrame([whole, right.gather(rows).alias("right")])
    found = asked.select(pl.when("right").then("code"))["code"]
    tries = [found.slice(i * len(digits), len(digits)).alias(str(i)) for i in range(_MOST_ZEROS)]
    return pl.DataFrame(tries).select(pl.coalesce(pl.all())).to_series()
