"""A rendered folder: its figures agree, repeat to the byte, and appear whole or not at all."""

import html
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from tests import engine, made
from tests.paths import ROOT
from vtrkit import classify, load, rates, tally
from vtrkit.errors import InputError, ParameterError, ReportError
from vtrkit.metric.target import Target
from vtrkit.report import render as report
from vtrkit.report.render import render
from vtrkit.report.write_page import CHART
from vtrkit.sections.saying import called
from vtrkit.shipped import shipped
from vtrkit.study.build import build
from vtrkit.study.open import open_study
from vtrkit.study.settings import Settings
from vtrkit.words import percent, rate_text

FILES = {
    "packages.csv",
    "rejects.csv",
    "report.json",
    "settings.json",
    "tables",
    "to_do.csv",
    "vtr_report.html",
}
OF_INPUTS = FILES | {"doubts.csv", "restated.csv"}
"""What a report of files holds; the sample has neither."""
KEY = ["account", "marketplace", "category"]


_CHILD = """
import sys
from vtrkit.report.render import render
from vtrkit.report.write_page import CHART
from vtrkit.study.build import Settings
book, out, *inputs = sys.argv[1:]
render(Settings(inputs=tuple(inputs)), out, notebook=book)
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two folders with a shop each, in a folder of its account."""
    folder = tmp_path_factory.mktemp("files")
    made.shop(folder / "a" / "north" / "one.csv")
    made.shop(folder / "b" / "south" / "two.csv", 3)
    return [folder / "a", folder / "b"]


class Twice(NamedTuple):
    """Two renders of the same files, side by side, and what a process of its own said."""

    here: Path
    there: Path
    said: tuple[str, str]


@pytest.fixture(scope="module")
def twice(inputs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Twice:
    """The report on both shops, here without a kernel and in another process with one.

    A copy of the notebook is one of the user's own, which has a kernel.
    """
    folder = tmp_path_factory.mktemp("twice")
    book = shutil.copy(shipped("notebooks/vtr_report.ipynb"), folder)
    elsewhere = {"POLARS_MAX_THREADS": "4", "TZ": "Asia/Tokyo", "LANG": "C"}
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, book, folder / "there", *inputs[::-1]],
        env=os.environ | elsewhere,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        render(Settings(inputs=tuple(map(str, inputs))), folder / "here")
        return Twice(folder / "here", folder / "there", child.communicate())


@pytest.fixture(scope="module")
def plain(twice: Twice) -> made.Page:
    """The report on both shops."""
    return made.Page(twice.here)


def test_a_report_consists_of_the_page_and_the_tables_behind_it(demo: made.Page) -> None:
    assert {p.name for p in demo.folder.iterdir()} == FILES


# figures ----------------------------------------------------------------------------------------


def test_the_packages_in_the_window_are_the_counts_of_report_json(demo: made.Page) -> None:
    """`packages.csv` alone, summed by hand, gives counted, valid and unknown of every category."""
    inside = demo.which.filter("in_window")
    summed = inside.group_by(KEY).agg(
        counted=pl.len(),
        valid=(pl.col("outcome") == "valid").sum(),
        unknown=(pl.col("outcome") == "unknown").sum(),
    )
    stated = pl.DataFrame(demo.figures["rates"], infer_schema_length=None).filter(
        pl.col("is_enforced_window") & (pl.col("counted") > 0)
    )
    assert stated.height == 40
    columns = [*KEY, "counted", "valid", "unknown"]
    assert sorted(summed.select(columns).rows()) == sorted(stated.select(columns).rows())


def test_the_rates_of_a_page_are_those_of_the_library(inputs: list[Path], plain: made.Page) -> None:
    loaded = load(inputs)
    table = rates(tally(classify(loaded.packages)), as_of=made.AS_OF)
    assert plain.figures["rates"] == json.loads(json.dumps(table.to_dicts(), default=str))


def test_counts_are_those_of_the_files(plain: made.Page) -> None:
    totals = {
        r["account"]: (r["counted"], r["valid"], r["unknown"])
        for r in plain.figures["totals"]
        if r["is_enforced_window"]
    }
    assert totals == {"north": (200, 190, 0), "south": (200, 197, 0)}


def test_a_package_leaves_the_window_after_lag_and_length(plain: made.Page) -> None:
    """Promised on day d, it enters on d + 10 and is gone on d + 10 + 30."""
    days = plain.which.with_columns(
        enters=(pl.col("enters_on") - pl.col("promised_date")).dt.total_days(),
        leaves=(pl.col("leaves_on") - pl.col("promised_date")).dt.total_days(),
    )
    assert days.select("enters", "leaves").unique().rows() == [(10, 40)]
    counted = days.filter("in_window")
    assert (counted["enters_on"].max(), counted["leaves_on"].min()) == (
        made.AS_OF,
        made.AS_OF.replace(month=4, day=1),
    )


def test_daily_counts_add_up_to_the_totals(demo: made.Page) -> None:
    for total in demo.figures["totals"]:
        if total["is_enforced_window"]:
            days = [
                d
                for d in demo.figures["daily"]
                if all(d[k] == total[k] for k in ("account", "marketplace"))
                and total["window_start"] <= d["promised_date"] <= total["window_end"]
            ]
            for count in ("counted", "valid", "unknown"):
                assert sum(d[count] for d in days) == total[count]


def test_the_page_says_the_headline_of_report_json(demo: made.Page) -> None:
    said = demo.figures["headline"]
    banner = re.search(r'<div class="vtr-banner"[^>]*>(.*?)</div>', demo.html)
    assert banner
    text = html.unescape(banner[1])
    assert said["category"] in text
    assert f"is below {said['target_bp'] / 100:g} %" in text
    assert f"{percent(said['vtr_low'])} ({said['valid']:,}/{said['counted']:,})" in text
    assert said["why"] in text


def test_the_page_holds_every_rate_of_report_json(demo: made.Page) -> None:
    """Of the categories in the table over 7, 30 and 90 days, with their counts."""
    tables, _ = made.read_html(demo.html)
    head, *lines = next(t for t in tables if t[0][-1] == "90 days")
    days = [int(name.removesuffix(" days")) for name in head[3:]]
    shown = {(*line[:3], n): rate for line in lines for n, rate in zip(days, line[3:], strict=True)}
    assert len(demo.figures["rates"]) == 120
    for r in demo.figures["rates"]:
        key = (r["account"], r["marketplace"], r["category"], r["days"])
        assert shown[key] == rate_text(r)
    for r in demo.figures["totals"]:
        assert shown[r["account"], r["marketplace"], "all categories", r["days"]] == rate_text(r)


def test_the_table_of_targets_holds_the_goals_of_report_json(demo: made.Page) -> None:
    tables, _ = made.read_html(demo.html)
    table = next(t for t in tables if t[0][0] == "target")
    heads = {h: i for i, h in enumerate(table[0])}
    shown = {
        tuple(line[heads[h]] for h in ("target", "account", "marketplace", "category")): tuple(
            line[heads[h]] for h in ("valid", "counted", "unverified", "over the limit")
        )
        for line in table[1:]
    }
    expected = {
        (f"{g['target_bp'] / 100:g} %", g["account"], g["marketplace"], g["category"]): (
            *(f"{g[n]:,}" for n in ("valid", "counted", "unknown")),
            "–".join(f"{n:,}" for n in sorted({g["to_fix_best"], g["to_fix"]})),
        )
        for g in demo.figures["goals"]
        if g["counted"] and g["to_fix"] > 0
    }
    assert shown == expected


def test_a_report_states_version_rules_inputs_and_rows(plain: made.Page) -> None:
    said = plain.figures
    assert said["settings"]["vtrkit"]
    assert re.fullmatch(r"[0-9a-f]{16}", said["rules"])
    assert [p["id"] for p in said["policies"]] == ["us-2025"]
    assert said["policies"][0]["source"][0].startswith("https://")
    for one in said["inputs"]:
        assert re.fullmatch(r"[0-9a-f]{64}", one["sha256"])
        assert one["rows"] == one["packages"] > 0
        assert one["sha256"] in plain.html
    assert [one["file"] for one in said["inputs"]] == ["north/one.csv", "south/two.csv"]


# invariant 5: the same bytes --------------------------------------------------------------------


def test_renders_side_by_side_give_the_same_bytes_without_a_word(twice: Twice) -> None:
    """Two at once, on one thread and on four, with the files in either order; no word is said.

    Nor does it matter whether a kernel or this process runs the cells.
    """
    assert twice.said == ("", "")
    assert made.tree(twice.here) == made.tree(twice.there)
    assert {name.partition("/")[0] for name in made.tree(twice.here)} == OF_INPUTS


def test_nothing_in_a_report_tells_the_machine_or_the_hour(
    demo: made.Page, plain: made.Page
) -> None:
    telling = [
        str(Path.home()),
        str(plain.folder),
        str(ROOT),
        str(Path(sys.prefix)),
        "/tmp/",
    ]
    for page in (demo, plain):
        for name, content in made.tree(page.folder).items():
            for text in telling:
                assert text.encode() not in content, f"{text} in {name}"
    script = re.compile(r"<script.*?</script>", re.DOTALL)
    clock = rf"\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d|\b{re.escape(socket.gethostname())}\b"
    assert not re.search(clock, script.sub("", plain.html))
    assert not re.search(clock, json.dumps(plain.figures))


def test_a_carrier_that_nobody_knows_is_named_but_nothing_private(tmp_path: Path) -> None:
    """From 20 packages on, with the nearest known names; no address, no number, no single slip."""
    typed = ("Roayl Mail", "me@example.org", "Locker 4711", "Once Only")
    counts = (20, 30, 40, 19)
    rows = [
        made.row(100 * k + i, day, carrier=name)
        for k, (name, count) in enumerate(zip(typed, counts, strict=True))
        for i, day in enumerate(made.days(count))
    ]
    file = made.write(tmp_path / "in" / "x.csv", rows)
    (tmp_path / "run").mkdir()
    build(Settings(inputs=(str(file),)), tmp_path / "run")
    (said,) = [n for n in open_study(str(tmp_path / "run")).notes if "not recognised" in n]
    assert (
        said == "Carriers that are not recognised: Roayl Mail (20 packages, nearest: Royal Mail)."
    )


# invariant 4: text stays text -------------------------------------------------------------------


@pytest.fixture(scope="module")
@engine.no_kernel()
def hostile(tmp_path_factory: pytest.TempPathFactory) -> made.Page:
    """A report on files whose every text cell tries to be more than text."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = ("category", "carrier", "ship_method", "currency")
    places = ("origin", "destination")
    rows = [
        made.row(i, day, scans=i % 2, account=made.HOSTILE[i % 4])
        | dict.fromkeys(texts if i % 3 else (*texts, *places), bad)
        | dict.fromkeys(("order_id", "tracking_number"), f"{bad}{i}")
        for i, day in enumerate(made.days(100))
        for bad in made.HOSTILE
    ]
    rows.append(made.row(1, made.WINDOW_END) | {"promised_date": "=cmd()"})
    file = made.write(folder / "in" / "x.csv", rows)
    render(
        Settings(inputs=(str(file),)), folder / "out", parameters={"title": "<i>" + made.HOSTILE[1]}
    )
    return made.Page(folder / "out")


def test_markup_in_a_file_adds_no_element_to_the_page(hostile: made.Page, plain: made.Page) -> None:
    _, usual = made.read_html(plain.html)
    _, found = made.read_html(hostile.html)
    assert set(found) <= set(usual)
    assert (found["script"], found["style"], found["title"]) == (
        usual["script"],
        usual["style"],
        usual["title"],
    )


def test_no_text_of_a_file_opens_or_closes_a_script(hostile: made.Page) -> None:
    """In a script `<!--<script>` hides its end from a browser: no text of a file is in one."""
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", hostile.html, re.DOTALL)
    *packed, own = scripts
    rows = hostile.html.count('class="vtr-selection"')
    assert len(packed) == 1 + rows + hostile.html.count('<figure class="vtr-chart"') > 3
    assert not [text for text in packed if not re.fullmatch(r"[A-Za-z0-9+/=]+", text)]
    assert not [text for text in made.HOSTILE if text in own]


def test_a_page_is_light_as_what_it_draws_lies_packed_in_it(demo: made.Page) -> None:
    assert len(demo.html.encode()) < 800_000


def test_odd_texts_arrive_in_the_page_as_they_were(hostile: made.Page) -> None:
    tables, _ = made.read_html(hostile.html)
    cells = {cell for table in tables for line in table for cell in line}
    for text in made.HOSTILE:
        assert text in cells
    model = made.selection(hostile.html)
    assert {called(text) for text in made.HOSTILE} <= {*model["names"]}


def test_a_spreadsheet_finds_no_formula_in_any_csv(hostile: made.Page) -> None:
    for name in ("packages.csv", "rejects.csv"):
        table = pl.read_csv(hostile.folder / name, infer_schema=False)
        cells = {c for column in table.iter_columns() for c in column if c}
        assert not {c for c in cells if c[0] in "=+-@\t\r"}
        assert any(c.startswith("'=") for c in cells)
    assert "'=cmd()" in pl.read_csv(hostile.folder / "rejects.csv")["promised_date"]


def test_whole_tracking_numbers_stand_in_the_lists_alone(plain: made.Page) -> None:
    whole = re.compile(rb"1Z999AA1\d+")
    having = {name for name, data in made.tree(plain.folder).items() if whole.search(data)}
    assert having == {"packages.csv"}  # nothing is left to do
    assert plain.which["tracking_number"].str.contains(r"^1Z999AA1\d{10}$").all()
    assert re.search(r"1Z99…\d{4}", plain.html)


def test_the_lists_of_packages_are_linked_the_work_list_first(plain: made.Page) -> None:
    assert re.findall(r'href="(\w+\.csv)"', plain.html) == ["to_do.csv", "packages.csv"]


def test_the_work_list_has_as_many_packages_of_each_category_as_report_json_calls_correctable(
    demo: made.Page,
) -> None:
    listed = pl.read_csv(demo.folder / "to_do.csv", infer_schema=False)
    counts = listed.filter(pl.col("ship by").is_null()).group_by(KEY).len()
    stated = {tuple(r[n] for n in KEY): r["correctable"] for r in demo.figures["advice"]}
    assert {row[:3]: row[3] for row in counts.rows()} == {k: n for k, n in stated.items() if n}
    assert sum(stated.values()) > 5


# invariant 6: whole or not at all ---------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Settings:
    rows = [made.row(i, day) for i, day in enumerate(made.days(5))]
    return Settings(inputs=(str(made.write(tmp_path / "in" / "few.csv", rows)),))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "bad.ipynb: cell 2 failed with ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit(0)", "bad.ipynb: cell 2 did not run to its end"),
        ("import os\nos._exit(0)", "bad.ipynb: the kernel stopped"),
    ],
)
def test_a_cell_that_fails_is_named_and_leaves_all_as_it_was(
    small: Settings, tmp_path: Path, code: str, message: str
) -> None:
    notebook = made.notebook(tmp_path / "bad.ipynb", code, "2 + 2")
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text("of last week")
    with pytest.raises(ReportError) as caught:
        render(small, out, notebook=notebook)
    assert str(caught.value).startswith(message)
    assert caught.value.exit_code == 3
    assert {p.name: p.read_text() for p in out.iterdir()} == {"report.json": "of last week"}


def test_a_failed_render_leaves_no_folder_behind(small: Settings, tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        render(small, tmp_path / "new" / "out", parameters={"marketplace": "MARS"})
    assert not (tmp_path / "new").exists()


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a kernel was started")

    monkeypatch.setattr(report, "execute", refuse)


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"asof": "2026-01-01"}, "vtr_report.ipynb has no parameter asof (did you mean as_of?)"),
        ({"workspace": "x"}, "vtr_report.ipynb has no parameter workspace"),
        ({"targets": 9500}, "target '9500': give a percent from 50 to 100"),
        ({"title": True}, "vtr_report.ipynb: title must be str, not bool"),
        ({"as_of": "31.01.2026"}, "as_of '31.01.2026' is not a day; write it as 2026-01-31"),
        ({"as_of": "0026-01-31"}, "as_of 0026-01-31 is before 1995-01-01; check the year"),
        ({"targets": "95, high"}, "target 'high': give a percent from 50 to 100"),
        ({"targets": "inf"}, "target 'inf': give a percent from 50 to 100"),
        ({"targets": "0"}, "target '0': give a percent from 50 to 100"),
        ({"marketplace": "USA"}, "marketplace 'USA' is not in the data (did you mean US?)"),
        ({"account": "nobody"}, "account 'nobody' is not in the data; there is default"),
    ],
)
def test_a_wrong_parameter_is_refused_before_a_kernel_starts(
    small: Settings, tmp_path: Path, parameters: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        render(small, tmp_path / "out", parameters=parameters)
    assert str(caught.value).startswith(message)
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "nope",
            None,
            "no notebook 'nope'; there is explore, plan_of_action, portfolio, "
            "vtr_report, what_if, or "
            "give the path of one of your own",
        ),
        ("gone.ipynb", None, "gone.ipynb: no such notebook; check the path"),
        (
            "odd.ipynb",
            "{",
            "odd.ipynb: not a notebook with a language; save it again from JupyterLab",
        ),
        (
            "odd.ipynb",
            "[]",
            "odd.ipynb: not a notebook with a language; save it again from JupyterLab",
        ),
    ],
)
def test_what_is_no_notebook_is_refused(
    small: Settings, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    notebook = tmp_path / name if name.endswith(".ipynb") else name
    if content:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError if name.endswith(".ipynb") else ParameterError) as caught:
        render(small, tmp_path / "out", notebook=notebook)
    assert str(caught.value).startswith(message)


def test_a_notebook_of_ones_own_gets_its_own_parameters(small: Settings, tmp_path: Path) -> None:
    notebook = made.notebook(
        tmp_path / "own.ipynb",
        "print(f'{title}: {rounds * 2}')",
        parameters='workspace: str = ""  # folder\ntitle: str = ""  # head\nrounds: int = 1  # n',
    )
    page = render(
        small, tmp_path / "out", notebook=notebook, parameters={"title": "T", "rounds": 4}
    )
    assert page == tmp_path / "out" / "own.html"
    assert "T: 8" in page.read_text()


def test_an_output_folder_that_is_a_file_is_refused(small: Settings, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ParameterError, match="out: is a file; give a folder"):
        render(small, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


# copies for others ------------------------------------------------------------------------------

_PRINTER = """#!{}
import sys
from pathlib import Path
paper = next(a.partition("=")[2] for a in sys.argv if a.startswith("--print-to-pdf="))
assert Path(paper).with_suffix(".html").as_uri() == sys.argv[-1]
if Path("fails").exists():
    sys.exit("it has no fonts")
Path(paper).write_bytes(b"%PDF /CreationDate (D:20261128133532+00'00')")
"""


def test_a_page_is_printed_and_its_notebook_kept_and_both_say_nothing_of_machine_and_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is the same as without them; a copy of the notebook shows pictures."""
    settings = Settings(inputs=(str(made.shop(tmp_path / "in" / "shop.csv", 30)),))
    printer = tmp_path / "printer"
    printer.write_text(_PRINTER.format(sys.executable))
    printer.chmod(0o755)
    monkeypatch.setenv("VTRKIT_BROWSER", str(printer))
    monkeypatch.chdir(tmp_path)
    book = made.excerpt(tmp_path / "book", 'section("categories")')
    out = tmp_path / "out"
    page = render(settings, out, notebook=book, pdf=True, keep_notebook=True)
    assert page.with_suffix(".pdf").read_bytes() == (
        b"%PDF /CreationDate (D:20000101000000+00'00')"
    )
    kept = page.with_suffix(".ipynb").read_text("utf-8")
    assert "data:image/png;base64," in kept
    assert not re.search(rf"papermill|{tmp_path}|\d\d:\d\d:\d\d\.", kept)
    render(settings, tmp_path / "plain", notebook=book)
    pages = made.tree(out)
    assert {n: pages[n] for n in made.tree(tmp_path / "plain")} == made.tree(tmp_path / "plain")
    (tmp_path / "fails").touch()
    with pytest.raises(ReportError, match="PDF: printer did not print: it has no fonts"):
        render(settings, out, notebook=book, pdf=True)
    assert made.tree(out) == pages


# the previous report ----------------------------------------------------------------------------


@pytest.mark.parametrize("as_a_parameter", [True, False])
@engine.no_kernel()
def test_a_later_report_says_what_changed(
    plain: made.Page, tmp_path: Path, as_a_parameter: bool
) -> None:
    """Five scans of *north* came in late, so five packages are restated and the rate rises."""
    for name, defects in (("north", 5), ("south", 3)):
        made.shop(tmp_path / "in" / name / "three.csv", defects)
    out, before = tmp_path / "out", str(plain.folder / "report.json")
    render(
        Settings(inputs=(str(tmp_path / "in"),)),
        out,
        notebook=made.excerpt(tmp_path, 'section("changes"'),
        parameters={"targets": 95} | ({"previous": before} if as_a_parameter else {}),
        previous=None if as_a_parameter else before,
    )
    page = made.Page(out)
    groups = {g["account"]: g for g in page.figures["changes"]["groups"]}
    assert page.figures["changes"]["since"] == made.AS_OF.isoformat()
    assert {n: (g["entered"], g["left"], g["restated"]) for n, g in groups.items()} == {
        "north": (0, 0, 5),
        "south": (0, 0, 0),
    }
    assert groups["north"]["vtr_now"] == 0.975
    tables, _ = made.read_html(page.html)
    table = next(t for t in tables if "restated" in t[0] and "mix" in t[0])
    assert ["north", "US", "0", "0", "5", "95.0 %", "97.5 %"] in [line[:7] for line in table]


@pytest.mark.usefixtures("no_kernel")
@pytest.mark.parametrize(
    ("text", "error"),
    [
        (None, InputError),
        ("{", InputError),
        ("[]", ParameterError),
        ('{"rates": 1}', ParameterError),
    ],
)
def test_a_previous_report_of_another_form_is_refused_before_files_are_read(
    tmp_path: Path, text: str | None, error: type[Exception]
) -> None:
    file, gone = tmp_path / "old.json", Settings(inputs=(str(tmp_path / "gone.csv"),))
    if text:
        file.write_text(text)
    with pytest.raises(error, match=r"report\.json"):
        render(gone, tmp_path / "out", previous=file)


# plain papermill --------------------------------------------------------------------------------


def test_plain_papermill_and_nbconvert_show_the_sample_with_a_picture_of_each_chart(
    tmp_path: Path,
) -> None:
    """Also of the first screen's; each is a picture that can be read as one."""
    notebook = made.excerpt(tmp_path, 'section("categories")')
    for command in (
        f"papermill {notebook} out.ipynb --no-progress-bar --start-timeout 600 "
        "-p as_of 20260930 -p targets 95 -p account fjord -p marketplace SE",
        "jupyter nbconvert --to html out.ipynb",
    ):
        done = subprocess.run(
            command.split(),
            cwd=tmp_path,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    text = (tmp_path / "out.html").read_text()
    assert "fjord" in text
    assert "northwind" not in text
    executed = (tmp_path / "out.ipynb").read_text()
    charts = executed.count(f'"{CHART}": {{') // 2 + executed.count('<figure class=\\"vtr-chart')
    pictures = re.findall(r"""src=["']data:image/png;base64,([^"']+)""", text)
    assert len(pictures) == charts == 3
    assert all(b64decode(picture).startswith(b"\x89PNG") for picture in pictures)


@pytest.mark.parametrize("targets", [95, [95], "95", 0.95])
@pytest.mark.parametrize("as_of", [20260930, "2026-09-30", "20260930"])
def test_days_and_targets_may_come_as_papermill_reads_them(targets: object, as_of: object) -> None:
    """`-p targets 95` and `-p as_of 20260930` are numbers in a notebook."""
    study = open_study(as_of=as_of, targets=targets)  # type: ignore[arg-type]
    assert (study.as_of, study.targets) == (date(2026, 9, 30), (Target(95),))


def test_two_renders_into_one_folder_leave_one_of_them_whole(tmp_path):
    """Whichever puts its folder last wins; neither fails, and no file is a mix of both."""
    out = tmp_path / "out"

    def publish_often(name):
        for turn in range(40):
            ready = tmp_path / f"{name}-{turn}"
            (ready / "tally").mkdir(parents=True)
            for part in ("a", "b"):
                (ready / "tally" / part).write_text(name)
            report.publish(ready, out)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(publish_often, name) for name in ("north", "south")]:
            done.result()
    assert (out / "tally" / "a").read_text() == (out / "tally" / "b").read_text()
