"""`import vtrkit` costs little more than `import polars`."""

import subprocess
import sys

HEAVY = ["altair", "papermill", "numpy", "scipy", "jupyter", "jupyter_client", "nbformat"]
HEAVY += ["nbclient", "nbconvert", "ipywidgets", "IPython", "jsonschema", "vl_convert", "click"]
HEAVY += ["fastexcel", "tqdm", "sp_api", "httpx"]


def test_importing_vtrkit_brings_in_nothing_heavy() -> None:
    code = f"import sys, vtrkit; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, text=True
    )
    assert done.stdout.split() == []
