"""What `data/every_week.md` and its workflow give to copy runs as it stands there."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from tests import made
from tests.paths import ROOT
from vtrkit.cli import main
from vtrkit.report import batch
from vtrkit.study.settings import Settings

WORKFLOW = ROOT / "data" / "every_week.yml"


def _of_cron() -> str:
    """The command behind the five times of the crontab's line."""
    (line,) = re.findall(
        r"^\S+ \S+ \S+ \S+ \S+  (.*)$", WORKFLOW.with_suffix(".md").read_text(), re.M
    )
    folder, _, command = line.partition(" && ")
    assert folder.startswith("cd ")
    return command.partition(" >>")[0]


def _of_workflow() -> str:
    """The command of the workflow's one job, which runs every Monday and keeps its pages."""
    flow = yaml.safe_load(WORKFLOW.read_text("utf-8"))
    assert flow[True] == {"schedule": [{"cron": "0 6 * * 1"}], "workflow_dispatch": None}
    steps = flow["jobs"]["report"]["steps"]
    kept = [step["with"]["path"] for step in steps if "path" in step.get("with", {})]
    assert kept == ["reports", "reports"]
    assert steps[-1]["if"] == "always()"
    (command,) = (step["run"] for step in steps if step.get("run", "").startswith("vtrkit"))
    return str(command)


@pytest.mark.parametrize("command", [_of_cron(), _of_workflow()], ids=["cron", "workflow"])
def test_the_command_asks_for_pages_of_the_folder_and_says_where_their_index_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    made.shop(Path("exports") / "north" / "x.csv")
    program, *words = shlex.split(command)
    assert Path(program).name == "vtrkit"
    rendered = []

    def pages(settings: Settings, out: Path, **how: Any) -> Path:
        rendered.append((settings.inputs, how["shared"], how["by"]))
        return out / "index.html"

    monkeypatch.setattr(batch, "render_shops", pages)
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert (done.exit_code, done.output) == (0, f"Report: {tmp_path / 'reports' / 'index.html'}\n")
    assert rendered == [(("exports",), True, False)]
