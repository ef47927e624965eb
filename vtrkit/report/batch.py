"""A page for each account and marketplace, and an index of them: read and judged once.

```
settings ─build─▶ run folder ─cut─▶ northwind-us/ ─finish─▶ page ─┐
                                    fjord-se/     ─finish─▶ page ─┴─▶ index.html, index.json
```
"""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from polars.exceptions import PanicException

from vtrkit.errors import InputError, ParameterError, ReportError, VtrkitError, nearest
from vtrkit.files.scratch import sweep
from vtrkit.files.sources import Progress
from vtrkit.report import index, shops
from vtrkit.report.engine import Kernel
from vtrkit.report.figures import earlier, last_report, turned
from vtrkit.report.render import Asked, finish, publish, render, writable
from vtrkit.report.workers import each
from vtrkit.shipped import PACKAGE, shipped
from vtrkit.study.build import build, write_json
from vtrkit.study.open import open_study
from vtrkit.study.places import Place, cut, places_of
from vtrkit.study.run import RunFolder
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study
from vtrkit.words import number_of, read_path

SHOP = "shop.json"
"""What the index says of a page, of which inputs it was made, and what the next run compares."""


@dataclass(frozen=True)
class Job:
    """One page: the run folder of its shop, and where it goes."""

    place: Place
    folder: Path
    out: Path
    source: Path
    own: bool
    given: dict[str, Any]
    before: dict[str, Any] | None
    key: str


@dataclass(frozen=True)
class Done:
    """What came of a page: what turned yellow on it, or why there is none."""

    turned: tuple[str, ...] = ()
    failed: str = ""


def render_shops(  # noqa: PLR0913 - those of `render`, and how pages are made
    settings: Settings | Study,
    out: Path | str,
    *,
    apart: bool = False,
    only: Sequence[str] = (),
    jobs: int = 1,
    notebook: Path | str = "vtr_report",
    parameters: Mapping[str, Any] | None = None,
    previous: Path | str | None = None,
    progress: Progress | None = None,
    say: Callable[[str], object] | None = None,
) -> Path:
    """Render a page for each account and marketplace, and the index of them.

    A single one is rendered as `render` does it, into `out` itself; so is another notebook than
    the report's, on all of them, unless `apart` says otherwise. Pages of which neither inputs nor
    parameters nor version have changed are left as they are, so that an interrupted run goes on
    where it was.

    Args:
        settings: the inputs and options; or what was opened already.
        out: the folder that receives a folder for each page, `index.html` and `index.json`.
        apart: a folder and an index even for a single one.
        only: the ids of the pages that are rendered; the index has the others as they stand.
        jobs: how many pages are rendered at a time.
        notebook: see `render`; one of your own has a new kernel for each page.
        parameters: see `render`.
        previous: an earlier report.json, or the folder of an earlier run of several.
        progress: see `render`; tells the time that is left, too.
        say: called with what turned to at risk since the last run, and with the first of the index.

    Returns:
        The path of the index, or of the only page.

    Raises:
        ReportError: some pages failed; which, and why. All others and the index are there.
    """
    out = read_path(out, "out")
    asked = Asked.of(notebook, parameters, None if _is_folder(previous) else previous)
    new = [p for p in (out, *out.parents) if not p.exists()]
    scratch = writable(out, inside=True)
    try:
        _alone(out, scratch.path)
        run = _run(settings, scratch.path, asked, progress)
        study = open_study(run.path, **asked.of_study)
        chosen = [p for p in places_of(run) if (p.account, p.marketplace) in study.places]
        several = len(chosen) > 1 and asked.source.stem == "vtr_report"  # others compare shops
        if not (several or apart or only):
            return _single(run, chosen, scratch.path, out, asked, progress, say)
        wanted = _only(chosen, only)
        del study
        cut(run, wanted, scratch.path / "cut")
        todo = [_job(p, scratch.path / "cut" / p.id, out, asked, previous) for p in wanted]
        waiting = [job for job in todo if not _stands(job)]
        done = _render(waiting, jobs, out, progress)
        failed = {job.place: told.failed for job, told in done if told.failed}
        rows = _rows(out, [p for p in chosen if p not in failed])
        there = {row["id"] for row in rows}
        missing = [p.id for p in chosen if p not in failed and p.id not in there]
        why_not = {p.id: why for p, why in failed.items()}
        lines = index.write(out, rows, why_not, missing, str(asked.given.get("title", "")))
    finally:
        scratch.remove()
        for folder in new:
            with suppress(OSError):  # there is something in it, as it should be
                folder.rmdir()
    if say:
        for line in (*(line for _, told in done for line in told.turned), *lines):
            say(line)
    if failed:
        _refuse(failed, len(wanted))
    return out / index.PAGE


def _is_folder(previous: Path | str | None) -> bool:
    return bool(previous) and Path(str(previous)).is_dir()


def _alone(out: Path, own: Path) -> None:
    """Refuse to work in a folder in which another run does."""
    sweep(out)
    others = [p for p in out.glob(f"{own.name[:8]}*") if p.is_dir() and p != own]
    if others:
        raise ParameterError(
            f"{out.name}: another run is writing into this folder; wait for it, or choose another"
        )


def _run(
    settings: Settings | Study, scratch: Path, asked: Asked, progress: Progress | None
) -> RunFolder:
    if isinstance(settings, Study):
        return settings.kept
    folder = scratch / "run"
    folder.mkdir()
    build(settings, folder, asked.as_of, progress)
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
    return render(
        study,
        out,
        notebook=asked.source,
        parameters=asked.given,
        previous=asked.previous,
        progress=progress,
        say=say,
    )


def _only(places: Sequence[Place], only: Sequence[str]) -> list[Place]:
    known = {place.id: place for place in places}
    for name in only:
        if name not in known:
            raise ParameterError(
                f"--only {name!r}: no such page{nearest(name, known)}; there is "
                f"{', '.join(list(known)[:20])}"
            )
    return [known[name] for name in dict.fromkeys(only)] if only else [*places]


# pages ------------------------------------------------------------------------------------------


def _job(place: Place, folder: Path, out: Path, asked: Asked, previous: Path | str | None) -> Job:
    """A page with the hash of all that it is made of."""
    before = _before(place, asked, previous)
    given = asked.given | {"account": place.account, "marketplace": place.marketplace}
    hashed = sha256(repr((sorted(given.items()), before, _code(), asked.source.name)).encode())
    hashed.update(asked.source.read_bytes())
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        hashed.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    own = _own(asked.source)
    return Job(place, folder, out / place.id, asked.source, own, given, before, hashed.hexdigest())


def _own(notebook: Path) -> bool:
    """Whether a notebook is the user's, which may leave anything behind in a kernel."""
    return notebook.parent != shipped("notebooks")


@cache
def _code() -> str:
    """The hash of the package itself, which a version number does not tell in a checkout."""
    files = (p for p in PACKAGE.rglob("*") if p.suffix in {".py", ".toml", ".j2", ".gz", ".json"})
    return sha256(b"".join(p.read_bytes() for p in sorted(files))).hexdigest()


def _before(place: Place, asked: Asked, previous: Path | str | None) -> dict[str, Any] | None:
    """The rows of an earlier report that are about a place."""
    report = asked.before
    if _is_folder(previous):
        path = Path(str(previous)) / place.id / "report.json"
        report = earlier(path) if path.is_file() else None
    if report is None:
        return None
    here = {"account": place.account, "marketplace": place.marketplace}.items()
    rows = {n: [r for r in report[n] if here <= r.items()] for n in ("daily", "totals", "rates")}
    return {"as_of": report["as_of"], **rows}


def _stands(job: Job) -> bool:
    """Whether the page of these very inputs, parameters and version is there already."""
    page = job.out / f"{job.source.stem}.html"
    return page.is_file() and _shop(job.out).get("key") == job.key


def _shop(folder: Path) -> dict[str, Any]:
    with suppress(InputError):
        return earlier(folder / SHOP)
    return {}


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
    for job, told in each(pages, jobs, count):
        done.append((job, told or Done(failed="its process was stopped; memory may be short")))
        left = (monotonic() - start) / len(done) * (len(jobs) - len(done))
        if progress and left:
            progress(f"rendering, about {_span(left)} left", len(done), len(jobs))
    return done


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"


@contextmanager
def pages() -> Iterator[Callable[[Job], Done]]:
    """What renders one page after the other in this process, with one kernel."""
    kernel = Kernel()
    try:
        yield partial(_page, kernel)
    finally:
        kernel.close()


def _page(kernel: Kernel, job: Job) -> Done:
    """Render a page and put it at its place, or say why it cannot be."""
    try:
        kept = None if job.own else kernel
        study, report = finish(job.folder, job.source, job.given, job.before, kept)
        last = last_report(job.out)
        again = last.get("as_of", "") >= str(study.as_of)  # no step in time
        before = _shop(job.out).get("before") if again else shops.states(last)
        row = shops.row(study, job.place, before, shops.states(report))
        row |= {"page": f"{job.source.stem}.html"}
        lines = tuple(turned(job.before or last, study))
        (job.out / SHOP).unlink(missing_ok=True)  # until all of the page is there
        publish(job.folder, job.out)
        write_json(job.folder / SHOP, {"key": job.key, "row": row, "before": before})
        (job.folder / SHOP).replace(job.out / SHOP)
    except (VtrkitError, OSError) as e:
        return Done(failed=str(e))
    except (Exception, PanicException) as e:  # noqa: BLE001 - one shop's page stops no other's
        return Done(failed=f"{type(e).__name__}, a bug worth reporting; the others are not harmed")
    finally:
        shutil.rmtree(job.folder, ignore_errors=True)
    return Done(lines)


# the index --------------------------------------------------------------------------------------


def _rows(out: Path, places: Sequence[Place]) -> list[dict[str, Any]]:
    rows = [_shop(out / place.id).get("row") for place in places]
    return shops.worst_first([row for row in rows if row])


def _refuse(failed: Mapping[Place, str], count: int) -> None:
    listed = "; ".join(f"{place.id}: {why}" for place, why in [*failed.items()][:5])
    more = f"; and {len(failed) - 5} more" if len(failed) > 5 else ""
    raise ReportError(f"{len(failed)} of {number_of(count, 'page')} failed: {listed}{more}")
