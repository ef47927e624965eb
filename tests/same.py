"""Whether two checkouts make the same reports: `python -m tests.same OTHER`, in one environment.

Renders the demo and a run of many files from this checkout and from the other one, and names each
figure of `report.json`, and each file, that differs. A refactoring is done when nothing does.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

KEPT = ("report.json", "packages.csv", "rejects.csv", "vtr_report.html")


def render(checkout: Path, out: Path) -> None:
    """The demo, and a report of the files that `demo --files` writes, by one checkout."""
    run = [sys.executable, "-c", "from vtrkit.cli import main; main()"]
    env = os.environ | {"PYTHONPATH": str(checkout.resolve())}
    for arguments in (
        ["demo", "--out", "demo"],
        ["demo", "--files", "files"],
        ["report", "files/vtrkit.toml", "--account", "northwind", "--out", "many"],
    ):
        subprocess.run(run + arguments, cwd=out, env=env, check=True, stdout=subprocess.DEVNULL)


def differing(here: object, there: object, path: str = "") -> Iterator[str]:
    """The places at which two trees of plain data differ."""
    if isinstance(here, dict) and isinstance(there, dict):
        for name in sorted(here.keys() | there.keys()):
            yield from differing(here.get(name), there.get(name), f"{path}.{name}")
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for number, pair in enumerate(zip(here, there, strict=True)):
            yield from differing(*pair, f"{path}[{number}]")
    elif here != there:
        yield f"{path}: {str(here)[:80]} | {str(there)[:80]}"


def main(other: str) -> int:
    """Print what differs; 1 if anything does."""
    with TemporaryDirectory() as scratch:
        mine, theirs = Path(scratch, "mine"), Path(scratch, "theirs")
        for checkout, out in ((Path(), mine), (Path(other), theirs)):
            out.mkdir()
            render(checkout, out)
        count = 0
        for path in sorted(p for p in mine.rglob("*") if p.name in KEPT):
            name = path.relative_to(mine)
            pair = [(side / name).read_bytes() for side in (mine, theirs)]
            if pair[0] == pair[1]:
                continue
            count += 1
            print(f"{name} differs")
            if name.name == "report.json":
                for line in list(differing(*map(json.loads, pair)))[:40]:
                    print(f"  {line}")
    print(f"{count} files differ")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
