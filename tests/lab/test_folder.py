"""`vtrkit lab` and `vtrkit init`: what they put where, what they leave, and what they start."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from tests.paths import ROOT
from vtrkit.cli import main
from vtrkit.study.settings import Settings

NAMES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be started, in a folder that is empty."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Any:
        commands.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    return commands


def call(*arguments: str) -> str:
    done = CliRunner().invoke(main, [*arguments])
    assert done.exit_code == 0, done.output
    return done.output


def workspace(book: Path) -> str:
    cells = json.loads(book.read_text("utf-8"))["cells"]
    scope: dict[str, Any] = {}
    exec("".join(cells[0]["source"]), scope)
    return str(scope["workspace"])


def test_without_files_it_opens_the_what_if_on_the_demo(
    started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0, raising=False)
    assert f"Your lab: {tmp_path / 'vtr-lab'}" in call("lab", "--no-open")
    there = sorted(path.name for path in Path("vtr-lab").iterdir())
    assert there == sorted([".vtrkit.json", "README.md", *NAMES])
    assert {workspace(Path("vtr-lab", name)) for name in NAMES} == {""}
    command = started[0]
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={tmp_path / 'vtr-lab'}" in command
    assert "--LabApp.default_url=/doc/tree/what_if.ipynb" in command
    assert {"--no-browser", "--allow-root"} <= {*command}  # as root, in a container
    monkeypatch.setattr("os.geteuid", lambda: 1000, raising=False)
    call("lab", "--no-open")
    assert "--allow-root" not in started[1]


def test_as_an_app_it_is_served_at_once_and_asks_no_other_server(
    started: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("lab", "--app", "--no-open", "--port", "8123")
    command = started[0]
    assert command[1:4] == ["-m", "voila", str(tmp_path / "vtr-lab" / "what_if.ipynb")]
    assert {"--Voila.port=8123", "--no-browser"} <= {*command}
    assert "default-src 'self'" in command[4]
    monkeypatch.setattr("vtrkit.lab.folder.find_spec", lambda _: None)
    refused = CliRunner().invoke(main, ["lab", "--app"])
    assert (refused.exit_code, len(started)) == (2, 1)
    assert "pip install 'vtrkit[app]'" in refused.output


def test_files_are_named_in_settings_that_every_notebook_reads(
    started: list[list[str]], tmp_path: Path
) -> None:
    (tmp_path / "exports").mkdir()
    call("lab", "exports")
    settings = Settings.of(Path("vtr-lab", "vtrkit.toml"))
    assert [Path(path).resolve() for path in settings.inputs] == [tmp_path / "exports"]
    assert {workspace(Path("vtr-lab", name)) for name in NAMES} == {"vtrkit.toml"}
    assert "--no-browser" not in started[0]
    call("lab")  # once more, without a word: the files are known
    assert {workspace(Path("vtr-lab", name)) for name in NAMES} == {"vtrkit.toml"}


def test_settings_of_your_own_are_taken_where_they_are(started: list[list[str]]) -> None:
    Path("mine.toml").write_text('inputs = ["exports"]\n', "utf-8")
    call("init", "here", "mine.toml")
    assert not started
    assert not Path("here", "vtrkit.toml").exists()
    assert workspace(Path("here", "what_if.ipynb")) == str(Path("mine.toml").resolve())


@pytest.mark.usefixtures("started")
def test_a_notebook_that_was_changed_stays_and_is_named() -> None:
    call("init", "here")
    mine, other = Path("here", "explore.ipynb"), Path("here", "portfolio.ipynb")
    mine.write_text("{}", "utf-8")
    other.unlink()
    assert "Yours, and left as they are: explore.ipynb" in call("lab", "--folder", "here")
    assert mine.read_text("utf-8") == "{}"
    assert other.exists()


@pytest.mark.usefixtures("started")
def test_what_is_not_there_and_settings_of_yours_are_said() -> None:
    gone = CliRunner().invoke(main, ["lab", "exprots"])
    assert gone.exit_code == 2
    assert "there is no file or folder exprots" in gone.output
    assert not Path("vtr-lab").exists()
    Path("here").mkdir()
    Path("here", "vtrkit.toml").write_text('inputs = ["x"]\n', "utf-8")
    Path("exports").mkdir()
    yours = CliRunner().invoke(main, ["init", "here", "exports"])
    assert yours.exit_code == 2
    assert "is yours and stays" in yours.output
    assert Path("here", "vtrkit.toml").read_text("utf-8") == 'inputs = ["x"]\n'
