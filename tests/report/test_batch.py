"""A page for each account and marketplace: cut from one run, made anew only where need be."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import engine, made
from tests.paths import ROOT
from vtrkit.errors import ParameterError, ReportError
from vtrkit.report import index, one_page, shops
from vtrkit.report.asking import Asked
from vtrkit.report.batch import render_shops
from vtrkit.sections.saying import over_limit
from vtrkit.study.places import _id
from vtrkit.study.settings import Settings

IDS = ["north-us", "south-uk", "south-us"]
FLAT = 'section("sources")'


def _files(folder: Path, south: int = 3, markets: str = "UK US") -> Settings:
    """One account in one marketplace, another one in two, or only in the one given."""
    made.shop(folder / "north" / "one.csv")
    for market, defects in (("US", south), ("UK", 12)):
        if market not in markets:
            continue
        rows = made.shop(folder / "south" / f"{market}.csv", defects).read_text()
        text = rows.replace(",US,US,US,", f",{market},{market},{market},")
        own = text.replace("1Z999AA", f"1Z999{market}")  # numbers that no other order has
        (folder / "south" / f"{market}.csv").write_text(own.replace("\no", f"\n{market}"))
    return Settings(inputs=(str(folder),))


@pytest.fixture(scope="module")
@engine.no_kernel()
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of three shops, each with one section."""
    folder = tmp_path_factory.mktemp("batch")
    book = made.excerpt(folder / "book", FLAT)
    page = render_shops(_files(folder / "in"), folder / "out", notebook=book)
    assert page == folder / "out" / "index.html"
    return folder


def _index(folder: Path) -> dict[str, Any]:
    text: dict[str, Any] = json.loads((folder / index.ROWS).read_text("utf-8"))
    return text


def test_each_account_and_marketplace_has_a_page_and_a_row(rendered: Path) -> None:
    out = rendered / "out"
    assert sorted(p.name for p in out.iterdir()) == ["index.html", "index.json", *IDS]
    rows = _index(out)["shops"]
    assert sorted(row["id"] for row in rows) == IDS
    for row in rows:
        page = made.Page(out / row["id"])
        headline = page.figures["headline"]
        for name in ("category", "valid", "counted", "vtr_low", "back_on", "last_day"):
            assert row[name] == headline[name], name
        assert row["lowest"] <= headline["vtr_low"]
        assert page.which.select("account", "marketplace").unique().rows() == [
            (row["account"], row["marketplace"])
        ]
        enforced = [r for r in page.figures["totals"] if r["is_enforced_window"]]
        assert [r["counted"] for r in enforced] == [200]


def test_nothing_of_another_account_is_in_a_folder(rendered: Path) -> None:
    """No file in it names the other account, one of its files or one of its orders."""
    for name, others in (("north-us", (b"south", b"UK000")), ("south-us", (b"north", b"one.csv"))):
        for file, data in made.tree(rendered / "out" / name).items():
            assert [text for text in others if text in data] == [], file


def test_the_index_says_what_its_rows_say(rendered: Path) -> None:
    text = (rendered / "out" / index.PAGE).read_text("utf-8")
    tables, _ = made.read_html(text)
    rows = _index(rendered / "out")["shops"]
    assert len(tables[0]) == 1 + len(rows)
    for row, cells in zip(rows, tables[0][1:], strict=True):
        assert cells[1].startswith(row["account"])
        assert f"{row['counted'] - row['valid']} of {row['counted']} failed" in cells[3]
        assert (index.percent(row["lowest"]) in cells[4]) == (row["lowest"] is not None)
        over = over_limit(row["over_limit_best"], row["over_limit"])
        assert (over in cells[3]) == bool(row["over_limit"])
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("northwind", "northwind-us"),
        ("Northwind", "northwind-us-e6b33f36"),
        ("../../etc", "etc-us-1f4cd58a"),
        ("CON", "con-us-475e74be"),
        ("con", "con-us-89fd20d4"),
        ("日本の店", "us-b4e70e79"),
        ("a" * 300, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-us-24e0f694"),
    ],
)
def test_the_name_of_a_folder_is_readable_safe_and_always_the_same(account: str, name: str) -> None:
    assert _id(account, "US") == name
    assert len(name) < 70


# again ------------------------------------------------------------------------------------------


@engine.no_kernel()
def test_only_what_has_changed_is_rendered_again(rendered: Path, tmp_path: Path) -> None:
    """And once it has changed back, all is as if it had been rendered at once."""
    book = made.excerpt(tmp_path / "book", FLAT)
    settings, out = _files(tmp_path / "in"), tmp_path / "out"
    shutil.copytree(rendered / "out", out)
    before = {name: (out / name / one_page.SHOP).stat().st_mtime_ns for name in IDS}
    told: list[str] = []
    _files(tmp_path / "in", south=5)
    render_shops(settings, out, notebook=book, progress=lambda step, *_: told.append(step))
    after = {name: (out / name / one_page.SHOP).stat().st_mtime_ns for name in IDS}
    assert [name for name in IDS if before[name] != after[name]] == ["south-us"]
    assert told.count("rendering") == 1
    was, now = made.tree(rendered / "out"), made.tree(out)
    differing = {Path(name).parts[0] for name in was if was[name] != now[name]}
    assert differing == {"south-us", index.PAGE, index.ROWS}
    _files(tmp_path / "in")
    render_shops(settings, out, notebook=book)
    assert made.tree(out) == made.tree(rendered / "out")


@engine.no_kernel()
def test_a_page_of_a_shop_that_is_gone_is_named(rendered: Path, tmp_path: Path) -> None:
    """Nobody takes it for this run's; it may be the last one of a customer, so it stays."""
    book = made.excerpt(tmp_path / "book", FLAT)
    _files(tmp_path / "in")
    shutil.copytree(rendered / "out", out := tmp_path / "out")
    shutil.rmtree(tmp_path / "in" / "north")
    told: list[str] = []
    settings = Settings(inputs=(str(tmp_path / "in"),))
    render_shops(settings, out, notebook=book, say=told.append)
    old = "Pages of an earlier run, not of this one: north-us."
    assert old in told[0]
    assert old in (out / index.PAGE).read_text()
    assert (out / "north-us" / "mine.html").is_file() == (
        rendered / "out" / "north-us" / "mine.html"
    ).is_file()


def test_one_page_that_fails_stops_no_other_and_is_named(tmp_path: Path) -> None:
    book = made.notebook(
        tmp_path / "mine.ipynb",
        "assert account != 'south' or marketplace != 'UK', 'no UK'",
        parameters='workspace: str = ""  # f\naccount: str = ""  # a\nmarketplace: str = ""  # m',
    )
    settings, out = _files(tmp_path / "in"), tmp_path / "out"
    with pytest.raises(ReportError, match=r"1 of 2 pages failed: south-uk: .*no UK"):
        render_shops(settings, out, notebook=book, only=["south-uk", "south-us"])
    shown = _index(out)
    assert [row["id"] for row in shown["shops"]] == ["south-us"]
    assert "no UK" in shown["failed"]["south-uk"]
    page = (out / index.PAGE).read_text()
    assert "no UK" in page
    assert "1 of the pages could not be made.</b> The figures here are without it." in page
    assert not (out / "south-uk").exists()


@engine.no_kernel()
def test_an_account_with_a_broken_file_is_left_out_and_named(
    rendered: Path, tmp_path: Path
) -> None:
    """All its pages: one without the file would be wrong. Those of others are as without it."""
    book = made.excerpt(tmp_path / "book", FLAT)
    settings, out = _files(tmp_path / "in"), tmp_path / "out"
    broken = {
        "broken/two.xlsx": "PK\x03\x04 cut off",
        "wrong/two.csv": "order_id,promised_date\no1,soon\no2,never\n",
    }
    for name, text in broken.items():
        (tmp_path / "in" / name).parent.mkdir()
        (tmp_path / "in" / name).write_text(text)
    (tmp_path / "in" / "broken" / "q.csv").write_bytes(b"\0\1")  # not read, and nobody else's
    why = r"2 of 5 pages failed: broken: .*two.xlsx: .*; wrong: .*2 of 2 rows are wrong"
    with pytest.raises(ReportError, match=why):
        render_shops(settings, out, notebook=book)
    shown = _index(out)
    assert sorted(row["id"] for row in shown["shops"]) == IDS
    assert sorted(shown["failed"]) == ["broken", "wrong"]
    for id_ in IDS:
        assert made.tree(out / id_) == made.tree(rendered / "out" / id_)


@engine.no_kernel()
def test_pages_that_are_not_asked_for_stay_as_they_are(tmp_path: Path) -> None:
    book = made.excerpt(tmp_path / "book", FLAT)
    settings, out = _files(tmp_path / "in"), tmp_path / "out"
    render_shops(settings, out, notebook=book, only=["south-us"])
    assert [row["id"] for row in _index(out)["shops"]] == ["south-us"]
    assert _index(out)["missing"] == ["north-us", "south-uk"]
    with pytest.raises(ParameterError, match=r"no such page \(did you mean north-us"):
        render_shops(settings, out, notebook=book, only=["nroth-us"])


@engine.no_kernel()
def test_two_runs_into_one_folder_are_refused(tmp_path: Path) -> None:
    """A second one starts while the first one renders, and leaves it alone."""
    settings, out = _files(tmp_path / "in"), tmp_path / "new" / "out"
    book, refused = made.excerpt(tmp_path / "book", FLAT), []

    def again(*_: object) -> None:
        with pytest.raises(ParameterError, match="another run is writing into this folder"):
            render_shops(settings, out, notebook=book)
        refused.append(True)

    render_shops(settings, out, notebook=book, only=["north-us"], progress=again)
    assert refused
    assert sorted(p.name for p in out.iterdir()) == ["index.html", "index.json", "north-us"]


@engine.no_kernel()
def test_a_disk_that_is_full_in_the_middle_leaves_whole_pages_and_the_next_run_goes_on(
    rendered: Path, tmp_path: Path
) -> None:
    """Full is here a limit of this process on the size of its files."""
    book, two = made.excerpt(tmp_path / "book", FLAT), ["north-us", "south-uk"]
    settings, out = _files(tmp_path / "in"), tmp_path / "out"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(_: str, done: int, total: int) -> None:
        if (done, total) == (1, len(two)):
            resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))

    try:
        with pytest.raises(ReportError, match=r"1 of 2 pages failed: .*larger than files may be"):
            render_shops(settings, out, notebook=book, progress=fill, only=two)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (whole,) = (row["id"] for row in _index(out)["shops"])
    assert sorted(p.name for p in out.iterdir()) == sorted(["index.html", "index.json", whole])
    assert not list(tmp_path.glob(".vtrkit-*"))
    stands = (out / whole / one_page.SHOP).stat().st_mtime_ns
    render_shops(settings, out, notebook=book, only=two)
    assert (out / whole / one_page.SHOP).stat().st_mtime_ns == stands
    for id_ in two:
        assert made.tree(out / id_) == made.tree(rendered / "out" / id_)


@engine.no_kernel()
def test_accounts_of_any_name_have_their_pages_within_the_folder_and_three_broken_ones_do_not(
    tmp_path: Path,
) -> None:
    names = ["../../etc", "CON", "a" * 300, "店"]
    for number, name in enumerate(names):
        rows = [made.row(f"{number}-{i}", day, account=name) for i, day in enumerate(made.days(30))]
        made.write(tmp_path / "in" / f"good-{number}" / "x.csv", rows)
        (tmp_path / "in" / f"bad-{number % 3}").mkdir(exist_ok=True)
        (tmp_path / "in" / f"bad-{number % 3}" / "x.xlsx").write_text("PK\x03\x04 cut off")
    book, out = made.excerpt(tmp_path / "book", FLAT), tmp_path / "a" / "b" / "out"
    with pytest.raises(ReportError, match=r"3 of 7 pages failed: bad-0: bad-0/x\.xlsx: is damaged"):
        render_shops(Settings(inputs=(str(tmp_path / "in"),)), out, notebook=book)
    shown = _index(out)
    assert sorted(row["account"] for row in shown["shops"]) == sorted(
        n.strip() or "default" for n in names
    )
    assert [p.name for p in (tmp_path / "a" / "b").iterdir()] == ["out"]
    folders = [p.name for p in out.iterdir() if p.is_dir()]
    assert sorted(row["id"] for row in shown["shops"]) == sorted(folders)
    assert all(re.fullmatch(r"[a-z0-9-]{2,69}", name) for name in folders)


_SLOW = """
import os, time
from pathlib import Path
if "BUSY" in os.environ and marketplace == "UK":
    Path(os.environ["BUSY"]).write_text(str(os.getpid()))
    time.sleep(600)
"""
_RUN = """
from vtrkit.cli import main
if __name__ == "__main__":
    main()
"""


@pytest.fixture(scope="module")
@engine.no_kernel()
def unhurried(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of two shops by a notebook that lasts where `BUSY` is set; it is not."""
    folder = tmp_path_factory.mktemp("unhurried")
    book = made.notebook(
        folder / "vtr_report.ipynb",
        _SLOW,
        parameters='workspace: str = ""  # f\naccount: str = ""  # a\nmarketplace: str = ""  # m',
    )
    render_shops(_files(folder / "in", markets="UK"), folder / "out", notebook=book)
    return folder


@pytest.mark.parametrize(
    ("end", "jobs"), [(signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGKILL, 2)]
)
def test_a_run_that_is_stopped_goes_on_where_it_was(
    unhurried: Path, tmp_path: Path, end: signal.Signals, jobs: int
) -> None:
    """No page is half-written, no process stays behind, and the next run makes what is missing."""
    busy, out, book = tmp_path / "busy", tmp_path / "out", unhurried / "vtr_report.ipynb"
    settings = _files(tmp_path / "in", markets="UK")
    (tmp_path / "run.py").write_text(_RUN)
    command = [sys.executable, tmp_path / "run.py", "report", tmp_path / "in", "--out", out]
    command += ["--notebook", book, "--jobs", jobs]
    whole = out / "north-us" / one_page.SHOP  # what a page gets last
    with subprocess.Popen(
        list(map(str, command)),
        env=os.environ | {"PYTHONPATH": str(ROOT), "BUSY": str(busy)},
        stderr=subprocess.PIPE,
    ) as process:
        # the file is there a moment before what is written into it
        while process.poll() is None and not (
            busy.exists() and busy.read_text() and whole.exists()
        ):
            time.sleep(0.05)
        process.send_signal(end)
        _, errors = process.communicate(timeout=600)
    assert process.returncode == (-9 if end == signal.SIGKILL else 130), errors
    while _runs(int(busy.read_text())):  # the test's time limit ends it where one stays for good
        time.sleep(0.05)
    assert not (out / "south-uk").exists()
    finished = whole.stat().st_mtime_ns
    with engine.no_kernel():
        render_shops(settings, out, notebook=book)
    assert whole.stat().st_mtime_ns == finished
    assert made.tree(out) == made.tree(unhurried / "out")
    assert not list(tmp_path.glob(".vtrkit-*"))


def _runs(process: int) -> bool:
    """Whether a process is still at work; one that waits for its parent's glance is not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


_JOBS = """
import sys
from vtrkit.report.batch import render_shops
from vtrkit.study.settings import Settings
if __name__ == "__main__":
    given = Settings(inputs=(sys.argv[1],)), sys.argv[2]
    render_shops(*given, notebook=sys.argv[3], jobs=2, only=["south-uk", "south-us"])
"""


def test_this_process_and_two_others_with_kernels_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with other threads, in another time zone."""
    settings = _files(tmp_path / "in")
    book = made.excerpt(tmp_path / "book", 'section("categories")', FLAT)
    elsewhere = os.environ | {"POLARS_MAX_THREADS": "4", "TZ": "Asia/Tokyo", "LANG": "C"}
    (tmp_path / "jobs.py").write_text(_JOBS)
    given = [str(tmp_path / n) for n in ("jobs.py", "in", "jobs")]
    two = ["south-uk", "south-us"]
    with monkeypatch.context() as patch:
        patch.setattr(Asked, "here", True)
        render_shops(settings, tmp_path / "here", notebook=book, only=two)
    subprocess.run([sys.executable, *given, str(book)], env=elsewhere, check=True)
    assert made.tree(tmp_path / "here") == made.tree(tmp_path / "jobs")


# the index --------------------------------------------------------------------------------------


def test_the_worst_is_what_is_back_last_and_goals_are_last_and_out_of_the_totals(
    rendered: Path,
) -> None:
    base = _index(rendered / "out")["shops"][0]

    def shop(name: str, **more: Any) -> dict[str, Any]:
        return base | {"id": name, "account": name, "goal_only": False, "lowest": 0.9} | more

    rows = shops.worst_first(
        [
            shop("goal", goal_only=True, ahead="not by", back_on=None, status="BAD"),
            shop("fine", ahead="stays", back_on=None, status="GOOD", categories={"GOOD": 1}),
            shop("soon", ahead="back", back_on="2026-04-10", status="AT_RISK", categories={}),
            shop("late", ahead="back", back_on="2026-05-10", status="BAD", categories={"BAD": 2}),
            shop("never", ahead="not by", back_on=None, status="BAD", categories={"BAD": 1}),
            shop("lower", ahead="back", back_on="2026-04-10", lowest=0.8, status="BAD"),
        ]
    )
    assert [row["id"] for row in rows] == ["never", "late", "lower", "soon", "fine", "goal"]
    answer = index.said(rows, None)[0]
    assert answer.startswith("3 of 5 shops have categories below 95 %, ")
    assert f"1 shop in {base['country']} is not counted: there the target is only a goal." in answer


@engine.no_kernel()
def test_the_index_tells_what_changed_since_the_run_of_another_day(tmp_path: Path) -> None:
    """A second run of the same day compares with the same earlier one."""
    book = made.excerpt(tmp_path / "book", FLAT)
    out, settings = tmp_path / "out", _files(tmp_path / "in", south=0)
    mine = ["south-us"]
    earlier = {"as_of": str(made.AS_OF - timedelta(days=7))}
    render_shops(settings, out, notebook=book, only=mine, parameters=earlier)
    shutil.copytree(out, tmp_path / "last")
    _files(tmp_path / "in", south=60)
    for _ in range(2):
        render_shops(settings, out, notebook=book, only=mine)
        (row,) = _index(out)["shops"]
        assert row["since"] == earlier["as_of"]
        assert [(t["category"], t["now"]) for t in row["turned"]] == [("Shoes", "BAD")]
        _files(tmp_path / "in", south=61)
    other, last = tmp_path / "other", tmp_path / "last"
    render_shops(settings, other, notebook=book, only=mine, previous=last)
    assert _index(other)["shops"][0]["since"] == earlier["as_of"]
