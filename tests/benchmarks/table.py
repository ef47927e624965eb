"""The table of the benchmark: on the screen, and in the README beside this file."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.measure import Line

README = Path(__file__).with_name("README.md")
HEAD = (
    "| part | ratio | aim | vtrkit | the other | note | measured |\n|---|--:|--:|--:|--:|---|---|"
)
_LIBRARIES = ("polars", "duckdb", "pandas")


def row(line: Line) -> str:
    """One line of the table; an aim that is missed says so."""
    aim = f"{line.aim:.2g}" + " (missed)" * (line.ratio > line.aim)
    cells = [line.part, f"{line.ratio:.2g}", aim, line.ours, line.theirs, line.note]
    return f"| {' | '.join(cells)} | {datetime.now(UTC):%Y-%m-%d} |"


def write(lines: Sequence[Line]) -> None:
    """Put these lines into the README in place of older ones of the same parts; others stay."""
    above, _, below = README.read_text("utf-8").partition(HEAD)
    rows = {_part(text): text for text in below.strip().splitlines()}
    rows |= {line.part: row(line) for line in lines}
    start = above.partition("Last run on ")[0]
    table = "\n".join([HEAD, *rows.values()])
    README.write_text(f"{start}Last run on {machine()}.\n\n{table}\n", "utf-8")


def _part(text: str) -> str:
    return text.split(" | ", maxsplit=1)[0].removeprefix("| ")


def machine() -> str:
    """What it ran on."""
    info = Path("/proc/cpuinfo")
    names = [x for x in info.read_text("utf-8").splitlines() if x.startswith("model name")]
    model = names[0].partition(": ")[2] if names else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = ", ".join(f"{name} {version(name)}" for name in _LIBRARIES)
    return (
        f"{model}, {os.cpu_count()} processors, {memory:.0f} GiB, two threads for each side; "
        f"Python {platform.python_version()}, {libraries}; load of the machine "
        f"{os.getloadavg()[0]:.0f}"
    )
