"""A page for each account and marketplace, and an index of them: read and judged once.

```
settings ─build─▶ run folder ─cut─▶ northwind-us/ ─finish─▶ page ─┐
                                    fjord-se/     ─finish─▶ page ─┴─▶ index.html, index.json
```
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any, Unpack

from vtrkit.errors import ParameterError, ReportError, nearest
from vtrkit.files.copies import COUNTS_TWICE
from vtrkit.files.scratch import sweep
from vtrkit.files.skipped import UNREAD
from vtrkit.files.sources import Progress
from vtrkit.given import read_path
from vtrkit.report import index, shops
from vtrkit.report.asking import PAGE, Asked, Asking
from vtrkit.report.figures import earlier
from vtrkit.report.one_page import SHOP, Done, Job, job_of, kept_of, page, stands
from vtrkit.report.render import copy_run, rendered, writable
from vtrkit.report.workers import each
from vtrkit.shipped import vega
from vtrkit.study.build import build
from vtrkit.study.open import open_study
from vtrkit.study.places import Place, cut, places_of
from vtrkit.study.run import RunFolder
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study
from vtrkit.words import first_few, number_of

_INTO, _SCRIPT = "into", "vega.js"


def render_shops(  # noqa: PLR0913 - how pages are made, and to whom that is told
    settings: Settings | Study,
    out: Path | str,
    *,
    by: bool = False,
    only: Sequence[str] = (),
    jobs: int = 1,
    shared: bool = False,
    progress: Progress | None = None,
    say: Callable[[str], object] | None = None,
    **asking: Unpack[Asking],
) -> Path:
    """Render a page for each account and marketplace, and the index of them.

    A single one is rendered as `render` does it, into `out` itself; so is another notebook than
    the report's, on all of them, unless `by` says otherwise. Pages of which neither inputs nor
    parameters nor version have changed are left as they are, so that an interrupted run goes on
    where it was.

    Args:
        settings: the inputs and options; or what was opened already.
        out: the folder that receives a folder for each page, `index.html` and `index.json`.
        by: a folder and an index even for a single one.
        only: the ids of the pages that are rendered; the index has the others as they stand.
        jobs: how many pages are rendered at a time.
        shared: whether what draws the charts lies once beside the pages, and not in each of them.
        progress: see `render`; tells the time that is left, too.
        say: called with what turned to at risk since the last run, and with the first of the index.
        asking: the rest of what `render` takes. A notebook of your own has a new kernel for each
            page; `previous` is an earlier report.json, or the folder of an earlier run of several.

    Returns:
        The path of the index, or of the only page.

    Raises:
        ReportError: some pages failed; which, and why. All others and the index are there.
    """
    out = read_path(out, "out")
    previous = asking.get("previous")
    last = Path(previous) if previous and (Path(previous) / index.ROWS).is_file() else None
    if last:
        asking["previous"] = None
    asked = replace(Asked.of(**asking), script=f"../{_SCRIPT}" if shared else "")
    scratch = writable(out)
    try:
        _alone(out, scratch.path)
        apart = by or bool(only) or asked.source.stem == PAGE  # others compare shops
        run = _run(settings, scratch.path, asked, apart, progress)
        unread = run.settings.get("failed", {})
        study = open_study(run.path, **asked.of_study)
        chosen = [p for p in places_of(run) if (p.account, p.marketplace) in study.places]
        if not apart or (len(chosen) == 1 and not (by or only or unread)):
            return _single(run, chosen, scratch.path, out, asked, progress, say)
        chosen = [p for p in chosen if p.account not in unread]
        wanted = _only(chosen, only)
        del study
        cut(run, wanted, scratch.path / "cut")
        todo = [job_of(p, scratch.path / "cut" / p.id, out, asked, last) for p in wanted]
        if shared:
            out.mkdir(parents=True, exist_ok=True)
            (scratch.path / _SCRIPT).write_bytes(vega())
            (scratch.path / _SCRIPT).replace(out / _SCRIPT)
        waiting = [job for job in todo if not stands(job)]
        done = _render(waiting, jobs, out, progress)
        why_not = unread | {job.place.id: told.failed for job, told in done if told.failed}
        rows = _rows(out, [p for p in chosen if p.id not in why_not])
        there = {row["id"] for row in rows}
        missing = [p.id for p in chosen if p.id not in there | set(why_not)]
        told = run.settings["assumed"]
        twice = [note for note in told if COUNTS_TWICE in note]
        twice += _gone(out, last, chosen) if not only else []
        title = str(asked.given.get("title", ""))
        lines = index.write(out, rows, why_not, missing, title, twice)
        lines += [f"Note: {note}" for note in told if UNREAD in note]
    finally:
        scratch.remove()
    if say:
        for line in (*(line for _, told in done for line in told.turned), *lines):
            say(line)
    if why_not:
        _refuse(why_not, len(wanted) + len(unread))
    return out / index.PAGE


def _gone(out: Path, last: Path | None, places: Sequence[Place]) -> list[str]:
    """The shops of an earlier run that these files do not have, and whose pages stand still."""
    here = {place.id for place in places}
    rows = earlier(last / index.ROWS)["shops"] if last else []
    shops_gone = [f"{r['account']} · {r['marketplace']}" for r in rows if r["id"] not in here]
    pages = [p.parent.name for p in sorted(out.glob(f"*/{SHOP}")) if p.parent.name not in here]
    told = [f"No file is of these shops of the last run: {first_few(shops_gone)}."]
    old = [f"Pages of an earlier run, not of this one: {first_few(pages)}."]
    return (told if shops_gone else []) + (old if pages else [])


def _alone(out: Path, scratch: Path) -> None:
    """Refuse to work in a folder in which another run does; its scratch folder names it."""
    name = str(out.resolve())
    (scratch / _INTO).write_text(name, "utf-8")
    for folder in (out, *out.resolve().parents):
        with suppress(OSError):  # of a folder above that may not be looked into
            sweep(folder)
            others = [p for p in folder.glob(f".*/{_INTO}") if p.parent.name != scratch.name]
            if name in [p.read_text("utf-8") for p in others]:
                raise ParameterError(
                    f"{out.name}: another run is writing into this folder; wait for it, or choose "
                    "another one"
                )


def _run(
    settings: Settings | Study, scratch: Path, asked: Asked, apart: bool, progress: Progress | None
) -> RunFolder:
    folder = scratch / "run"
    folder.mkdir()
    if isinstance(settings, Study):
        copy_run(settings, folder)
    else:
        build(settings, folder, asked.as_of, progress, apart=apart)
    return RunFolder(folder)


def _single(  # noqa: PLR0913, PLR0917 - what `render` is given, of some places of a run
    run: RunFolder,
    places: Sequence[Place],
    scratch: Path,
    out: Path,
    asked: Asked,
    progress: Progress | None,
    say: Callable[[str], object] | None,
) -> Path:
    if len(places) == 1 < len(places_of(run)):
        cut(run, places, scratch / "cut")
        run = RunFolder(scratch / "cut" / places[0].id)
    study = open_study(run.path, **asked.of_study)
    return rendered(study, out, replace(asked, script=""), progress, say)


def _only(places: Sequence[Place], only: Sequence[str]) -> list[Place]:
    known = {place.id: place for place in places}
    for name in only:
        if name not in known:
            raise ParameterError(
                f"--only {name!r}: no such page{nearest(name, known)}; there is "
                f"{', '.join(list(known)[:20])}"
            )
    return [known[name] for name in dict.fromkeys(only)] if only else [*places]


def _render(
    jobs: Sequence[Job], count: int, out: Path, progress: Progress | None
) -> list[tuple[Job, Done]]:
    """The pages, and what came of each."""
    if jobs:  # an index beside pages of another day would contradict them
        for name in (index.PAGE, index.ROWS):
            (out / name).unlink(missing_ok=True)
    done: list[tuple[Job, Done]] = []
    start = monotonic()
    if progress and jobs:
        progress("rendering", 0, len(jobs))
    for job, told in each(page, jobs, count):
        done.append((job, told or Done(failed="its process was stopped; memory may be short")))
        left = (monotonic() - start) / len(done) * (len(jobs) - len(done))
        if progress and left:
            progress(f"rendering, about {_span(left)} left", len(done), len(jobs))
    return done


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"


# the index --------------------------------------------------------------------------------------


def _rows(out: Path, places: Sequence[Place]) -> list[dict[str, Any]]:
    rows = [kept_of(out / place.id).get("row") for place in places]
    return shops.worst_first([row for row in rows if row])


def _refuse(failed: Mapping[str, str], count: int) -> None:
    listed = "; ".join(f"{name}: {why}" for name, why in [*failed.items()][:5])
    more = f"; and {len(failed) - 5} more" if len(failed) > 5 else ""
    raise ReportError(f"{len(failed)} of {number_of(count, 'page')} failed: {listed}{more}")
