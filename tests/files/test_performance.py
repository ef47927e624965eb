"""Amazon's performance reports: real quirks, and what contradicts itself."""

import json
from datetime import date

import pytest

from vtrkit import load
from vtrkit.errors import InputError
from vtrkit.files.performance import performance
from vtrkit.results import OFFICIAL

US, DE = "ATVPDKIKX0DER", "A1PA6795UKMFR9"


def metric(first="2026-08-26T00:00:00Z", last="2026-09-24T23:59:59Z", **fields):
    """A metric as the report has it."""
    days = {"reportingDateFrom": first, "reportingDateTo": last}
    return {"reportingDateRange": days} | fields


def v2(*metrics, statuses=()):
    """The report as bytes; its other metrics end on the day before it was asked for."""
    late = metric("2026-09-04T00:00:00Z", "2026-10-03T23:59:59Z", orderCount=900)
    each = [
        {"marketplaceId": m, "validTrackingRate": r, "lateShipmentRate": late} for m, r in metrics
    ]
    accounts = [{"marketplaceId": m, "status": s} for m, s in statuses]
    return json.dumps({"accountStatuses": accounts, "performanceMetrics": each}).encode()


def rate(**fields):
    """A Valid Tracking Rate without a contradiction."""
    usual = {"shipmentCount": 1000, "validTrackingCount": 953, "rate": 0.953, "status": "GOOD"}
    return metric(**(usual | {"targetValue": 0.95, "targetCondition": "GREATER_THAN"} | fields))


def rows(content, name="health.json"):
    return performance(content, name, "a").to_dicts()


def test_a_report_gives_a_row_for_each_marketplace_with_its_days():
    """The newest day in it is that of the report; every column is typed as the schema says."""
    content = v2((US, rate()), (DE, rate(rate=0.9530)), statuses=[(DE, "AT_RISK")])
    us, de = rows(content)
    assert (us["marketplace"], us["shipped"], us["amazon_valid"]) == ("US", 1000, 953)
    assert (us["window_start"], us["window_end"]) == (date(2026, 8, 26), date(2026, 9, 24))
    assert us["read_on"] == date(2026, 10, 3)
    assert (us["account_status"], de["account_status"]) == (None, "AT_RISK")
    assert us["against"] == ""
    schema = performance(content, "x", "a").schema
    assert dict(schema) == {name: column.dtype for name, column in OFFICIAL.items()}


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"validTrackingCount": None}, "amazon_valid", None),
        ({"shipmentCount": "1000"}, "shipped", None),
        ({"shipmentCount": -1}, "shipped", None),
        ({"shipmentCount": True}, "shipped", None),
        ({"rate": 95.3}, "amazon_rate", 0.953),
        ({"rate": "95.30%"}, "amazon_rate", 0.953),
        ({"rate": 1.03}, "amazon_rate", None),
        ({"rate": "1.03%"}, "amazon_rate", 0.0103),
        ({"rate": 0, "shipmentCount": 0, "validTrackingCount": 0}, "amazon_rate", None),
        ({"rate": "n/a"}, "amazon_rate", None),
        ({"rate": 1.0, "validTrackingCount": 1000}, "amazon_rate", 1.0),
        ({"status": "NONE"}, "amazon_status", "NONE"),
        ({"status": "x" * 41}, "amazon_status", None),
        ({"targetCondition": "AT_LEAST"}, "target_condition", "AT_LEAST"),
        ({"last": "2026-09-24T23:59Z"}, "window_end", date(2026, 9, 24)),
        ({"last": "soon"}, "window_end", None),
        ({"last": "2026-10-03T23:59:59Z"}, "read_on", None),
    ],
)
def test_a_value_is_read_as_real_reports_write_it_or_not_known(fields, column, value):
    (row,) = rows(v2((US, rate(**fields))))
    assert row[column] == pytest.approx(value) if isinstance(value, float) else row[column] == value


@pytest.mark.parametrize(
    ("name", "last", "day"),
    [
        ("perf_2026-10-10.json", "2026-09-24T23:59:59Z", date(2026, 10, 10)),
        ("perf_2026-09-24.json", "2026-09-24T23:59:59Z", None),
        ("perf.json", "2026-09-24T23:59:59Z", None),
        ("perf_2026-10-10.json", "soon", None),
    ],
)
def test_the_day_of_a_report_that_does_not_say_is_that_in_its_name(name, last, day):
    """Where it has no metric that ends on its day."""
    only = {"marketplaceId": US, "validTrackingRate": rate(last=last)}
    content = json.dumps({"performanceMetrics": [only]}).encode()
    assert performance(content, name, "acme")["read_on"].to_list() == [day]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        # the example in Amazon's own schema
        (
            {"shipmentCount": 878443, "validTrackingCount": 896462, "rate": 0.9529},
            "896,462 valid packages of 878,443 shipped",
        ),
        ({"rate": 0.96}, "953 of 1,000 are 95.30 %, not 96.00 %"),
        ({"rate": 0.94, "validTrackingCount": 940}, "called GOOD at 94.0 %, below 95.0 %"),
        ({"status": "BAD"}, "called BAD at 95.3 %, above 95.0 %"),
        ({"first": "2026-09-30T00:00Z"}, "end on 2026-09-24, before they begin on 2026-09-30"),
    ],
)
def test_a_report_that_contradicts_itself_says_where(fields, words):
    (row,) = rows(v2((US, rate(**fields))))
    assert words in row["against"]


@pytest.mark.parametrize(
    "fields",
    [
        {"rate": 0.9531, "shipmentCount": 10_000, "validTrackingCount": 9530},  # rounded up
        {"rate": 0.95, "shipmentCount": 20, "validTrackingCount": 19, "status": "BAD"},
        {"shipmentCount": 0, "validTrackingCount": 0, "rate": 0, "status": "NONE"},
        {"validTrackingCount": None, "rate": 0.2, "status": "BAD"},
    ],
)
def test_what_can_be_is_no_contradiction(fields):
    """At exactly 95 % both words fit: it depends on whether more than that is asked for."""
    (row,) = rows(v2((US, rate(**fields))))
    assert row["against"] == ""


def test_the_older_report_gives_rate_days_and_status():
    """It names no marketplace and gives no counts."""
    content = b"""<?xml version="1.0"?><sellerPerformanceReports><sellerPerformanceReport>
      <trackingInformation><trackingMetrics><timeFrame><start>2026-08-26T00:00:00Z</start>
      <end>2026-09-24T00:00:00Z</end></timeFrame><validTracking><rate>96.1%</rate></validTracking>
      </trackingMetrics></trackingInformation><performanceChecklist><validTrackingRate>
      <status>Good</status></validTrackingRate></performanceChecklist></sellerPerformanceReport>
      </sellerPerformanceReports>"""
    (row,) = rows(content, "health.xml")
    assert row["amazon_rate"] == pytest.approx(0.961)
    assert (row["window_start"], row["window_end"]) == (date(2026, 8, 26), date(2026, 9, 24))
    assert (row["marketplace"], row["shipped"], row["amazon_status"]) == (None, None, "Good")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"performanceMetrics": [{"marketplaceId": "X"}]}', "without a Valid Tracking Rate"),
        (b'{"performanceMetrics": 7}', "without a Valid Tracking Rate"),
        (b"[1]", "without a Valid Tracking Rate"),
        (b'{"performanceMetrics": [', "damaged or cut short"),
        (b"\xff\xfe", "damaged or cut short"),
        (b"<sellerPerformanceReports>", "line 1 is not XML"),
        (b"<sellerPerformanceReports/>", "without a Valid Tracking Rate"),
    ],
)
def test_what_is_no_report_is_refused_with_what_to_do(content, words):
    with pytest.raises(InputError, match=rf"health.json.*{words}"):
        rows(content)


def test_the_account_is_that_of_its_folder_else_the_one_that_is_given(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "health.json").write_bytes(v2((US, rate())))
    table = "order_id,promised_date,marketplace,scans\n111-1111111-1111111,2026-09-20,US,1\n"
    (tmp_path / "shop" / "packages.csv").write_text(table, "utf-8")
    assert load(tmp_path).official["account"].to_list() == ["shop"]
    alone = load([tmp_path / "shop"], account="me").official
    assert alone["account"].to_list() == ["me"]
