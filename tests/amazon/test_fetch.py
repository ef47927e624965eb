"""`vtrkit fetch` against a server that answers as Amazon does, with made-up orders.

Beside each order stand canaries in the place of buyers; each credential and token has `SECRET`.
"""

import gzip
import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from click.testing import CliRunner, Result
from polars.testing import assert_frame_equal
from sp_api.auth import access_token_client
from sp_api.auth.access_token_client import AccessTokenClient
from sp_api.base import Marketplaces

import vtrkit
from tests.served import Answers, served
from vtrkit.amazon import fetch, selling_partner
from vtrkit.cli import from_amazon, main
from vtrkit.demo import as_cells, as_files, as_json
from vtrkit.demo.packages import SEED
from vtrkit.facts.marketplaces import marketplaces
from vtrkit.official.history import NAME

TODAY = date(2026, 10, 1)
DAYS = 16
FIRST = TODAY - timedelta(days=DAYS)
ZONE = "Europe/London"
CANARY, SECRET = as_json.CANARY, "hush"
QUIET = FIRST + timedelta(days=2)
"""A day on which no order changed."""
FIGURES = {
    "performanceMetrics": [
        {
            "marketplaceId": marketplaces()["UK"].id,
            "validTrackingRate": {
                "reportingDateRange": {
                    "reportingDateFrom": "2026-08-22T00:00:00Z",
                    "reportingDateTo": "2026-09-20T23:59:59Z",
                },
                **{"shipmentCount": 1000, "validTrackingCount": 953, "rate": 0.953},
                **{"status": "GOOD", "targetValue": 0.95, "targetCondition": "GREATER_THAN"},
            },
        }
    ]
}


@cache
def world() -> tuple[tuple[dict[str, Any], ...], bytes, dict[str, date]]:
    """Orders, the lines of an all-orders report, and the day of each order's last update."""
    packages = as_files._packages(20, SEED).filter(account="northwind", marketplace="UK").head(24)
    rows = as_files._lines(packages)
    orders = [json.loads(line) for line in as_json.orders(rows.to_dicts(), ZONE).splitlines()]
    changed = {}
    for n, order in enumerate(orders):
        day = FIRST + timedelta(days=n % DAYS)
        day += timedelta(days=day == QUIET)
        order["lastUpdatedTime"] = f"{day}T12:00:00Z"
        changed[order["orderId"]] = day
    lines = as_cells.table("all_orders_34", rows, ZONE, "utf-8-sig").encode("utf-8-sig")
    return tuple(orders), lines, changed


def lines_of(first: date, last: date) -> bytes:
    """The all-orders report of some days."""
    _, content, changed = world()
    header, *lines = content.splitlines(keepends=True)
    its = (line for line in lines if first <= changed[line.split(b"\t")[0].decode()] <= last)
    return header + b"".join(its)


class Amazon(Answers):
    """Signs in, searches orders in pages of five, makes reports at the second question."""

    troubles: dict[str, list[tuple[int, dict[str, str], object]]]
    """What stands in the way, by a pattern of paths: status, headers and body, each once."""
    states: list[str]
    asked: list[tuple[str, str, dict[str, list[str]]]]
    reports: list[dict[str, Any]]
    waits: list[float]
    """The seconds that would have been waited."""

    def answer(self, body: bytes) -> None:
        """A trouble, if one stands in the way, else what Amazon usually answers."""
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        self.asked.append((self.command, url.path, query))
        for pattern, troubles in self.troubles.items():
            if troubles and re.search(pattern, self.path):
                status, headers, content = troubles.pop(0)
                self.send(status, _bytes(content), headers.items())
                return
        rate = [(RATE, "0.02")] if url.path.endswith(SEARCH) else []
        self.send(200, _bytes(self._usual(url.path, query, body)), rate)

    def _usual(self, path: str, query: dict[str, list[str]], body: bytes) -> object:
        *_, kind, last = path.split("/")
        if last == "token":
            return {"access_token": f"access-{SECRET}", "expires_in": 3600}
        if last == "orders":
            return self._page(query)
        if self.command == "POST":
            self.reports.append(json.loads(body))
            return {"reportId": str(len(self.reports) - 1)}
        if kind == "reports":
            state = self.states.pop(0) if self.states else "DONE"
            done = {"reportDocumentId": last} if state == "DONE" else {}
            return {"reportId": last, "processingStatus": state, **done}
        if kind == "documents":
            place = f"http://127.0.0.1:{self.server.server_address[1]}/content/{last}"
            return {"url": place, "compressionAlgorithm": "GZIP"}
        return gzip.compress(self._content(self.reports[int(last)]))

    def _page(self, query: dict[str, list[str]]) -> object:
        since, until = query["lastUpdatedAfter"][0], query["lastUpdatedBefore"][0]
        its = [o for o in world()[0] if since <= o["lastUpdatedTime"] <= until]
        start = int(query.get("paginationToken", ["0"])[0])
        page = {"orders": its[start : start + 5], "lastUpdatedBefore": until}
        more = {"pagination": {"nextToken": str(start + 5)}} if start + 5 < len(its) else {}
        return page | more

    def _content(self, report: dict[str, Any]) -> bytes:
        if "dataStartTime" not in report:
            return json.dumps(FIGURES).encode()
        first, end = (date.fromisoformat(report[f"data{n}Time"][:10]) for n in ("Start", "End"))
        return lines_of(first, end - timedelta(days=1))


def _bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


class _Clock(datetime):
    """A minute after the hour in which a day settles."""

    @classmethod
    def now(cls, tz: Any = None) -> "_Clock":
        return cls(TODAY.year, TODAY.month, TODAY.day, 1, 1, tzinfo=tz or UTC)


def _client_without_certificates(client: type[httpx.Client], **given: Any) -> httpx.Client:
    return client(**given | {"verify": False})


@pytest.fixture(autouse=True)
def _amazon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The server in Amazon's place for every region, and credentials in the environment."""
    for name, usual in (("troubles", {}), ("states", ["IN_QUEUE"])):
        monkeypatch.setattr(Amazon, name, usual, raising=False)
    for name in ("asked", "reports", "waits"):
        monkeypatch.setattr(Amazon, name, [], raising=False)
    for name in [n for n in os.environ if n.startswith(("SP_API_", "LWA_", "AWS_"))]:
        monkeypatch.delenv(name)
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        monkeypatch.setenv(name, f"{name}-{SECRET}")
    monkeypatch.setenv("PYTHON-SP-APIDIR", str(tmp_path / "config"))
    monkeypatch.setattr(from_amazon, "datetime", _Clock)
    monkeypatch.setattr(selling_partner, "sleep", Amazon.waits.append)
    access_token_client.cache.clear()
    unverified = partial(_client_without_certificates, httpx.Client)  # which take long to load
    monkeypatch.setattr(httpx, "Client", unverified)
    with served(Amazon) as address:
        for market in Marketplaces:
            region = market.endpoint.removeprefix("https://").split(".")[0]
            monkeypatch.setattr(market, "endpoint", f"http://{address}/{region}")
        monkeypatch.setattr(AccessTokenClient, "scheme", "http://")
        monkeypatch.setattr(AccessTokenClient, "host", address)
        yield


def run(*given: object, place: str = "UK") -> Result:
    """The command, of which neither a credential nor a buyer is ever seen."""
    arguments = ["fetch", *map(str, given), "--marketplace", place]
    done = CliRunner().invoke(main, [*arguments, "--days", str(DAYS)], catch_exceptions=False)
    assert SECRET not in done.output
    assert CANARY not in done.output
    return done


def searches() -> list[dict[str, list[str]]]:
    """What was asked of the orders."""
    return [query for _, path, query in Amazon.asked if path.endswith("/orders")]


def files(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def named(first: date, last: date) -> str:
    """The end of a file's name: whose, of which days, and up to which nothing else became of it."""
    return f"uk_{first}_{last}_as_of_{TODAY - timedelta(days=1)}"


def by_hand(folder: Path) -> Path:
    """The same data as somebody would write them who copies Amazon's answers as they are."""
    folder.mkdir()
    orders, _, changed = world()
    for first, last in ((0, 6), (7, 13), (14, 15)):
        days = [FIRST + timedelta(days=n) for n in (first, last)]
        its = [o for o in orders if days[0] <= changed[o["orderId"]] <= days[1]]
        text = "".join(json.dumps(order) + "\n" for order in its)
        (folder / f"orders_{named(*days)}.jsonl").write_text(text, "utf-8")
    last_day = TODAY - timedelta(days=1)
    path = folder / f"all_orders_{named(FIRST, last_day)}.txt"
    path.write_bytes(lines_of(FIRST, last_day))
    (folder / f"performance_uk_{TODAY}.json").write_text(json.dumps(FIGURES))
    return folder


REQUIRED = {
    "": ("orderId", "createdTime", "lastUpdatedTime", "salesChannel", "orderItems"),
    "salesChannel": ("channelName",),
    "fulfillment": ("fulfillmentStatus",),
    "orderItems": ("orderItemId", "quantityOrdered", "product"),
    "orderItems.proceeds.proceedsTotal": ("amount", "currencyCode"),
    "packages": ("packageReferenceId",),
    "packages.packageStatus": ("status",),
    "packages.packageItems": ("orderItemId", "quantity"),
}
"""What has to be there by amzn/selling-partner-api-models, orders_2026-01-01.json (3677bb9)."""


def test_the_orders_have_what_amazons_model_requires() -> None:
    for path, names in REQUIRED.items():
        found: list[Any] = [*world()[0]]
        for part in filter(None, path.split(".")):
            parts = [one[part] for one in found if part in one]
            found = [one for p in parts for one in (p if isinstance(p, list) else [p])]
        assert found
        assert all(set(names) <= set(one) for one in found), path


def test_the_fetched_folder_loads_as_the_same_data_written_by_hand(
    tmp_path: Path,
) -> None:
    into, past = tmp_path / "in", tmp_path / "past"
    done = run(into, "--history", past)
    assert done.output == f"5 new files in {into}.\nNext: vtrkit report {into}\n"
    fetched, written = (vtrkit.load(folder) for folder in (into, by_hand(tmp_path / "hand")))
    assert_frame_equal(fetched.packages.collect(), written.packages.collect())
    for table in ("official", "rejects", "doubts", "restated"):
        assert_frame_equal(getattr(fetched, table), getattr(written, table))
    assert fetched.packages.collect().height == len(world()[0])
    assert (past / NAME).read_text("utf-8").count("\n") == 2
    assert Amazon.waits == [5]  # for the first report, which was in a queue


def test_buyers_are_not_asked_for_and_what_comes_of_them_is_not_written(
    tmp_path: Path,
) -> None:
    assert run(tmp_path / "in").exit_code == 0
    written = b"".join(files(tmp_path).values()).decode("latin-1").lower()
    assert CANARY in json.dumps(world()[0])
    assert CANARY.encode() in world()[1]
    private = (CANARY, SECRET, as_json.MAIL, as_json.PHONE, "ship-city", "buyer", "postal", "phone")
    assert [word for word in private if word.lower() in written] == []
    assert {query["includedData"][0] for query in searches()} == {"FULFILLMENT,PACKAGES,PROCEEDS"}
    assert {query["fulfilledBy"][0] for query in searches()} == {"MERCHANT"}
    written_to = {path for method, path, _ in Amazon.asked if method != "GET"}
    assert written_to == {"/auth/o2/token", "/sellingpartnerapi-eu/reports/2021-06-30/reports"}


RATE = "x-amzn-RateLimit-Limit"
BUSY = {"errors": [{"code": "QuotaExceeded", "message": SECRET}]}


SEARCH = "2026-01-01/orders"


@pytest.mark.parametrize(
    ("part", "troubles", "expected"),
    [
        (SEARCH, [(429, {"Retry-After": "7"}, BUSY)], [7]),
        (SEARCH, [(429, {RATE: "0.005"}, BUSY), (429, {RATE: "10"}, BUSY)], [200, 2]),
        # a refusal names no rate: that of its answers, else that of Amazon's model
        (SEARCH, [(429, {RATE: "0"}, BUSY), (429, {"Retry-After": "soon"}, b"")], [179, 179]),
        ("Token=5", [(429, {}, BUSY)], [50]),
        (SEARCH, [(429, {"Retry-After": "1e9"}, b"")], [3600]),
        (SEARCH, [(500, {}, BUSY), (503, {}, b"<html>busy</html>"), (504, {}, b"")], [1, 2, 4]),
        (SEARCH, [(200, {"Content-Length": "999"}, b"{")], [1]),  # the connection breaks off
        ("/reports$", [(429, {RATE: "0.02"}, BUSY), (429, {}, BUSY)], [50, 60]),
        ("/reports/", [(500, {}, b"")], [1]),
        ("/documents/", [(429, {RATE: "0.02"}, BUSY)], [50]),
        ("/content/", [(503, {}, b"<xml/>"), (200, {"Content-Length": "999"}, b"{")], [1, 2]),
        ("/auth/", [(500, {}, b""), (200, {}, b"<html>"), (429, {}, b"")], [1, 2, 4]),
    ],
)
def test_where_amazon_is_busy_it_is_asked_again_when_amazon_says(
    tmp_path: Path, part: str, troubles: list[Any], expected: list[float]
) -> None:
    Amazon.states.clear()
    Amazon.troubles[part] = [*troubles]
    assert run(tmp_path / "in").exit_code == 0
    assert [*map(round, Amazon.waits)] == expected
    assert len(files(tmp_path)) == 5


def test_a_server_that_stays_busy_is_left_for_later(
    tmp_path: Path,
) -> None:
    Amazon.troubles["orders"] = [(503, {}, b"")] * 7
    done = run(tmp_path / "in")
    assert done.exit_code == 2
    assert Amazon.waits == [1, 2, 4, 8, 16, 32]
    assert done.output == (
        "vtrkit: Amazon is busy (503), so the orders of 15 Sep to 21 Sep could not be fetched; run "
        "the same command later: it goes on from here\n"
    )


def error(code: str) -> dict[str, Any]:
    """A body as Amazon's, whose sentence says more than we repeat."""
    return {"errors": [{"code": code, "message": f"{SECRET} {CANARY}", "details": SECRET}]}


@pytest.mark.parametrize(
    ("part", "status", "body", "says"),
    [
        ("/auth/", 400, {"error": "invalid_grant"}, "your credentials (invalid_grant)"),
        ("/auth/", 401, {"error": f"{SECRET}|x"}, "your credentials (no reason given)"),
        ("orders", 403, error("Unauthorized"), "refuses the orders of 15 Sep to 21 Sep to your"),
        ("orders", 401, b"<html>", "to your app (no reason given)"),
        ("orders", 400, error("InvalidInput"), "(400 InvalidInput); check --marketplace"),
        ("reports", 403, error("Unauthorized"), "refuses the all-orders report of 15 Sep to"),
        ("orders", 200, b"<html>", "Amazon's answer about the orders of 15 Sep to 21 Sep is inco"),
        ("orders", 200, {"orders": None}, "Amazon's answer about the orders of 15 Sep to 21 Sep"),
        ("/reports$", 202, b"", "answer about the all-orders report of 15 Sep to 30 Sep is inco"),
        ("/reports/", 200, {"processingStatus": "DONE"}, "Amazon's answer about the all-orders"),
        ("/documents/", 200, {}, "Amazon's answer about the all-orders report of 15 Sep"),
        ("/content/", 200, b"no gzip", "all-orders report of 15 Sep to 30 Sep came damaged"),
        (
            "/content/",
            200,
            gzip.compress(b"a\tb\n", mtime=0),
            "to 30 Sep is no table that vtrkit knows",
        ),
    ],
)
def test_what_amazon_refuses_is_one_line_that_says_what_to_do_and_nothing_is_tried_again(
    tmp_path: Path,
    part: str,
    status: int,
    body: object,
    says: str,
) -> None:
    Amazon.states.clear()
    Amazon.troubles[part] = [(status, {}, body)]
    done = run(tmp_path / "in")
    assert (done.exit_code, Amazon.waits) == (2, [])
    assert says in done.output
    assert done.output.count("\n") == 1
    kept = [name for name in files(tmp_path) if "orders_uk" not in name or name.endswith(".txt")]
    assert kept == []


def test_a_report_that_fails_is_told_and_what_came_before_it_stays(
    tmp_path: Path,
) -> None:
    Amazon.states[:] = ["DONE", "IN_PROGRESS", "FATAL"]
    done = run(tmp_path / "in")
    assert done.exit_code == 2
    assert "Amazon could not make the seller performance report (FATAL)" in done.output
    assert len(files(tmp_path)) == 4
    assert run(tmp_path / "in").output.startswith("1 new file in")


def test_a_performance_report_that_came_cut_short_is_not_kept(tmp_path: Path) -> None:
    Amazon.troubles["/content/1"] = [(200, {}, gzip.compress(_bytes(FIGURES)[:-9]))]
    done = run(tmp_path, "--history", tmp_path / "past")
    assert done.exit_code == 2
    assert f"performance_uk_{TODAY}.json: a performance report that is damaged" in done.output
    assert len(files(tmp_path)) == 4
    assert run(tmp_path).output.startswith("1 new file in")


def test_a_report_that_is_never_ready_is_left_for_later(
    tmp_path: Path,
) -> None:
    Amazon.states[:] = ["IN_PROGRESS"] * 100
    assert "has not finished the all-orders report" in run(tmp_path / "in").output
    assert 1700 < sum(Amazon.waits) < 2000


def test_days_without_anything_leave_a_note_and_are_not_asked_for_again(
    tmp_path: Path,
) -> None:
    """Amazon cancels a report that would be empty; the day without orders is fetched alone."""
    assert run(tmp_path / "in").exit_code == 0
    for path in (tmp_path / "in").iterdir():
        path.unlink() if path.name.startswith(("orders", "all")) else None
    for first, last in ((FIRST, 1), (FIRST + timedelta(days=3), 12)):
        for kind in ("orders", "all_orders"):
            name = f"{kind}_{named(first, first + timedelta(days=last))}.md"
            (tmp_path / "in" / name).touch()
    Amazon.states[:] = ["CANCELLED"]
    assert run(tmp_path / "in").output.startswith("2 new files in")
    for kind in ("orders", "all_orders"):
        assert (
            (tmp_path / "in" / f"{kind}_{named(QUIET, QUIET)}.md").read_text().startswith("Amazon")
        )
    Amazon.asked.clear()
    assert run(tmp_path / "in").output.startswith("0 new files in")
    assert Amazon.asked == []


def test_a_fetch_that_is_stopped_goes_on_and_gives_the_same_bytes_as_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped on the second page of the second file, and half-written by a process that died."""

    def stopped(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(selling_partner, "sleep", stopped)
    Amazon.states.clear()
    assert run(tmp_path / "whole").exit_code == 0
    into, second = tmp_path / "in", FIRST + timedelta(days=7)
    Amazon.troubles[f"After={second}T.*Token=5"] = [(500, {}, b"")]
    done = run(into)
    assert (done.exit_code, done.output) == (
        130,
        "vtrkit: stopped; nothing half-written is left\n",
    )
    first = f".orders_{named(FIRST, second - timedelta(days=1))}.jsonl"
    assert list(files(into)) == [first]  # hidden, so that no report takes the other days for empty
    half = into / f"..orders_{named(second, second + timedelta(days=6))}.jsonl-1"
    half.write_text('{"orderId": "203-')
    assert run(into).output.startswith("4 new files in")
    half.unlink()
    assert files(into) == files(tmp_path / "whole")


def test_orders_appear_together_and_those_of_earlier_days_stay_hidden(tmp_path: Path) -> None:
    """A fetch of more days that was stopped, and one that was killed before it showed its files."""
    assert run(tmp_path).exit_code == 0
    shown = files(tmp_path)
    for path in tmp_path.glob("orders*"):
        path.rename(path.with_name(f".{path.name}"))
    earlier = f".orders_{named(FIRST - timedelta(days=9), FIRST - timedelta(days=3))}.jsonl"
    (tmp_path / earlier).touch()
    assert run(tmp_path).output.startswith("0 new files in")
    assert files(tmp_path) == shown | {earlier: b""}


def test_the_next_day_brings_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(tmp_path).exit_code == 0
    before = set(files(tmp_path))
    monkeypatch.setattr(sys.modules[__name__], "TODAY", TODAY + timedelta(days=1))
    assert run(tmp_path).output.startswith("3 new files in")
    yesterday = TODAY - timedelta(days=1)
    days = named(yesterday, yesterday)
    assert set(files(tmp_path)) - before == {
        f"orders_{days}.md",  # the sample has no order of that day
        f"all_orders_{days}.txt",
        f"performance_uk_{TODAY}.json",
    }


def test_a_day_is_fetched_once_its_orders_have_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_midnight = TODAY - timedelta(days=1)  # the clock of the tests shows one minute past one
    monkeypatch.setattr(from_amazon, "_SETTLED", timedelta(hours=2))
    assert run(tmp_path).exit_code == 0
    assert f"performance_uk_{at_midnight}.json" in files(tmp_path)
    assert searches()[-1]["lastUpdatedBefore"] == [f"{at_midnight}T00:00:00Z"]


def test_as_many_days_are_fetched_as_the_days_that_count_need() -> None:
    """Thirty days, ten until Amazon reads them, and what lies between shipping and promise."""
    wanted = fetch.Wanted.of(["amazon.co.uk", "DE", "uk"], TODAY, None, None, 0)
    assert (wanted.places, wanted.first) == (("DE", "UK"), TODAY - timedelta(days=85))


@pytest.mark.parametrize(
    ("again", "expected"),
    [
        (0, [(1, 3), (6, 12), (13, 14), (16, 20)]),
        (6, [(1, 3), (6, 12), (13, 14), (16, 20)]),  # the fifteenth was fetched today
        (17, [(1, 10), (11, 14), (16, 20)]),
    ],
)
def test_a_file_holds_so_many_days_at_most_that_no_other_has(
    tmp_path: Path, again: int, expected: list[tuple[int, int]]
) -> None:
    for name in (
        "orders_us_2026-10-04_2026-10-05_as_of_2026-10-05.md",
        "orders_us_2026-10-15_2026-10-15_as_of_2026-10-20.jsonl",
        "orders_us-ca_2026-10-01_2026-10-20_as_of_2026-10-20.jsonl",  # of other marketplaces
        "orders_us_2026-10-01_2026-10-20_as_of_2026-10-20.jsonl.bak",
        "orders_us_2026-10-07.txt",  # a seller's own
    ):
        (tmp_path / name).touch()
    wanted = fetch.Wanted(("US",), None, date(2026, 10, 1), date(2026, 10, 21), again)
    most = 10 if again > 6 else 7
    ranges = fetch._missing(tmp_path, "orders", wanted, most)
    assert [(a.day, b.day) for a, b in ranges] == expected


def test_what_was_delivered_since_is_heard_when_days_are_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a delivery is an update of its order for Amazon, nobody says."""
    delivered = world()
    on_the_way = json.loads(json.dumps(delivered[0]).replace("DELIVERED", "IN_TRANSIT"))
    monkeypatch.setattr(sys.modules[__name__], "world", lambda: (on_the_way, *delivered[1:]))
    assert run(tmp_path).exit_code == 0
    monkeypatch.setattr(sys.modules[__name__], "world", lambda: delivered)
    monkeypatch.setattr(sys.modules[__name__], "TODAY", TODAY + timedelta(days=1))

    def scanned() -> int:
        return vtrkit.load(tmp_path).packages.collect()["scans"].count()

    before = scanned()
    assert run(tmp_path, "--again", DAYS).output.startswith("5 new files in")
    assert run(tmp_path, "--again", DAYS).output.startswith("0 new files in")
    since = [o for o in delivered[0] if delivered[2][o["orderId"]] > FIRST]  # that day is over now
    assert (before, scanned()) == (0, sum("DELIVERED" in json.dumps(o) for o in since))


def test_a_confirmation_that_amazon_did_not_take_is_not_believed(tmp_path: Path) -> None:
    """It is newer than the order's last update and older than the fetch, which would have it."""
    assert run(tmp_path).exit_code == 0
    order = next(o for o in world()[0] if o["packages"])
    number, carrier = (order["packages"][0][name] for name in ("trackingNumber", "carrier"))
    (tmp_path / "confirmation_2026-09-29.txt").write_text(
        "order-id\tship-date\tcarrier-code\tcarrier-name\ttracking-number\tship-method\n"
        f"{order['orderId']}\t2026-09-12\tOther\t{carrier}\tZZ000000000GB\t\n"
    )
    packages = vtrkit.load(tmp_path).packages.collect().filter(order_id=order["orderId"])
    assert packages["tracking_number"].to_list() == [number]


def test_cells_of_a_line_that_is_too_long_may_be_a_buyers_and_are_dropped() -> None:
    """The line itself stays, and is rejected for its length, as is the rest of a broken one."""
    report = fetch._own_columns(
        "\ufeffamazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tship-city\t"
        "ship-country\r\n"
        f"1\tday\tShipped\tMerchant\t{CANARY} é\tGB\r\n"
        f"203-1234567-1234568\tday\tShipped\tMerchant\tshifted\t{CANARY}\tGB\r\n"
        f"203-1234567-1234567\tday\tShipped\r\n\r\n{CANARY}\tGB".encode(),
        "report",
    )
    assert report.decode().splitlines() == [
        "\ufeffamazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tship-country",
        "1\tday\tShipped\tMerchant\tGB",
        "-\t-\t-\t-\t-\t-",
        "203-1234567-1234567\tday\tShipped",
        "-\t-\t-\t-\t-\t-",
    ]


def test_a_line_without_its_cells_is_rejected_and_told(
    tmp_path: Path,
) -> None:
    lines = lines_of(FIRST, TODAY).splitlines(keepends=True)
    content = b"".join([*lines[:-1], b"\t" + lines[-1]])
    Amazon.troubles["/content/"] = [(200, {}, gzip.compress(content))]
    assert run(tmp_path).exit_code == 0
    rejects = vtrkit.load(tmp_path).rejects
    assert rejects["rule"].to_list() == ["the line has more fields than the header"]


# credentials ------------------------------------------------------------------------------------


def credentials(folder: Path, *accounts: str) -> None:
    """The file of the library, in its folder."""
    path = folder / "config" / "credentials.yml"
    path.parent.mkdir(parents=True)
    names = ("refresh_token", "lwa_app_id", "lwa_client_secret")
    lines = [f"{a}:\n" + "".join(f"  {n}: {n}-{SECRET}\n" for n in names) for a in accounts]
    path.write_text("".join(lines), "utf-8")


def test_the_credentials_of_a_named_account_fill_a_folder_of_its_name(
    tmp_path: Path,
) -> None:
    credentials(tmp_path, "fjord")
    into = tmp_path / "in"
    past = tmp_path / "past"
    assert run(into, "--account", "fjord", "--history", past).exit_code == 0
    assert {path.parent.name for path in into.rglob("*.*")} == {"fjord"}
    packages = vtrkit.load(into).packages.collect()
    assert packages["account"].unique().to_list() == ["fjord"]
    assert "fjord,UK" in (past / NAME).read_text("utf-8")


def test_variables_without_a_name_are_not_taken_for_a_named_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may be another account's, whose packages would pass for this one's."""
    done = run(tmp_path / "in", "--account", "fjord")
    assert (done.exit_code, Amazon.asked) == (2, [])
    assert "no credentials for Amazon: set SP_API_REFRESH_TOKEN" in done.output
    assert not (tmp_path / "in").exists()
    monkeypatch.setenv("SP_API_REFRESH_TOKEN_fjord", f"its-{SECRET}")
    Amazon.troubles["/auth/"] = [(400, {}, {"error": "invalid_client"})]
    assert "your credentials (invalid_client)" in run(tmp_path, "--account", "fjord").output


@pytest.mark.parametrize("name", ["SP_API_REFRESH_TOKEN", "LWA_APP_ID"])
def test_without_all_credentials_the_command_says_where_they_belong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    done = run(tmp_path / "in")
    assert (done.exit_code, Amazon.asked) == (2, [])
    assert done.output.startswith("vtrkit: no credentials for Amazon: set SP_API_REFRESH_TOKEN")


def test_a_variable_of_the_library_does_not_change_the_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "US")
    assert run(tmp_path).exit_code == 0
    regions = {path.split("/")[1] for method, path, _ in Amazon.asked}
    assert regions == {"auth", "sellingpartnerapi-eu", "content"}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--marketplace", "US"), "UK, US: Amazon has different credentials for each region"),
        (("--marketplace", "Mars"), "marketplace 'Mars' is none of Amazon's"),
        (("--account", "../up"), "--account: give a name that a folder can have"),
        (("--account", ".hidden"), "--account: give a name that a folder can have"),
        (("--account", ""), "--account: give a name that a folder can have"),
    ],
)
def test_what_cannot_be_fetched_is_refused_before_anything_is_asked(
    tmp_path: Path, given: tuple[str, ...], says: str
) -> None:
    done = run(tmp_path / "in", *given)
    assert (done.exit_code, Amazon.asked) == (2, [])
    assert says in done.output
    assert not (tmp_path / "in").exists()


def test_another_amazon_than_the_real_one_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's sandbox answers with made-up orders."""
    monkeypatch.setenv("AWS_ENV", "SANDBOX")
    done = run(tmp_path / "in")
    assert (done.exit_code, Amazon.asked) == (2, [])
    assert "AWS_ENV asks for another Amazon than the real one" in done.output


def test_without_the_extra_the_command_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vtrkit.amazon.selling_partner", None)
    done = run(tmp_path / "in")
    assert done.exit_code == 2
    assert done.output == 'vtrkit: vtrkit fetch needs: pip install "vtrkit[fetch]"\n'


def test_marketplaces_are_those_that_the_library_asks() -> None:
    assert {m.id for m in marketplaces().values()} == {m.marketplace_id for m in Marketplaces}
    assert all(Marketplaces[code].marketplace_id == m.id for code, m in marketplaces().items())
