"""`vtrkit lab` and `vtrkit init`: the notebooks in a folder of your own, and JupyterLab on them."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import click
import tomli_w

from vtrkit.errors import InputError, ParameterError
from vtrkit.shipped import as_root, shipped

FIRST = "what_if.ipynb"
"""The notebook that is opened."""
_RECORD, _SETTINGS = ".vtrkit.json", "vtrkit.toml"
_README = """# Your lab

`vtrkit lab` opens it; in JupyterLab choose Run, Run All Cells.

| notebook | question |
|---|---|
| what_if | What brings each category back over 95 % or 98 %, by when? |
| explore | Where do I stand, which category pulls me down, with which carrier? |
| portfolio | Which of my accounts first? |
| vtr_report | The report of every week, as a notebook |
| start_here | How does a row of my files become a rate? |

`vtrkit.toml` names your files. A notebook that you have changed or run is yours: vtrkit does not
write over it. Delete it and call `vtrkit lab` again for a fresh one. Nothing leaves this machine.
"""


def make(folder: Path, files: Sequence[Path] = ()) -> list[str]:
    """Put notebooks, settings and a README there; what is yours stays, and is named.

    Args:
        folder: made if it is not there.
        files: exports, folders of them, or one `vtrkit.toml`; the demo if none are given.

    Raises:
        InputError: one of the files is not there.
        ParameterError: the settings in the folder were changed, and other files are given.
    """
    if missing := [str(path) for path in files if not path.exists()]:
        raise InputError(f"there is no file or folder {', '.join(missing)}; check the path")
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / _RECORD
    written: dict[str, str] = json.loads(record.read_text("utf-8")) if record.is_file() else {}
    kept = []
    for name, content in _contents(folder, files):
        path = folder / name
        if path.exists() and _digest(path.read_bytes()) not in {
            _digest(content),
            written.get(name),
        }:
            kept.append(name)
            if name == _SETTINGS:
                raise ParameterError(
                    f"{path} is yours and stays; name your files in it under inputs, or delete "
                    "it, and call vtrkit lab without files"
                )
            continue
        path.write_bytes(content)
        written[name] = _digest(content)
    record.write_text(json.dumps(written, indent=1), "utf-8")
    return kept


def _contents(folder: Path, files: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Each file of the lab with what stands in it."""
    own = [path for path in files if path.suffix == ".toml"]
    workspace = str(own[0].resolve()) if own else ""
    if files and not own:
        inputs = [str(path.resolve()) for path in files]
        yield _SETTINGS, tomli_w.dumps({"inputs": inputs}).encode()
    if not own and (files or (folder / _SETTINGS).is_file()):
        workspace = _SETTINGS
    yield "README.md", _README.encode()
    for path in sorted(shipped("notebooks").glob("*.ipynb")):
        book = json.loads(path.read_text("utf-8"))
        lines = next(c for c in book["cells"] if "parameters" in c["metadata"].get("tags", ()))
        lines["source"] = [
            line.replace('workspace: str = ""', f"workspace: str = {json.dumps(workspace)}")
            for line in lines["source"]
        ]
        yield path.name, (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=_PATH)
@click.argument("files", nargs=-1, type=_PATH)
def init(folder: Path, files: tuple[Path, ...]) -> None:
    """Put the notebooks into FOLDER, on FILES or the demo.

    Nothing is started: `vtrkit lab` does that.
    """
    _say(folder, make(folder, files))
    click.echo(f"Next: vtrkit lab --folder {folder}")


@click.command()
@click.argument("files", nargs=-1, type=_PATH)
@click.option(
    "--folder",
    default="vtr-lab",
    show_default=True,
    type=_PATH,
    help="Folder for the notebooks; those that you have changed stay.",
)
@click.option("--no-open", is_flag=True, help="Open no browser; for servers.")
@click.option(
    "--app", is_flag=True, help="Serve the what-if as a page of its own; needs `vtrkit[app]`."
)
@click.option("--port", metavar="N", type=click.IntRange(1, 65535), help="Port of the server.")
def lab(files: tuple[Path, ...], folder: Path, no_open: bool, app: bool, port: int | None) -> None:
    """Open the what-if in JupyterLab, on FILES or the demo.

    There choose Run, Run All Cells: JupyterLab runs nothing by itself. With --app it runs at once,
    without its code.
    """
    _say(folder, make(folder, files))
    command = _app(folder) if app else _lab(folder)
    ports = [f"--{'Voila' if app else 'ServerApp'}.port={port}"] if port else []
    command = [sys.executable, "-m", *command, *ports, *["--no-browser"] * no_open]
    sys.exit(subprocess.run(command, check=False).returncode)


def _lab(folder: Path) -> list[str]:
    return [
        "jupyterlab",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.default_url=/doc/tree/{FIRST}",  # one document, and all of the width its own
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",  # asks PyPI
        *["--allow-root"] * as_root(),
    ]


def _app(folder: Path) -> list[str]:
    if find_spec("voila") is None:
        raise ParameterError("--app needs Voilà; install it with: pip install 'vtrkit[app]'")
    # its template asks a server elsewhere for icons that nothing here shows
    policy = "default-src 'self' data: blob: ws: wss: 'unsafe-inline' 'unsafe-eval'"
    settings = {"headers": {"Content-Security-Policy": policy}}
    return ["voila", str(folder.resolve() / FIRST), f"--Voila.tornado_settings={settings}"]


def _say(folder: Path, kept: Sequence[str]) -> None:
    click.echo(f"Your lab: {folder.resolve()}")
    if kept:
        click.echo(f"Yours, and left as they are: {', '.join(kept)}")
