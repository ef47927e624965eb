"""The tests of vtrkit; what is set here is set before anything is imported that reads it."""

import os
import sys

# kernels and other children find the modules compiled, also where the environment forbids it:
# compiling them anew is a second of each child
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# each core has a process of its own already; more threads for tables of a few rows only wait
# for each other (a tenth of the processor time); that threads change no byte is a test of its own
os.environ.setdefault("POLARS_MAX_THREADS", "1")
