"""Speed and memory, as ratios measured in one run: `python -m tests.benchmarks --help`."""

import os

# Both sides get two threads; Polars reads this when it is imported.
os.environ.setdefault("POLARS_MAX_THREADS", "2")
