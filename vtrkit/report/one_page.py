"""One page of several: what it is made of, whether it stands already, how it comes about."""

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from polars.exceptions import PanicException

from vtrkit.errors import InputError, refusal
from vtrkit.report import shops
from vtrkit.report.asking import Asked
from vtrkit.report.figures import earlier, last_report, turned
from vtrkit.report.render import finish, publish
from vtrkit.shipped import PACKAGE
from vtrkit.study.build import write_json
from vtrkit.study.places import Place

SHOP = "shop.json"
"""What the index says of a page, of which inputs it was made, and what the next run compares."""


@dataclass(frozen=True)
class Job:
    """One page: the run folder of its shop, and where it goes."""

    place: Place
    folder: Path
    out: Path
    asked: Asked
    key: str


@dataclass(frozen=True)
class Done:
    """What came of a page: what turned yellow on it, or why there is none."""

    turned: tuple[str, ...] = ()
    failed: str = ""


def job_of(place: Place, folder: Path, out: Path, asked: Asked, last: Path | None) -> Job:
    """A page with the hash of all that it is made of; `last` is an earlier run of several."""
    given = asked.given | {"account": place.account, "marketplace": place.marketplace}
    own = replace(asked, given=given, before=_before(place, asked, last))
    files = (own.source.name, own.script, bool(own.browser), own.keep)
    hashed = sha256(repr((sorted(given.items()), own.before, _code(), *files)).encode())
    hashed.update(asked.source.read_bytes())
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        hashed.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return Job(place, folder, out / place.id, own, hashed.hexdigest())


@cache
def _code() -> str:
    """The hash of the package itself, which a version number does not tell in a checkout."""
    files = (p for p in PACKAGE.rglob("*") if p.suffix in {".py", ".toml", ".j2", ".gz", ".json"})
    return sha256(b"".join(p.read_bytes() for p in sorted(files))).hexdigest()


def _before(place: Place, asked: Asked, last: Path | None) -> dict[str, Any] | None:
    """The rows of an earlier report that are about a place."""
    report = asked.before
    if last:
        path = last / place.id / "report.json"
        report = earlier(path) if path.is_file() else None
    if report is None:
        return None
    here = {"account": place.account, "marketplace": place.marketplace}.items()
    rows = {n: [r for r in report[n] if here <= r.items()] for n in ("daily", "totals", "rates")}
    return {"as_of": report["as_of"], **rows}


def stands(job: Job) -> bool:
    """Whether the page of these very inputs, parameters and version is there already."""
    page = job.out / f"{job.asked.source.stem}.html"
    return page.is_file() and kept_of(job.out).get("key") == job.key


def kept_of(folder: Path) -> dict[str, Any]:
    """What `shop.json` of a page's folder holds; nothing where there is no whole page."""
    with suppress(InputError):
        return earlier(folder / SHOP)
    return {}


def page(job: Job) -> Done:
    """Render a page and put it at its place, or say why it cannot be."""
    try:
        study = finish(job.folder, job.asked)
        last = job.asked.before or last_report(job.out)
        again = str(last.get("as_of", "")) >= str(study.as_of)  # no step in time
        before = kept_of(job.out).get("before") if again else shops.states(last)
        row = shops.row(study, job.place, before, shops.states(last_report(job.folder)))
        row |= {"page": f"{job.asked.source.stem}.html"}
        lines = tuple(turned(last, study))
        (job.out / SHOP).unlink(missing_ok=True)  # until all of the page is there
        publish(job.folder, job.out)
        write_json(job.folder / SHOP, {"key": job.key, "row": row, "before": before})
        (job.folder / SHOP).replace(job.out / SHOP)
    except (Exception, PanicException) as e:  # noqa: BLE001 - one shop's page stops no other's
        return Done(failed=refusal(e)[1])
    finally:
        shutil.rmtree(job.folder, ignore_errors=True)
    return Done(lines)
