"""The command line: what it prints, refuses, documents, and the code that it ends with."""

import json
import re
from datetime import date
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests import engine, made
from tests.paths import ROOT
from vtrkit.cli import main
from vtrkit.errors import InputError, ParameterError, ReportError
from vtrkit.report import batch
from vtrkit.study.settings import Settings
from vtrkit.words import percent


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
@engine.no_kernel()
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[made.Page, Result]:
    """A report on one file, with every option that changes what is read or shown."""
    folder = tmp_path_factory.mktemp("cli")
    rows = [
        made.row(i, day, marketplace="")
        | ({"promised_date": "soon"} if i % 10 == 0 else {})
        | {"seen_at": "", "delivered_date": day if i % 2 else ""}
        for i, day in enumerate(made.days(100))
    ]
    made.write(folder / "in" / "x.csv", rows)
    done = run(
        *("report", folder / "in", "--out", folder / "out", "--marketplace", "UK"),
        *("--account", "north", "--as-of", "2026-03-26", "--lag", "5", "--targets", "90"),
        *("--title", "Monday", "--seen", "2026-03-28"),
        *("--notebook", made.excerpt(folder, 'section("sources")')),
    )
    return made.Page(folder / "out", done.output), done


def commands() -> dict[str, click.Command]:
    return main.commands


# what it prints ---------------------------------------------------------------------------------


@engine.no_kernel()
def test_demo_prints_the_answer_the_shops_and_where_the_index_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worst shop stands first, in what is printed and in the index."""
    book = made.excerpt(tmp_path / "book", 'section("sources")')  # its pages are not the point
    short = partial(batch.render_shops, notebook=book)
    monkeypatch.setattr(batch, "render_shops", short)
    done = run("demo", "--out", tmp_path / "d")
    answer, *lines, last = done.stdout.splitlines()
    assert (done.exit_code, done.stderr) == (0, "")
    assert answer.startswith("1 of 3 shops has 5 categories below 95 %. 1 shop in Sweden is not")
    shops = json.loads((tmp_path / "d" / "index.json").read_text("utf-8"))["shops"]
    ids = ["northwind-us", "northwind-uk", "fjord-uk", "fjord-se"]
    assert [shop["id"] for shop in shops] == ids
    for shop, line in zip(shops, lines, strict=True):
        figures = made.Page(tmp_path / "d" / shop["id"]).figures["headline"]
        assert line.startswith(f"{shop['account']} · {shop['marketplace']}: ")
        assert f"; {figures['category']} {percent(figures['vtr_low']).removesuffix(' %')}" in line
    assert last == f"Report: {tmp_path / 'd' / 'index.html'}"


def test_a_report_ends_in_zero_and_says_nothing_on_stderr(
    rendered: tuple[made.Page, Result],
) -> None:
    _, done = rendered
    assert (done.exit_code, done.stderr) == (0, "")


def test_options_name_what_the_files_leave_unsaid(rendered: tuple[made.Page, Result]) -> None:
    page, _ = rendered
    said = page.figures
    assert {(r["account"], r["marketplace"]) for r in said["totals"]} == {("north", "UK")}
    assert said["as_of"] == "2026-03-26"
    assert said["title"] == "Monday"
    assert {g["target_bp"] for g in said["goals"]} == {9000}
    enforced = [r for r in said["totals"] if r["is_enforced_window"]]
    assert [(r["lag_days"], r["window_end"]) for r in enforced] == [(5, "2026-03-21")]


def test_rejected_rows_are_counted_on_the_page_and_kept(
    rendered: tuple[made.Page, Result],
) -> None:
    page, done = rendered
    assert "Note: Rows rejected: 10; rejects.csv names the rule." in done.stdout
    assert (page.folder / "rejects.csv").read_text().count("promised_date is not a day") == 10


@engine.no_kernel()
def test_open_shows_the_page_whose_whole_path_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    monkeypatch.chdir(tmp_path)
    made.shop(Path("in") / "shop.csv")
    book = made.excerpt(tmp_path / "book", 'section("sources")')
    done = run("report", "in", "--out", "out", "--notebook", book, "--open")
    page = tmp_path / "out" / "vtr_report.html"
    assert done.stdout.splitlines()[-1] == f"Report: {page}"
    assert shown == [page.as_uri()]


def test_a_toml_gives_the_settings_and_options_go_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def note(settings: Settings, *_: object, **__: object) -> None:
        asked.append(settings)
        raise ReportError("enough")

    monkeypatch.setattr("vtrkit.report.batch.render_shops", note)
    (tmp_path / "vtrkit.toml").write_text(
        'inputs = ["in"]\naccount = "south"\nlag_days = 3\nmax_rejected_share = 0.0\n'
    )
    run("report", tmp_path / "vtrkit.toml", "--lag", 4, "--seen", "2026-01-31")
    assert asked == [
        Settings(
            inputs=(str(tmp_path / "in"),),
            account="south",
            lag_days=4,
            seen=date(2026, 1, 31),
            max_rejected_share=0.0,
        )
    ]


# what it refuses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report"], "no input: give at least one file, folder or vtrkit.toml"),
        (["report", "gone.csv"], "gone.csv: no such file or folder; check the spelling"),
        (["report", "gone.toml"], "gone.toml: no such file; give the path of a TOML file"),
        (["report", "x.csv", "--account", "nort"], "account 'nort' is not in the data (did you"),
        (["report", "x.csv", "--targets", "high"], "target 'high': give a percent from 50 to 100"),
        (["report", "x.csv", "--as-of", "0026-01-01"], "as_of 0026-01-01 is before 1995-01-01"),
        (["report", "x.csv", "--as-of", "0001-01-01"], "as_of 0001-01-01 is before 1995-01-01"),
        (["report", "x.csv", "--previous", "gone.json"], "gone.json: cannot be read; give an"),
        (
            ["report", "gone.csv", "--targets", "high"],
            "target 'high': give a percent from 50 to 100",
        ),
        (["report", "x.csv", "--lag", "-1"], "--lag must be a whole number from 0 to 60, not '-1'"),
        (["look", "x.csv", "--seen", "31.12.2025"], "--seen must be a day such as 2026-01-31, not"),
        (["report", "x.csv", "--as-of", "May"], "--as-of must be a day such as 2026-01-31, not"),
        (["report", "x.csv", "--max-rejected", "2"], "--max-rejected must be a share from 0 to 1"),
        (["report", "x.csv", "--mapping", "gone.toml"], "gone.toml: no such file"),
        (["report", "bad.csv"], "1 of 2 rows are wrong, more than 20%: promised_date is not a day"),
        (["report", "odd.csv"], "odd.csv: not recognised."),
        (["report", "x.csv", "--out", "x.csv"], "x.csv: is a file; give a folder"),
        (["report", "x.csv", "--out", "x.csv/new"], "x.csv: is a file; give a folder"),
        (["report", "x.csv", "--out", "/dev/null/new"], "null: is a file; give a folder"),
        (["report", "gone.csv", "--pdf"], "PDF: VTRKIT_BROWSER=no-browser is no program; install"),
    ],
)
def test_what_cannot_be_done_is_one_line_on_stderr_and_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VTRKIT_BROWSER", str(tmp_path / "no-browser"))
    made.write(Path("x.csv"), [made.row(1, made.AS_OF, account="north")])
    made.write(
        Path("bad.csv"), [made.row(1, made.AS_OF), made.row(2, made.AS_OF) | {"promised_date": "?"}]
    )
    Path("odd.csv").write_text("a,b\n1,2\n")
    before = made.tree(tmp_path)
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"vtrkit: {message}")
    assert done.stderr.count("\n") == 1
    assert made.tree(tmp_path) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["reprot"],
        ["report", "x.csv", "--lag"],
        ["report", "x.csv", "--asof", "2026-01-01"],
        ["demo", "--out"],
    ],
)
def test_wrong_usage_is_code_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert "Error: " in done.stderr


def test_a_failing_notebook_is_code_3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ReportError("vtr_report.ipynb: cell 7 failed with KeyError: 'x'")

    monkeypatch.setattr("vtrkit.report.batch.render_shops", fail)
    done = run("demo", "--out", tmp_path)
    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr == "vtrkit: vtr_report.ipynb: cell 7 failed with KeyError: 'x'\n"


# vtrkit.toml ------------------------------------------------------------------------------------


def test_paths_in_a_toml_are_relative_to_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "vtrkit.toml"
    file.write_text('inputs = ["a", "b/c.csv"]\nmapping = "m.toml"\nseen = 2026-01-31\n')
    found = Settings.read(file)
    assert found.inputs == (str(tmp_path / "a"), str(tmp_path / "b" / "c.csv"))
    assert found.mapping == str(tmp_path / "m.toml")
    assert found.seen == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input = []", "unknown key input (did you mean inputs?)"),
        ("inputs = [1]", "inputs must be a list of paths, not [1]"),
        ("mapping = 1", "mapping must be a path, not 1"),
        ("account = 7", "account must be text in quotes, not 7"),
        (
            "marketplace = ['US']",
            "marketplace must be a marketplace such as US, or a table of marketplaces by names of "
            "files, not ['US']",
        ),
        ("seen = '31.1.2026'", "seen must be a day such as 2026-01-31, not '31.1.2026'"),
        ("seen = 2026-01-31T00:00:00", "seen must be a day such as 2026-01-31, not 2026-01-31 00"),
        ("lag_days = 10.5", "lag_days must be a whole number from 0 to 60, not 10.5"),
        ("lag_days = true", "lag_days must be a whole number from 0 to 60, not True"),
        ("lag_days = -1", "lag_days must be a whole number from 0 to 60, not -1"),
        ("max_rejected_share = 20", "max_rejected_share must be a share from 0 to 1, not 20"),
        ("absence = 'no'", "absence must be true or false, not 'no'"),
        ("inputs = [", "not valid TOML: "),
        ("inputs = []\ninputs = []", "not valid TOML: "),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "vtrkit.toml"
    file.write_text(text)
    with pytest.raises(ParameterError) as caught:
        Settings.read(file)
    assert str(caught.value).startswith(f"vtrkit.toml: {message}")


def test_one_path_and_a_day_in_quotes_are_taken_as_they_are_meant(tmp_path: Path) -> None:
    (tmp_path / "v.toml").write_text("inputs = 'x.csv'\nseen = '2026-01-31'\n")
    found = Settings.read(tmp_path / "v.toml")
    assert (found.inputs, found.seen) == ((str(tmp_path / "x.csv"),), date(2026, 1, 31))


def test_settings_in_python_are_checked_as_those_of_a_file() -> None:
    with pytest.raises(ParameterError, match="settings: lag_days must be a whole number from 0"):
        Settings(lag_days=99)
    assert Settings(inputs=Path("x.csv")).inputs == ("x.csv",)  # type: ignore[arg-type]


def test_what_no_option_says_is_left_to_the_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("vtrkit.cli.read", lambda settings, _: asked.append(settings) or 1 / 0)
    (tmp_path / "v.toml").write_text("absence = false\nday_first = true\nlag_days = 3\n")
    for options in ([], ["--absence", "--month-first"]):
        with pytest.raises(ZeroDivisionError):
            run("look", tmp_path / "v.toml", *options)
    assert [(s.absence, s.day_first) for s in asked] == [(False, True), (True, False)]
    assert {s.lag_days for s in asked} == {3}


def test_a_toml_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"none\.toml: no such file"):
        Settings.read(tmp_path / "none.toml")


def test_a_toml_that_is_not_utf_8_is_said(tmp_path: Path) -> None:
    (tmp_path / "v.toml").write_bytes(b'account = "\xff"')
    with pytest.raises(ParameterError, match=r"v\.toml: cannot be read as UTF-8 text"):
        Settings.read(tmp_path / "v.toml")


# help and README --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", *main.commands])
def test_help_explains_each_option(name: str) -> None:
    shown = run(*([name] if name else []), "-h").output
    command = commands()[name] if name else main
    assert command.help
    assert command.help.splitlines()[0] in shown
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert max(option.opts, key=len) in shown


def test_the_list_of_commands_says_what_each_is_for_in_80_columns() -> None:
    shown = CliRunner().invoke(main, ["-h"], terminal_width=80).output
    assert shown.count("...") == 1  # of the usage
    assert all(f"  {name} " in shown for name in main.commands)


def test_rules_and_carriers_show_what_holds_on_a_day() -> None:
    assert (
        "since       1 July 2015 (rule us-2015)" in run("rules", "us", "--on", "2016-05-01").output
    )
    assert "list of     March 2016" in run("carriers", "US", "--on", "2026-09-30").output
    assert "rule de-2025" in run("rules", "amazon.de").output  # of today


def test_the_version_is_that_of_the_package() -> None:
    assert re.fullmatch(r"vtrkit, version \d+\.\d+\.\d+\n", run("--version").output)


DOCUMENTS = "".join(
    (ROOT / name).read_text("utf-8")
    for name in (
        *("README.md", "notebooks/README.md"),
        *(f"data/{name}.md" for name in ("options", "reasons", "every_week")),
    )
)


def test_the_documents_show_each_command_and_option() -> None:
    for name, command in commands().items():
        assert f"vtrkit {name}" in DOCUMENTS
        for option in command.params:
            if isinstance(option, click.Option):
                assert max(option.opts, key=len) in DOCUMENTS
    for name in Settings.__dataclass_fields__:
        assert f"`{name}`" in DOCUMENTS


def test_the_documents_name_the_files_of_a_report(demo: made.Page) -> None:
    named = {"vtr_report.html", "packages.csv", "report.json", "rejects.csv"}
    assert all(f"`{name}`" in DOCUMENTS for name in named)
    assert named <= {p.name for p in demo.folder.iterdir()}


def test_exit_codes_are_those_of_the_errors() -> None:
    assert "0 done, 2 wrong usage or input, 3 a notebook or page failed" in DOCUMENTS
    assert (InputError.exit_code, ParameterError.exit_code, ReportError.exit_code) == (2, 2, 3)


def test_report_json_is_plain_json(demo: made.Page) -> None:
    text = (demo.folder / "report.json").read_text("utf-8")
    assert json.loads(text, parse_constant=pytest.fail)


@engine.no_kernel()
def test_another_notebook_is_rendered_by_its_name(tmp_path: Path) -> None:
    made.shop(tmp_path / "in" / "shop.csv")
    options = ["--notebook", "portfolio", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, ["report", str(tmp_path / "in"), *options])
    assert done.exit_code == 0, done.output
    assert done.output.endswith("portfolio.html\n")
    assert (tmp_path / "out" / "portfolio.html").is_file()
    assert not (tmp_path / "out" / "vtr_report.html").exists()


def test_a_day_outside_the_files_is_refused_with_the_days_that_they_cover(tmp_path: Path) -> None:
    made.shop(tmp_path / "shop.csv")
    out = tmp_path / "out"
    arguments = ["report", str(tmp_path / "shop.csv"), "--as-of", "2031-01-01", "--out", str(out)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert "2031-01-01: the files hold packages due from 2025-12-12 to 2026-03-21" in done.output
    assert not out.exists()
