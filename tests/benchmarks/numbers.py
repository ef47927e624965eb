"""Prints how fast numbers are judged, and which wrong carriers are found out.

```
python -m tests.benchmarks.numbers                 # 1 million numbers, against tracking-numbers
python -m tests.benchmarks.numbers --rows 200000
```
"""

import argparse
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from tests.benchmarks.measure import Line, in_turns
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
_FEWER = 50
"""The other package is given one in so many: all would take minutes."""
AIM = 1 / 60


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


def lines(folder: Path, rows: int, runs: int) -> Iterator[Line]:
    """What the judging takes and what everybody can call, each against `tracking-numbers`."""
    given = _generated(folder / f"numbers-{rows}.parquet", rows)
    numbers, carriers = given["number"], given["carrier"]
    few, coded = numbers.head(rows // _FEWER), carriers.cast(pl.Categorical())
    ways = {
        "as classify judges them": lambda: judge(numbers, coded),
        "inspect_numbers": lambda: inspect_numbers(numbers, carriers),
    }
    for name, ours in ways.items():
        part = f"tracking numbers, {name}, against tracking-numbers"
        line = in_turns(part, AIM, runs, ours, lambda: _one_by_one(few), 1 / _FEWER)
        speed = rows / float(line.ours.removesuffix(" s"))
        note = f"{speed / 1e6:.1f} M a second, {1 / line.ratio:.0f} times as fast"
        yield line._replace(note=note)


def main() -> int:
    """Print how fast they are, and the relation of each true and claimed carrier."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.numbers", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--generate", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.generate:
        generate(options.generate, options.rows)
        return 0
    with TemporaryDirectory(prefix="vtrkit-numbers-") as folder:
        for line in lines(Path(folder), options.rows, 3):
            print(f"{line.part:<70}{line.ratio:>8.4f}{line.aim:>8.4f}  {line.note}")
    _print_table("ABCDE", "all formats")
    _print_table("A", "distinctive shapes with a check digit")
    return 0


def _generated(path: Path, rows: int) -> pl.DataFrame:
    """Numbers made in a process of their own, which keeps its memory to itself."""
    if path.exists():
        return pl.read_parquet(path)
    command = [sys.executable, "-m", "tests.benchmarks.numbers"]
    subprocess.run([*command, "--rows", str(rows), "--generate", str(path)], check=True)
    return pl.read_parquet(path)


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
