"""A parameterised notebook, run headlessly and turned into a page that needs no network."""

import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from vtrkit.amazon.to_do import write_to_do
from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.files.categories import keep_filled
from vtrkit.files.scratch import Folder
from vtrkit.files.sources import Progress
from vtrkit.given import read_path
from vtrkit.report.asking import PAGE, Asked
from vtrkit.report.engine import execute
from vtrkit.report.figures import compared, figures, last_report, turned
from vtrkit.report.pdf import write_pdf
from vtrkit.report.write_page import write_notebook, write_page
from vtrkit.sections import standing
from vtrkit.study.build import SCENARIO, build, write_json
from vtrkit.study.first_facts import first_facts
from vtrkit.study.open import at_hand, open_study
from vtrkit.study.selection import selection
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study
from vtrkit.whatif.scenario_files import write_scenario

_ATTEMPTS = 100
"""How often a folder is tried to be put where another render keeps putting its own."""


@checks
def render(  # noqa: PLR0913 - what, from what, for which day, to where
    settings: Settings | Study,
    out: Path | str,
    *,
    notebook: Path | str = PAGE,
    parameters: Mapping[str, Any] | None = None,
    previous: Path | str | None = None,
    pdf: bool = False,
    keep_notebook: bool = False,
    progress: Progress | None = None,
    say: Callable[[str], object] | None = None,
) -> Path:
    """Render a report: HTML, report.json, to_do.csv, packages.csv and the tables behind them.

    Nothing half-written is ever visible: all files appear in `out` when the page is done.

    Args:
        settings: the inputs and options, see `vtrkit.study.settings.Settings`; or what was
            opened already.
        out: the folder that receives the files; made if need be.
        notebook: one of vtrkit's notebooks by name, or the path of another one.
        parameters: the notebook's parameters but `workspace`; strings and numbers.
        previous: an earlier report.json, to say what changed since.
        pdf: whether the page is printed as well, by a Chromium, Chrome or Edge.
        keep_notebook: whether the executed notebook stays beside its page, with its pictures.
        progress: called with a step, how much is done and how much there is.
        say: called with what turned from on target to at risk since `previous`, or since what `out`
            holds from the last run, with the headline and with each note, once the page stands.

    Returns:
        The path of the HTML page.

    Raises:
        ParameterError: a parameter is unknown or of the wrong type; nothing was run.
        InputError: the inputs cannot be read.
        ReportError: a cell failed; no page is left behind.

    Examples:
        >>> from vtrkit.study.settings import Settings
        >>> render(Settings(), "out", parameters={"targets": "9800"})
        Traceback (most recent call last):
        ...
        vtrkit.errors.ParameterError: target '9800': give a percent from 50 to 100, as 95 or \
'95 %', or a share up to 1, as 0.95
    """
    if not isinstance(settings, Settings | Study):
        raise ParameterError('give Settings, as Settings.of("my-exports"), or what was opened')
    asked = Asked.of(notebook, parameters, previous, pdf, keep_notebook)
    return rendered(settings, read_path(out, "out"), asked, progress, say)


def rendered(
    settings: Settings | Study,
    out: Path,
    asked: Asked,
    progress: Progress | None,
    say: Callable[[str], object] | None,
) -> Path:
    """Render what was asked for and checked, see `render`."""
    last_run = asked.before or last_report(out)
    scratch = writable(out)
    folder = scratch.path / "ready"  # beside the lock of the scratch folder, which stays
    folder.mkdir()
    try:
        if isinstance(settings, Study):
            copy_run(settings, folder)
        else:
            build(settings, folder, asked.as_of, progress)
        if progress:
            progress(f"rendering {asked.source.stem}", 0, 1)
        study = finish(folder, asked)
        stands = standing.banner(study.headline, study.totals, study.rates).text
        lines = [*turned(last_run, study), stands, *(f"Note: {note}" for note in study.notes)]
        publish(folder, out)
    finally:
        scratch.remove()
    if say:
        for line in lines:
            say(line)
    return out / f"{asked.source.stem}.html"


def finish(folder: Path, asked: Asked) -> Study:
    """Write the page and report.json into a run folder; what they were made of."""
    # papermill runs cells within the folder: a path from here would lead nowhere
    study = open_study(folder.resolve(), **asked.of_study)
    report = figures(study)
    if asked.before is not None:
        report["changes"] = compared(asked.before, report)
    write_json(folder / "report.json", report)
    del report
    write_to_do(study, folder)
    executed = _executed(study, folder, asked)
    page = folder / f"{asked.source.stem}.html"
    write_page(executed, page, study.title, asked.script)
    if asked.browser:
        write_pdf(asked.browser, page)
    if asked.keep:
        write_notebook(executed, folder / asked.source.name)
    return study


def _executed(study: Study, folder: Path, asked: Asked) -> Any:
    """The notebook with what its cells show, of this very study."""
    if asked.here:
        with at_hand(study):
            return execute(asked.source, folder, asked.given, here=True)
    if len(study.places) == 1:
        selection(study, first_facts(study))  # what the page asks for is among what is written
    tables = study.write()
    executed = execute(asked.source, folder, asked.given, pictures=asked.keep)
    shutil.rmtree(tables)
    return executed


def copy_run(study: Study, folder: Path) -> None:
    """The run folder of a study, with its scenario, to render from."""
    shutil.copytree(study.kept.path, folder, dirs_exist_ok=True)
    if study.scenario:
        write_scenario(study.scenario, folder / SCENARIO)


def publish(ready: Path, out: Path) -> None:
    """Every file and folder at its place by one rename; what it replaces goes with `ready`."""
    out.mkdir(parents=True, exist_ok=True)
    old = Path(mkdtemp(prefix="old-", dir=ready))
    keep_filled(ready, out)
    for made in sorted(p for p in ready.iterdir() if p != old):
        _put(made, out / made.name, old)


def _put(made: Path, place: Path, old: Path) -> None:
    """A folder cannot replace a filled one, and another render may put its own there meanwhile."""
    for attempt in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            if place.is_dir():
                place.rename(old / f"{made.name}-{attempt}")
        with suppress(OSError):
            made.replace(place)
            return
    made.replace(place)


def writable(out: Path) -> Folder:
    """A folder on the disk of `out`, from which finished files are renamed into it."""
    near = next(p for p in (out, *out.parents) if p.exists())
    if not near.is_dir():
        raise ParameterError(f"{near.name}: is a file; give a folder")
    try:
        return Folder(near)
    except OSError as e:
        raise ParameterError(f"{near}: cannot write here ({e.strerror}); choose another") from None
