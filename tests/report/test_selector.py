"""What the page's selector chooses from, against the rates of each day and a plain count."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests import made
from vtrkit.charts.still_counting import counting_rows
from vtrkit.charts.way_back import way_rows, way_text
from vtrkit.report.selector import selector
from vtrkit.schema import Status
from vtrkit.sections import selected as words
from vtrkit.sections.first_words import first_words
from vtrkit.sections.helping import helps as helps_of
from vtrkit.study.first_facts import FirstFacts, Kind, first_facts
from vtrkit.study.open import open_study
from vtrkit.study.selection import ALL, Selection, selection
from vtrkit.study.study import Study
from vtrkit.words import rate_text

PLACES = [("northwind", "US"), ("fjord", "SE")]


@pytest.fixture(scope="module", params=PLACES, ids=" ".join)
def study(request: pytest.FixtureRequest) -> Study:
    """A place in danger, and one of which most cannot be told."""
    account, marketplace = request.param
    return open_study(account=account, marketplace=marketplace)


@pytest.fixture(scope="module")
def facts(study: Study) -> FirstFacts:
    return first_facts(study)


@pytest.fixture(scope="module")
def sel(study: Study, facts: FirstFacts) -> Selection:
    return selection(study, facts)


def test_a_day_gone_by_is_as_the_rates_were(study: Study, sel: Selection) -> None:
    """Rate, failed, counted and allowed of every category, on every fifth day up to today."""
    days, cells = words.cells(sel)
    for day in days[: days.index(study.as_of) + 1 : 5]:
        then = study.on(day)
        rows = then.rates.filter("is_enforced_window").to_dicts()
        whole = then.totals.filter("is_enforced_window").to_dicts()
        told = {str(r["category"]): r for r in rows} | {ALL: whole[0]}
        for name, of in zip(sel.names, cells, strict=True):
            row, cell = told[name], of[days.index(day)]
            failed = row["counted"] - row["valid"] - row["unknown"]
            most = failed + row["unknown"]
            text = f"{failed:,}" if failed == most else f"{failed:,}–{most:,}"
            budget = "–" if name == ALL else f"{row['budget']:,}"
            assert cell
            assert cell[1] == rate_text(row).partition(" (")[0]
            assert cell[5:] == [text, f"{row['counted']:,}", budget]
            if day == study.as_of and name != ALL:
                assert words.STATUSES[cell[0]] == row["status"]


def test_an_expected_day_is_below_target_where_nine_of_ten_cases_are(sel: Selection) -> None:
    goal = sel.facts.row["target_bp"] / 10
    days, cells = words.cells(sel)
    ahead = days.index(sel.facts.row["as_of"]) + 1
    for name, of in zip(sel.names, cells, strict=True):
        for cell in of[ahead:]:
            if not cell or name == ALL:
                continue
            status, _, low, high, middle, *_ = cell
            assert middle is None or low <= middle <= high
            if words.STATUSES[status] == Status.BAD:
                assert low < goal
            if high < goal - 1:
                assert words.STATUSES[status] == Status.BAD
            if low >= goal:
                assert words.STATUSES[status] == Status.GOOD


@pytest.mark.parametrize("place", PLACES[:1], ids=" ".join)
def test_what_failed_counts_until_the_day_on_which_it_leaves(
    place: tuple[str, str], demo: made.Page
) -> None:
    """By `enters_on` and `leaves_on` of `packages.csv`, counted one by one."""
    account, marketplace = place
    study = open_study(account=account, marketplace=marketplace)
    sel = selection(study, first_facts(study))
    failed = demo.which.filter(outcome="defect", account=account, marketplace=marketplace)
    for name in sel.names:
        own = failed if name == ALL else failed.filter(category=name)
        spans = own.select("enters_on", "leaves_on").rows()
        shown: dict[date, int] = {}
        for bar in counting_rows(sel, name)["bars"]:
            day = study.as_of + timedelta(days=round((bar["x"] + bar["end"]) / 2))
            shown[day] = max(shown.get(day, 0), bar["rate"])
        for ahead in range(1, 61):
            day = study.as_of + timedelta(days=ahead)
            assert shown.get(day, 0) == sum(enters <= day < leaves for enters, leaves in spans)


def test_causes_add_up_to_what_failed_and_carriers_to_what_counts(sel: Selection) -> None:
    rows = {str(r["category"]): r for r in sel.rows}
    sums = []
    for name in sel.names:
        causes = words.causes(sel, name)
        failed = sum(n for _, n, _ in causes["reasons"])
        assert failed == sum(n for _, _, n, _, _ in causes["carriers"])
        if name == ALL:
            sums.append(failed)
            continue
        row = rows[name]
        assert failed == row["counted"] - row["valid"] - row["unknown"]
        assert causes["text"].startswith(f"{failed:,} of {row['counted']:,} due from ")
        sums.append(-failed)
    assert sum(sums) == 0


def test_one_day_back_and_one_lowest_day_stand_everywhere(
    facts: FirstFacts, sel: Selection
) -> None:
    """In the table, in what helps, on the chart and on the first screen."""
    lines = {line["category"]: line for line in words.lines(sel)}
    for row in sel.rows:
        name = str(row["category"])
        line, own = lines[name], words.facts_of(sel, name)
        helps = helps_of(sel, name)
        if not helps:
            assert line["back"] in {"stays", "cannot tell"}
            continue
        first, *_, last, _best = helps["rows"] if len(sel.helps) > 2 else (*helps["rows"], {})
        assert first["back"] == line["back"]
        assert first["lowest"] == line["lowest"]
        if len(sel.helps) > 2:
            assert last["back"] == line["with_steps"]
            marks = [m["text"] for m in way_rows(own)["marks"]]
            assert f"back {last['back']}" in marks or last["late"]
    head = str(facts.row["category"])
    again = words.facts_of(sel, head)
    for drawn in ("as_it_is", "with_steps"):
        for one, other in zip(getattr(again, drawn), getattr(facts, drawn), strict=True):
            assert one == other | {"category": head}
    assert words.facts_of(sel, head).back == facts.back
    assert first_words(facts).kind == facts.kind


def test_nothing_is_claimed_of_a_category_of_which_nothing_can_be_told(sel: Selection) -> None:
    for row in sel.rows:
        if not row["told"]:
            assert helps_of(sel, str(row["category"])) is None
            line = next(x for x in words.lines(sel) if x["category"] == row["category"])
            assert line["back"] == "cannot tell"
            assert not line["late"]


def test_the_table_in_words_names_every_category_with_its_rate(
    study: Study, sel: Selection
) -> None:
    text = selector(study).text
    for row in sel.rows:
        assert f"{row['category']}: {rate_text(row).partition(' (')[0]}, " in text


def _shop(tmp_path: Any, rows: list[dict[str, object]]) -> Study:
    file = made.write(tmp_path / "in" / "x.csv", rows)
    return open_study(str(file))


def test_one_category_has_no_table_and_no_list_and_nothing_counted_has_nothing(
    tmp_path: Any,
) -> None:
    one = _shop(
        tmp_path / "one", [made.row(i, d, scans=i % 3) for i, d in enumerate(made.days(90))]
    )
    markup = selector(one).markup
    assert "<select" not in markup
    assert 'class="board"' not in markup
    assert "Day by day: <bdi" in markup
    alone = _shop(tmp_path / "alone", [made.row(1, made.WINDOW_END + timedelta(days=30))])
    assert selector(alone).markup == ""


def test_three_hundred_long_names_in_another_script_are_all_there(tmp_path: Any) -> None:
    rows = [
        made.row(f"{n}-{i}", day, scans=i % 2, category=f"{n} {made.HOSTILE[-1]}" * 9)
        for n in range(300)
        for i, day in enumerate(made.days(90)[::-44])
    ]
    markup = selector(_shop(tmp_path, rows)).markup
    assert markup.count("data-row=") == 301
    assert "299 " in markup


def test_packages_of_no_known_category_are_counted_once(tmp_path: Any) -> None:
    """Where no file names one, the whole is all there is; it has its charts."""
    rows = [made.row(i, day, category="", scans=i % 4) for i, day in enumerate(made.days(120))]
    study = _shop(tmp_path, rows)
    sel = selection(study, first_facts(study))
    row = study.totals.filter("is_enforced_window").row(0, named=True)
    known = sel.known[ALL][study.as_of]
    assert known == row["counted"] - row["valid"] - row["unknown"] > 0
    markup = selector(study).markup
    assert markup.count('data-rows="ways"') == 1
    assert '"ways":[{"frame"' in markup


def test_a_category_that_only_begins_to_count_is_there_and_is_the_danger(tmp_path: Any) -> None:
    """All of its packages are due after the days that count, and none has been scanned."""
    late = [made.WINDOW_END + timedelta(days=2 + n % 8) for n in range(40)]
    rows = [made.row(i, day) for i, day in enumerate([*made.days(90)] * 3)]
    number = {"tracking_number": "N/A", "category": "Books"}
    rows += [made.row(900 + i, day) | number for i, day in enumerate(sorted(late))]
    study = _shop(tmp_path, rows)
    facts = first_facts(study)
    assert (facts.kind, str(facts.row["category"])) == (Kind.AT_RISK, "Books")
    assert "Books" in selection(study, facts).names
    assert "None of its packages counts yet." in first_words(facts).text


def test_a_category_of_which_too_few_packages_have_a_promised_day_says_so(tmp_path: Any) -> None:
    """Its packages count and no day of it can be shown; the page of all others stands."""
    rows = [made.row(i, day, scans=i % 9) for i, day in enumerate([*made.days(90)] * 3)]
    rows += [made.row(900 + i, day, category="Books") for i, day in enumerate(made.days(4))]
    rows.append(made.row(990, made.WINDOW_END, category="Books", promised_date=None))
    study = _shop(tmp_path, rows)
    sel = selection(study, first_facts(study))
    assert "Books" in sel.names
    assert "Books" not in sel.days
    why = "No day can be shown: too many packages have no promised day."
    assert why in selector(study).markup
    assert "Today nothing can be told" in way_text(words.facts_of(sel, "Books"))


def test_recent_packages_without_scan_data_leave_every_day_a_range(tmp_path: Any) -> None:
    """Where nothing is expected of a day, it has what can happen at least and at most."""
    rows = [
        made.row(i, day, **({"scans": None, "delivered_date": None} if day > last else {}))
        for last in [made.WINDOW_END - timedelta(days=17)]
        for i, day in enumerate(made.days(60, made.WINDOW_END + timedelta(days=8)))
    ]
    markup = selector(_shop(tmp_path, rows)).markup
    assert "Day by day" in markup
