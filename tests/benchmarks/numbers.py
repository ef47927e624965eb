"""Prints how fast numbers are judged, and which wrong carriers are found out.

```
python -m tests.benchmarks.numbers                 # 5 million numbers, against tracking-numbers
python -m tests.benchmarks.numbers --rows 200000
```
"""

import argparse
import random
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import polars as pl

from tests.numbers import US, check_character, cross_table, mutated
from vtrkit.tracking.formats import compiled, formats
from vtrkit.tracking.inspect import inspect_numbers, judge

SHARES = {
    "usps_impb": 33,
    "ups_1z": 22,
    "s10": 9,
    "fedex_12": 8,
    "fedex_ground": 6,
    "dhl_express": 4,
    "amazon_tba": 3,
    "fedex_34": 2,
    "ontrac_c": 2,
    "canada_post": 2,
    "yodel": 2,
    "usps_20": 2,
    "fedex_ground_96": 1,
    "dpd_28": 1,
    "purolator": 1,
    "yun_express": 1,
    "dhl_ecommerce_14": 1,
}
"""Percent of each format among the numbers."""
MUTATED, LOOSE, JUNK, WRONG = 0.09, 0.04, 0.01, 0.05
JUNKS = ("N/A", "113-1234567-7654321", "9.86E+11", "pick up", "986578788855.0", "12", "")
CARRIERS = ("ups", "usps", "fedex", "dhl", "ontrac", "amazon", "royal_mail", "other")
_TURN = 500_000
AIM_RATIO, AIM_PER_SECOND, AIM_BYTES = 25, 3_000_000, 1.5e9


def generate(path: Path, rows: int) -> None:
    """Write seeded numbers, each with a carrier; one in twenty is a wrong one."""
    dice, rng = random.Random(1), np.random.default_rng(1)
    made = [
        (number, formats()[key].carriers[0].replace("s10", "china_post"))
        for key, share in SHARES.items()
        for number in _many(key, rows * share // 100 + 1, rng)
    ]
    dice.shuffle(made)
    numbers = [_spoilt(number, dice) for number, _ in made[:rows]]
    entered = [c if dice.random() > WRONG else dice.choice(CARRIERS) for _, c in made[:rows]]
    pl.DataFrame({"number": numbers, "carrier": entered}).write_parquet(path)


def _many(key: str, count: int, rng: np.random.Generator) -> list[str]:
    """Random numbers of a format with right check digits."""
    layout = compiled(formats()[key])[0]
    columns = [
        np.frombuffer(a.encode(), np.uint8)[rng.integers(0, len(a), count)] for a in layout.allowed
    ]
    rows = np.stack(columns, 1)
    if layout.issuer_in_tail:
        posts = np.frombuffer(b"CNDEGBUSHK", np.uint8).reshape(-1, 2)
        rows[:, -2:] = posts[rng.integers(0, len(posts), count)]
    texts = [row.decode() for row in rows.view(f"S{rows.shape[1]}")[:, 0].tolist()]
    if not (proof := layout.proof):
        return texts
    return [
        t[: proof.at]
        + check_character(proof.check, t[proof.first : proof.last])
        + t[proof.at + 1 :]
        for t in texts
    ]


def _spoilt(number: str, dice: random.Random) -> str:
    """Some are mistyped, some written loosely, some no numbers at all."""
    chance = dice.random()
    if chance < MUTATED:
        return mutated(number, dice)
    if chance < MUTATED + LOOSE:
        groups = [number[i : i + 4] for i in range(0, len(number), 4)]
        return dice.choice([number.lower(), " ".join(groups), f" {number} "])
    return dice.choice(JUNKS) if chance < MUTATED + LOOSE + JUNK else number


def main() -> int:
    """Run both on the same numbers; 1 where an aim is missed."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.numbers", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--generate", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.generate:
        generate(options.generate, options.rows)
        return 0
    with TemporaryDirectory(prefix="vtrkit-numbers-") as folder:
        met = _speed(_generated(Path(folder) / "numbers.parquet", options.rows))
    _print_table("ABCDE", "all formats")
    _print_table("A", "distinctive shapes with a check digit")
    return int(not met)


def _generated(path: Path, rows: int) -> pl.DataFrame:
    """Numbers made in a process of their own, which keeps its memory to itself."""
    command = [sys.executable, "-m", "tests.benchmarks.numbers"]
    subprocess.run([*command, "--rows", str(rows), "--generate", str(path)], check=True)
    return pl.read_parquet(path)


def _speed(given: pl.DataFrame) -> bool:
    """A part of the numbers at a time, in turns, so that all meet the same state of the machine."""
    rows = len(given)
    given = given.cast({"carrier": pl.Categorical()})  # as `classify` has them
    alone = pl.repeat("other", rows, eager=True).cast(pl.Categorical())
    judge(given["number"][:1000], alone[:1000])
    ours = with_carrier = theirs = 0.0
    for at in range(0, rows, _TURN):
        numbers, carriers = given["number"][at : at + _TURN], given["carrier"][at : at + _TURN]
        ours += _seconds(lambda n=numbers: judge(n, alone[: len(n)]))
        with_carrier += _seconds(lambda n=numbers, c=carriers: judge(n, c))
        theirs += _seconds(lambda n=numbers: _one_by_one(n))
    whole = _seconds(lambda: judge(given["number"], given["carrier"]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{rows:,} numbers, mean length {given['number'].str.len_chars().mean():.1f}")
    print(f"ours          {rows / ours:>12,.0f} numbers a second (aim {AIM_PER_SECOND:,})")
    print(f"  with carrier{rows / with_carrier:>12,.0f} numbers a second")
    print(f"  all at once {rows / whole:>12,.0f} numbers a second")
    print(f"one by one    {rows / theirs:>12,.0f} numbers a second, tracking-numbers")
    print(f"ratio         {theirs / ours:>12.0f} times (aim {AIM_RATIO})")
    print(f"peak memory   {peak / 1e9:>12.2f} GB (aim {AIM_BYTES / 1e9})")
    return theirs / ours >= AIM_RATIO and peak < AIM_BYTES


def _seconds(action) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start


def _one_by_one(numbers: pl.Series) -> int:
    """How many numbers the other package takes; on some it fails, which counts as no."""
    from tracking_numbers import get_tracking_number

    found = 0
    for number in numbers:
        with suppress(ValueError):
            found += get_tracking_number(number) is not None
    return found


def _print_table(tiers: str, title: str) -> None:
    """The relation of each true (down) and claimed (across) carrier, in percent."""

    def relations(numbers: list[str], carriers: list[str]) -> list[str]:
        return inspect_numbers(numbers, carriers)["relation"].to_list()

    table = cross_table(relations, random.Random(1), 500, tiers)
    kinds = ("hard", "soft", "partner_possible", "none", "match")
    print(f"\n{title}: hard / soft / partner possible / no opinion / match, %")
    print(f"{'true, claimed':<14}" + "".join(f"{claimed:>17}" for claimed in US))
    for true in US:
        cells = ["/".join(f"{table[true, c].get(k, 0):.0%}"[:-1] for k in kinds) for c in US]
        print(f"{true:<14}" + "".join(f"{cell:>17}" for cell in cells))


if __name__ == "__main__":
    sys.exit(main())
