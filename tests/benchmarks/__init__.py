"""Speed and memory, as ratios measured in one run; see `python -m tests.benchmarks --help`."""
