"""What turned from on target to at risk since the last run is the first line that is printed."""

from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner

from tests import engine, made
from tests.study.test_sellers import AS_OF, daily
from vtrkit.cli import main

EMPTY = 'section("sources")'


def _report(folder: Path, *more: object) -> list[str]:
    book = made.excerpt(folder / "book", EMPTY)
    given = ["report", str(folder / "in"), "--out", str(folder / "out"), "--notebook", str(book)]
    done = CliRunner().invoke(main, [*given, *map(str, more)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output.splitlines()


@engine.no_kernel()
def test_a_category_that_turns_yellow_is_the_first_line_with_its_day(tmp_path: Path) -> None:
    """Before, nothing of what fails was due; the folder itself holds the last run."""
    rows = daily(10, dict.fromkeys(range(1, 9), 4))
    calm = [row | {"seen_at": AS_OF - timedelta(days=9)} for row in rows[: -13 * 10]]
    made.write(tmp_path / "in" / "shop.csv", calm)
    first = _report(tmp_path)
    assert first[0].startswith("Shoes (US) is on 95 %")
    made.write(tmp_path / "in" / "shop.csv", rows)
    second = _report(tmp_path)
    assert second[0].startswith("At risk since the report of 22 March: Shoes (US) falls")
    assert " falls below 95 % on " in second[0]
    assert second[1].startswith("Shoes (US) is on 95 % today")
    assert not _report(tmp_path)[0].startswith("At risk since")
