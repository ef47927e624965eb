"""A store that is made by a process which is killed at random moments: the same bytes.

`python -m tests.benchmarks.kills 50` kills so many times; a test does it five times.
"""

import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from vtrkit.study import stored
from vtrkit.study.manifest import manifest
from vtrkit.study.settings import Settings

ROWS = 400


def exports(folder: Path) -> list[Path]:
    """Two folders of exports, the second of which restates orders of the first."""
    calls = []
    for call, orders in enumerate((range(ROWS), range(ROWS // 2, ROWS // 2 + 4))):
        calls.append(folder / f"call{call}")
        for part in range(3):
            path = calls[-1] / f"p{part}_2026-02-0{call + 1}.csv"
            path.parent.mkdir(exist_ok=True)
            lines = [
                f"111-0000000-{1_000_000 + n},2026-01-{1 + n % 28:02},US,UPS,{n % 3 + call},"
                f"2025-{10 + n % 3}-05,1Z999AA1012{n:07}"
                for n in orders
                if n % 3 == part
            ]
            head = "order_id,promised_date,marketplace,carrier,scans,ship_date,tracking_number"
            path.write_text("\n".join([head, *lines]), "utf-8")
    return calls


def tally(calls: Sequence[Path], path: Path) -> None:
    """Each call in turn."""
    for call in calls:
        stored.tally_into(Settings(inputs=(str(call),)), path)


def in_child(work: Callable[[], None], delay: float | None) -> bool:
    """Whether a child process came to the end of some work before it was killed."""
    pid = os.fork()  # before Polars has threads: none of its functions is called here
    if not pid:
        if delay is not None:
            kill = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL))
            kill.daemon = True
            kill.start()
        work()
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def months(path: Path) -> dict[str, bytes]:
    """The newest tally that the manifest names."""
    if not (path / "vtrkit-store.json").exists() or not (number := manifest(path).number):
        return {}
    return {f.name: f.read_bytes() for f in (path / "tally" / f"{number:06}").iterdir()}


def killed(times: int, seed: int = 1) -> int:
    """Kill so many times, and see after each that the tally is one of whole calls.

    Returns:
        How often a killed store was brought to its end, with the bytes of one that was not.
    """
    rng, ended = random.Random(seed), 0
    with TemporaryDirectory() as name:
        folder = Path(name)
        calls, path = exports(folder), folder / "STORE"
        whole: list[dict[str, bytes]] = [{}]
        began = time.monotonic()
        for number in (1, 2):
            assert in_child(lambda n=number: tally(calls[:n], folder / f"whole{n}"), None)
            whole.append(months(folder / f"whole{number}"))
        took = (time.monotonic() - began) / 2
        while times:
            if not in_child(lambda: tally(calls, path), rng.uniform(0, took)):
                times -= 1
                assert months(path) in whole, "half-written"
                if times:
                    continue
            assert in_child(lambda: tally(calls, path), None)
            assert months(path) == whole[-1], "not the same bytes"
            ended += 1
            shutil.rmtree(path)
    return ended


if __name__ == "__main__":
    given = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    print(f"{given} kills; {killed(given)} stores came to their end, each with the same bytes")
