"""Amazon's figure beside ours: against a plain count, and in sentences that are true."""

import json
from datetime import date, timedelta

import polars as pl
import pytest

import vtrkit
from tests.files.test_performance import DE, US, rate, v2
from vtrkit import known_on, reconcile
from vtrkit.cli import main
from vtrkit.demo import packages as sample
from vtrkit.errors import InputError, ParameterError
from vtrkit.official.history import NAME, remembered
from vtrkit.results import RECONCILED
from vtrkit.schema import NOT_YOURS, PACKAGES
from vtrkit.sections import official
from vtrkit.shop import open as open_shop

START, END, READ = date(2026, 8, 26), date(2026, 9, 24), date(2026, 10, 3)
SEEN = date(2026, 10, 20)


def package(n, **fields):
    """A package of the window, scanned on the day after it was shipped."""
    due = fields.get("promised_date", END)
    usual = {
        "account": "a",
        "marketplace": "US",
        "order_id": f"111-1111111-{n:07}",
        "package_id": "1",
        "category": "Shoes",
        "status": "shipped",
        "carrier": "UPS",
        "tracking_number": _ups(f"999AA1{n:09}"),
        "promised_date": due,
        "ship_date": (due or END) - timedelta(days=4),
        "first_scan_date": (due or END) - timedelta(days=3),
        "scans": 2,
        "origin": "US",
        "seen_at": SEEN,
    }
    return usual | fields


def _ups(body):
    """A UPS number with its check digit: letters count as in its specification."""
    digits = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in body]
    return f"1Z{body}{-(sum(digits[::2]) + 2 * sum(digits[1::2])) % 10}"


UNSCANNED = {"scans": 0, "first_scan_date": None}
MIX = [
    *(package(n) for n in range(10)),
    *(package(20 + n, **UNSCANNED) for n in range(3)),
    package(30, first_scan_date=READ + timedelta(days=2)),  # scanned after the report
    package(31, scans=None, first_scan_date=None),
    *(package(40 + n, status="cancelled") for n in range(2)),
    *(package(50 + n, promised_date=START - timedelta(days=1)) for n in range(4)),
    *(package(60 + n, promised_date=END + timedelta(days=1)) for n in range(5)),
    package(70, promised_date=None),
    package(71, promised_date=START - timedelta(days=2)),
    package(80, account="b"),
    package(81, marketplace="UK", origin="GB"),
]


def table(rows):
    return pl.DataFrame(rows, schema_overrides=PACKAGES, infer_schema_length=None)


def report(tmp_path, *rates, folder="a", **more):
    path = tmp_path / folder / "health.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(v2(*rates, **more))
    return tmp_path


def row_of(tmp_path, rows=MIX, market=US, **fields):
    return reconcile(table(rows), report(tmp_path, (market, rate(**fields)))).row(0, named=True)


def test_both_figures_are_for_the_days_of_the_report(tmp_path):
    """Scans after its day count today and not then; the edges, and what does not count, apart."""
    row = row_of(tmp_path)
    then = [row[f"{name}_then"] for name in ("counted", "valid", "unknown")]
    assert then == [15, 10, 1]
    assert [row[name] for name in ("counted", "valid", "unknown")] == [15, 11, 1]
    assert (row["not_yours"], row["day_before"], row["day_after"], row["undated"]) == (2, 4, 5, 1)
    assert (row["lag_days"], row["our_lag_days"]) == (9, 10)
    assert list(row) == list(RECONCILED)


def test_what_its_report_of_defects_has_though_exempt_or_scanned_is_said(tmp_path):
    rejected = {"reported_valid": False, "reported_at": END + timedelta(days=1)}
    rows = [
        package(1, **rejected, destination="CA", tracking_number="", scans=None),
        package(2, **rejected),
        package(3, **rejected, scans=None, first_scan_date=None),
        package(4),
    ]
    row = row_of(tmp_path, rows)
    assert row["contested"] == 2
    assert "has 2 packages that the rule exempts, or that" in " ".join(official.sentences(row))


def test_every_count_is_that_of_a_plain_loop_over_the_sample(tmp_path):
    """Of both accounts, in parts, on two windows."""
    packages = sample.packages()
    days = [("2026-08-22", "2026-09-20"), ("2026-07-01", "2026-07-30")]
    for folder, (first, last) in zip(("northwind", "fjord"), days, strict=True):
        market = US if folder == "northwind" else "A1F83G8C2ARO7P"
        stamps = {"first": f"{first}T00:00:00Z", "last": f"{last}T23:59:59Z"}
        report(tmp_path, (market, rate(**stamps)), folder=folder)
    for row in reconcile(packages, tmp_path).to_dicts():
        own = packages.filter(account=row["account"], marketplace=row["marketplace"])
        assert own.height
        expected = _counted(own, row) | _counted(known_on(own, row["read_on"]), row, "_then")
        assert {name: row[name] for name in expected} == expected
        assert row["counted"] > 100


def _counted(packages, row, end=""):
    """A plain loop over judged packages."""
    sums = dict.fromkeys((f"counted{end}", f"valid{end}", f"unknown{end}"), 0)
    sums |= {} if end else dict.fromkeys(("not_yours", "exempt", "day_before", "day_after"), 0)
    day = timedelta(days=1)
    for one in vtrkit.classify(packages).to_dicts():
        due, outcome, reason = one["promised_date"], one["outcome"], one["reason"]
        counts = outcome != "exempt" and not reason.startswith("disputed")
        if due is not None and row["window_start"] <= due <= row["window_end"]:
            if counts:
                sums[f"counted{end}"] += 1
            if counts and outcome in {"valid", "unknown"}:
                sums[f"{outcome}{end}"] += 1
            if not end and outcome == "exempt":
                sums["not_yours" if reason in NOT_YOURS else "exempt"] += 1
        elif not end and counts and due in {row["window_start"] - day, row["window_end"] + day}:
            sums["day_before" if due < row["window_start"] else "day_after"] += 1
    return sums


@pytest.mark.parametrize(
    ("folder", "market", "counted"),
    [
        ("a", US, 15),
        ("a", DE, None),  # no such marketplace of ours
        ("nobody", US, None),
        (".", US, None),  # the accounts a and b both sell there
        (".", "A1F83G8C2ARO7P", 1),  # only a sells there
    ],
)
def test_a_report_is_held_against_its_own_account_and_marketplace(
    tmp_path, folder, market, counted
):
    path = report(tmp_path, (market, rate()), folder=folder)
    row = reconcile(table(MIX), path).row(0, named=True)
    assert row["counted"] == counted
    if counted is None:
        assert "Your files hold no packages of one account" in " ".join(official.sentences(row))


SAID = [
    ({"shipmentCount": 15}, "Amazon counts as many packages as your files."),
    ({"shipmentCount": 17}, "With those 2 cancelled, not shipped, Prime, or shipped by Amazon, "),
    ({"shipmentCount": 20}, "Amazon counts 5 packages more than your files."),
    ({"shipmentCount": 30}, "At least 3 of them are in none of your files"),
    ({"shipmentCount": 12}, "Amazon counts 3 packages fewer than your files"),
    ({"shipmentCount": 15, "validTrackingCount": 13}, "2 valid packages more than your files can"),
    ({"shipmentCount": 15, "validTrackingCount": 9}, "Amazon has 1 valid package fewer"),
    ({"shipmentCount": None}, "gives no number of packages"),
    ({}, "Amazon's days end 9 days before its report, and these pages take 10: give --lag 9"),
    ({}, "By what is known today it is 73.3 to 80.0 % (11 of 15): 1 package more valid"),
    ({}, "The report asks for more than 95 %, the help pages for at least that."),
    ({"rate": 0.5}, "The report contradicts itself: 953 of 1,000 are 95.30 %, not 50.00 %"),
    ({"last": "2026-10-03T23:59:59Z"}, "your files 80.0 to 85.0 % (16 of 20), for 26 August to 3"),
    ({"first": "never"}, "does not say which days it is about"),
    ({"shipmentCount": 0, "rate": 0}, "Amazon no packages, your files 66.6 to 73.3 %"),
    ({"first": "2027-08-11", "last": "2027-09-09"}, "none, for 11 August to 9 September 2027"),
    ({"first": "2027-08-11", "last": "2027-09-09"}, "Your files hold no packages of these days: "),
]
NOT_SAID = [
    ({"shipmentCount": 15, "validTrackingCount": 16, "rate": 1.07}, "valid packages more than"),
    ({"first": "2026-09-24", "last": "2026-08-26"}, "missing export"),
    ({"first": "2026-09-24", "last": "2026-08-26"}, "--lag"),
]


@pytest.mark.parametrize(("fields", "words"), SAID)
def test_a_difference_is_explained_in_packages(tmp_path, fields, words):
    assert words in " ".join(official.lines(row_of(tmp_path, **fields)))


def test_where_both_count_the_same_only_unknown_scans_are_left_to_explain(tmp_path):
    same = row_of(tmp_path, shipmentCount=15, validTrackingCount=10, rate=0.6667)
    assert [n for _, n in official.explanations(same)] == [1]
    assert official.headline(same).startswith("Amazon 66.6 % (10 of 15), your files 66.6 to 73.3 %")
    fewer = row_of(tmp_path, shipmentCount=15, validTrackingCount=9, rate=0.6)
    assert len(official.explanations(fewer)) > 1


@pytest.mark.parametrize(("fields", "words"), NOT_SAID)
def test_nothing_is_explained_of_what_contradicts_itself(tmp_path, fields, words):
    text = " ".join(official.lines(row_of(tmp_path, **fields)))
    assert "The report contradicts itself" in text
    assert words not in text


def test_at_exactly_the_target_the_other_reading_is_said_to_differ(tmp_path):
    rows = [*(package(n) for n in range(19)), package(19, **UNSCANNED)]
    text = " ".join(official.sentences(row_of(tmp_path, rows)))
    assert "your files come to exactly that, so the two differ here" in text


def test_no_report_and_an_unreadable_one_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="no performance report"):
        reconcile(table(MIX))
    (tmp_path / "x.json").write_text("{}", "utf-8")
    with pytest.raises(InputError, match="without a Valid Tracking Rate"):
        reconcile(table(MIX), tmp_path / "x.json")


# among the inputs of a report -------------------------------------------------------------------


def exports(tmp_path, *rates):
    """A folder of one account with a report among its exports."""
    report(tmp_path, *rates)
    table([p for p in MIX if p["account"] == "a"]).write_parquet(tmp_path / "a" / "p.parquet")
    return tmp_path


def test_a_report_among_the_inputs_makes_a_section(tmp_path):
    """A page without one has none."""
    shop = open_shop(exports(tmp_path, (US, rate())), account="a", marketplace="US")
    said = shop.section("official")
    assert "Amazon 95.3 % (953 of 1,000), your files 66.6 to 73.3 % (10 of 15)" in said.text
    assert "that can explain a difference" in said.markup
    assert open_shop().section("official").markup == ""


def test_past_figures_are_kept_and_drawn(tmp_path):
    """The same report twice is one; two for the same days are said to differ."""
    folder, history = exports(tmp_path / "x", (US, rate())), tmp_path / "kept"
    settings = f'inputs = ["a"]\naccount = "a"\nhistory = "{history}"\n'
    (folder / "vtrkit.toml").write_text(settings, "utf-8")
    earlier = {"first": "2026-08-19T00:00:00Z", "last": "2026-09-17T23:59:59Z", "rate": 0.971}
    earlier = rate(**earlier, validTrackingCount=971)
    each = (rate(), rate(), earlier, rate(rate=0.951, validTrackingCount=951))
    for rates in each:
        report(folder, (US, rates))
        text = open_shop(folder / "vtrkit.toml", marketplace="US").section("official").text
    assert pl.read_csv(history / NAME).height == 3
    assert "17 Sep: Amazon 97.1 %, your files " in text
    assert "for the same days" in text


def test_a_damaged_history_is_refused_by_its_name(tmp_path):
    (tmp_path / NAME).write_text("account,rate\na,b,c\n", "utf-8")
    with pytest.raises(InputError, match=rf"{NAME}: damaged.*restore it"):
        remembered(tmp_path, pl.DataFrame())


def test_the_command_says_the_same_in_80_columns_and_as_json(tmp_path, capsys):
    folder = exports(tmp_path, (US, rate()))
    with pytest.raises(SystemExit) as done:
        main(["reconcile", str(folder)])
    lines = capsys.readouterr().out.splitlines()
    assert done.value.code == 0
    assert lines[0].startswith("a · US: Amazon 95.3 % (953 of 1,000), your files 66.6 to 73.3 %")
    assert max(map(len, lines)) <= 80
    with pytest.raises(SystemExit):
        main(["reconcile", str(folder), "--json"])
    assert json.loads(capsys.readouterr().out)[0]["counted_then"] == 15
    (folder / "a" / "health.json").unlink()
    with pytest.raises(SystemExit) as done:
        main(["reconcile", str(folder)])
    assert done.value.code == 2
    assert "no performance report among the files" in capsys.readouterr().err
