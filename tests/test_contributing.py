"""The examples of how to add a fact work as they are written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import vtrkit
from tests.paths import ROOT

EXAMPLES = dict(
    re.findall(
        r"```toml\n# vtrkit/(facts/\w+\.toml)\n(.*?)```",
        (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8"),
        re.DOTALL,
    )
)
SCRIPT = """
from datetime import date
import polars as pl
import vtrkit
from vtrkit.errors import VtrkitError
print(vtrkit.policy_on("NL", date(2026, 5, 1)).title)
print(*vtrkit.inspect_numbers(["PPD4071839264"], "ppanda").select("grade", "relation").row(0))
print("scan at pick-up" in vtrkit.ready_made())
pl.DataFrame({"order_id": ["1"], "promised_date": ["2026-05-01"], "status": ["shipped"],
              "tracking_number": ["PPD4071839264"]}).write_csv("packages_2026-05-09.csv")
pl.DataFrame({"Panda ID": [1], "Panda Number": ["PPD4071839264"], "Panda Scans": [3]}).write_csv(
    "panda_2026-05-09.csv")
loaded = vtrkit.load(["packages_2026-05-09.csv", "panda_2026-05-09.csv"])
print(loaded.packages.collect()["scans"].to_list(), loaded.summary["layout"].to_list())
"""


def test_each_example_of_contributing_does_what_it_says(tmp_path: Path) -> None:
    """Appended to the facts of a copy of the package, and used there."""
    package = tmp_path / "vtrkit"
    shutil.copytree(Path(vtrkit.__file__).parent, package)
    names = {"policies", "carriers", "formats", "layouts", "levers"}
    assert EXAMPLES.keys() == {f"facts/{name}.toml" for name in names}
    for name, example in EXAMPLES.items():
        with (package / name).open("a", encoding="utf-8") as facts:
            facts.write(f"\n{example}")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Netherlands: 95 % in every category",
        "format_ok match",
        "True",
        "[3] ['packages', 'parcel_panda']",
    ]
