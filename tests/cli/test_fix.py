"""`vtrkit fix`: what it says in 80 columns, what it writes, and what it refuses."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from tests import made
from vtrkit.cli import main

UPS = "1Z5R89390357567127"
DAY = made.AS_OF + timedelta(days=1)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good packages of eight weeks, and three under way that were entered wrongly."""
    rows = [made.row(i, day) for i, day in enumerate([*made.days(60, made.AS_OF)] * 2)]
    usual = {"delivered_date": "", "scans": "", "account": "", "label_number": ""}
    wrong = [
        {"carrier": "USPS", "tracking_number": UPS},
        {"tracking_number": "", "label_number": "0012345678905", "carrier": "=cmd()"},
        {"tracking_number": ""},
    ]
    late = [
        made.row(900 + i, made.AS_OF - timedelta(days=1), **usual)
        | {"order_id": f"111-6041827-{i:07}"}
        | fields
        for i, fields in enumerate(wrong)
    ]
    folder = tmp_path_factory.mktemp("fix")
    blank = {"account": "", "label_number": ""}
    made.write(folder / "in" / "x.csv", [r | blank | r for r in [*rows, *late]])
    return folder


def test_it_writes_the_work_list_twice_and_the_file_to_upload(shop: Path) -> None:
    done = run("fix", shop / "in", "--out", shop / "out", "--after")
    assert done.exit_code == 0, done.output
    said = done.output.splitlines()[:6]
    assert said == [
        "3 packages can still be corrected: 1 from your files, 2 by looking at the label.",
        "     3 by 2 April",
        "For 3 it is likely too late: they should be delivered before 1 April.",
        "Once all are corrected (a new number has no scan yet):",
        "  Shoes, 10 April, 3 of them counted:",
        "    95.2 to 100.0 %; as it is 95.2 %",
    ]
    assert max(map(len, said)) <= 80
    assert "Your newest export is of 31 March" in done.output
    written = {p.name for p in (shop / "out").iterdir()}
    assert written == {"to_do.csv", "to_do.xlsx", f"upload_us_{DAY}.txt"}
    text = (shop / "out" / f"upload_us_{DAY}.txt").read_text("utf-8")
    assert text.splitlines()[1:] == [
        f"111-6041827-0000000\t\t\t{made.AS_OF - timedelta(days=4)}\tUPS\t\t{UPS}\t"
    ]


def test_the_workbook_has_numbers_as_texts_and_runs_no_formula(shop: Path) -> None:
    run("fix", shop / "in", "--out", shop / "book")
    book = pl.read_excel(shop / "book" / "to_do.xlsx", infer_schema_length=0)
    listed = pl.read_csv(shop / "book" / "to_do.csv", infer_schema=False)
    assert book.columns == listed.columns
    assert "0012345678905" in book["what to enter"].to_list()
    assert "'0012345678905" in listed["what to enter"].to_list()
    assert "=cmd()" in book["carrier"].to_list()
    again = shop / "again"
    run("fix", shop / "in", "--out", again)
    assert made.tree(again) == made.tree(shop / "book")


def test_what_is_too_late_on_the_day_of_the_upload_is_not_in_it(shop: Path) -> None:
    """Nor is it counted as what can still be corrected; old exports are said to be old."""
    done = run("fix", shop / "in", "--out", shop / "late", "--on", "2026-04-03")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[:3] == [
        "Nothing can still be corrected on 3 April.",
        "3 packages could be corrected before 3 April only:",
        "the work list has them, the upload does not.",
    ]
    assert {p.name for p in (shop / "late").iterdir()} == {"to_do.csv", "to_do.xlsx"}
    assert "days ago" not in done.output
    in_time = run("fix", shop / "in", "--out", shop / "in_time", "--on", "2026-04-02").output
    assert "3 packages can still be corrected" in in_time


def test_rates_are_announced_with_what_is_in_time_alone(shop: Path) -> None:
    """Here only one of the three is, whose promised day is later; the first one is that one."""
    folder = shop / "two"
    folder.mkdir()
    rows = pl.read_csv(shop / "in" / "x.csv", infer_schema=False)
    later = (DAY + timedelta(days=1)).isoformat()
    own = pl.col("order_id") == "111-6041827-0000000"
    promised = pl.when(own).then(pl.lit(later)).otherwise("promised_date")
    rows.with_columns(promised_date=promised).write_csv(folder / "x.csv")
    late = DAY + timedelta(days=4)
    for many in ([], ["1"]):
        done = run("fix", folder, "--out", shop / "o2", "--on", late, "--after", *many).output
        assert "1 package can still be corrected" in done
        assert "1 of them counted" in done
        assert "2 packages could be corrected before 5 April only" in done.replace("\n", " ")


def test_the_first_n_are_named_and_more_than_there_are_is_refused(shop: Path) -> None:
    first = run("fix", shop / "in", "--out", shop / "first", "--after", 1)
    assert "Once the first is corrected" in first.output
    refused = run("fix", shop / "in", "--out", shop / "none", "--after", 4)
    assert refused.exit_code == 2
    assert "after 4: there are 3 corrections; give a number from 1 to 3" in refused.output
    assert not (shop / "none").exists()


def test_an_upload_of_a_day_that_the_exports_have_already_is_refused(shop: Path) -> None:
    """Rows of one day would be further packages, and no correction of what is there."""
    refused = run("fix", shop / "in", "--out", shop / "none", "--on", made.AS_OF)
    assert refused.exit_code == 2
    assert "--on 2026-03-31: your newest export is of 2026-03-31" in refused.output
    later = DAY + timedelta(days=1)
    run("fix", shop / "in", "--out", shop / "later", "--on", later)
    assert (shop / "later" / f"upload_us_{later}.txt").is_file()


def test_nothing_to_correct_is_said_and_no_upload_is_written(tmp_path: Path) -> None:
    made.shop(tmp_path / "x.csv", defects=0)
    done = run("fix", tmp_path / "x.csv", "--out", tmp_path / "out", "--after")
    assert done.output.startswith("Nothing can still be corrected on 1 April.")
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"to_do.csv", "to_do.xlsx"}


@pytest.mark.parametrize("command", [["fix", "--out", "out"], ["check"], ["check-upload"]])
def test_a_file_that_is_not_read_is_said_by_every_command(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """It may hold packages, so whatever is said of the others is not the whole."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "x.csv").write_bytes((shop / "in" / "x.csv").read_bytes())
    head = "order-id\tship-date\tcarrier-code\ttracking-number\n"
    upload = folder / "confirmation.txt"
    upload.write_text(f"{head}111-6041827-9000000\t05/06/2026\tUPS\t{UPS}\n", "utf-8")
    name, *more = command
    done = run(name, *([upload] if name == "check-upload" else []), folder, *more)
    assert done.exit_code < 10, done.output
    assert done.stderr.startswith("Note: confirmation.txt is not read: days such as 05/06/2026")
