"""What a scheduler hears: one exit code, and each change once."""

import json
from datetime import date, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner, Result

from tests.served import Answers, served
from vtrkit.cli import main
from vtrkit.errors import InputError
from vtrkit.report.check import State, Told, changes, exit_code, read_state, rows, write_state
from vtrkit.study.open import open_study

WHERE = {"account": "acme", "marketplace": "US"}


def row(status: str, category: str = "Shoes", **more: Any) -> dict[str, Any]:
    """A category of twenty packages that can hurt."""
    of = WHERE | {
        "counted": 20,
        "valid": 18,
        "unknown": 0,
        "vtr_low": 0.9,
        "vtr_high": 0.9,
        "why": None,
        "undated": 0,
    }
    return (
        WHERE
        | of
        | {"category": category, "status": status, "hurts": True, "falls_on": None}
        | more
    )


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["GOOD"], 0),
        (["GOOD", "AT_RISK"], 1),
        (["AT_RISK", "BAD", "UNDECIDED"], 2),
        (["AT_RISK", "UNDECIDED", "GOOD"], 4),
        (["NONE"], 0),
    ],
)
def test_the_worst_status_decides_the_exit_code(statuses: list[str], code: int) -> None:
    assert exit_code([row(s, category=str(n)) for n, s in enumerate(statuses)]) == code


def test_what_cannot_hurt_decides_nothing_and_where_nothing_counts_it_is_three() -> None:
    assert exit_code([row("BAD", hurts=False), row("AT_RISK", "Books")]) == 1
    assert exit_code([row("BAD", hurts=False)]) == 0
    assert exit_code([row("NONE", counted=0, hurts=False)]) == 3


def table(**of: Any) -> list[dict[str, Any]]:
    """A row of rates as a report has it."""
    usual = row("GOOD") | {"is_enforced_window": True, "in_force": True, "binding": False}
    return [usual | {"target_bp": 9500} | of]


@pytest.mark.parametrize(
    ("of", "code"),
    [
        ({"status": "BAD", "binding": True}, 2),
        ({"status": "BAD", "binding": False}, 0),  # its enforced packages alone are on target
        ({"status": "AT_RISK", "in_force": False}, 0),
        # what it costs is not known where nobody names the marketplace
        ({"status": "BAD", "in_force": False, "marketplace": "(unnamed)"}, 4),
        ({"status": "NONE"}, 4),  # packages are counted, and the files do not cover the days
        ({"status": "NONE", "counted": 0}, 3),
        ({"status": "BAD", "binding": True, "is_enforced_window": False}, 3),
    ],
)
def test_a_row_of_rates_counts_where_missing_the_target_hurts(
    of: dict[str, Any], code: int
) -> None:
    assert exit_code(rows(table(**of), [])) == code


def test_a_place_whose_categories_nobody_knows_counts_as_a_whole() -> None:
    whole = table(status="BAD", binding=True)
    unknown = table(status="NONE", category="(unknown)")
    assert exit_code(rows(unknown, whole)) == 2
    assert [r["category"] for r in rows(table(), whole)] == ["Shoes"]


def heard(*days: list[dict[str, Any]]) -> list[list[str]]:
    """What is told on each of some days, one after the other."""
    state: State | None = None
    told = []
    for day in days:
        lines, state = changes(day, state)
        told.append([line.split(" (")[0] for line in lines])
    return told


def test_each_change_of_a_status_is_told_once() -> None:
    good, risk, bad = row("GOOD"), row("AT_RISK"), row("BAD")
    assert heard([good], [risk], [risk], [bad], [bad], [good]) == [
        [],
        ["at risk: Shoes"],
        [],
        ["below target: Shoes"],
        [],
        ["on target: Shoes"],
    ]


def test_what_comes_back_and_is_at_risk_is_no_bad_news() -> None:
    assert heard([row("BAD")], [row("AT_RISK")])[1] == ["back on target, but at risk: Shoes"]


def test_a_day_of_a_fall_is_told_again_only_when_it_moves_by_more_than_two_days() -> None:
    def falls(day: int | None) -> list[dict[str, Any]]:
        return [row("AT_RISK", falls_on=day and date(2026, 10, day))]

    # the sixth was told: the eighth is two days from it, the ninth three; gone and back is no news
    once, nothing = ["at risk: Shoes"], list[str]()
    days = (falls(None), falls(6), falls(8), falls(9), falls(None), falls(10))
    assert heard(*days) == [once, once, nothing, once, nothing, nothing]


def test_a_category_below_target_is_told_again_once_it_is_five_points_lower() -> None:
    def at(rate: float) -> list[dict[str, Any]]:
        return [row("BAD", vtr_low=rate)]

    once, further = ["below target: Shoes"], ["fell further, below target: Shoes"]
    rates = (0.94, 0.92, 0.895, 0.885, 0.88, 0.93, 0.875, 0.87)
    assert heard(*map(at, rates)) == [once, [], [], further, [], [], further, []]


def test_a_category_in_trouble_that_is_gone_is_told_and_one_without_is_not() -> None:
    both = [row("BAD"), row("GOOD", "Books")]
    assert heard(both, [], []) == [["below target: Shoes"], ["no longer counted: Shoes"], []]


def test_six_days_of_the_sample_give_a_line_for_each_change_and_none_else() -> None:
    study = open_study()
    last: dict[tuple[str, ...], tuple[str, date | None]] = {}
    state, count = None, 0
    for ago in range(5, -1, -1):
        day = study.on(study.as_of - timedelta(days=ago))
        lines, state = changes(rows(day.rates.to_dicts(), day.totals.to_dicts()), state)
        mine = day.rates.filter(pl.col("is_enforced_window"), pl.col("in_force"))
        expected = set()
        for r in mine.filter(pl.col("counted") > 0).to_dicts():
            key = (r["account"], r["marketplace"], r["category"])
            status = "UNDECIDED" if r["status"] == "NONE" else r["status"]
            before, told = last.get(key, ("GOOD", None))
            falls = r["falls_on"] if status == "AT_RISK" else None
            news = falls is not None and (told is None or abs((falls - told).days) > 2)
            if status == "BAD" and not r["binding"]:
                continue
            if status != before or news:
                expected.add(f": {r['category']} ({r['account']} · {r['marketplace']}) ")
            last[key] = status, falls if news else told if status == "AT_RISK" else None
        assert len(lines) == len(expected)
        assert all(any(name in line for line in lines) for name in expected)
        count += len(lines)
    assert count > 10


def test_a_state_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    assert read_state(path) == (None, "")
    state = State([Told("acme", "US", "Shoes", "AT_RISK", date(2026, 10, 6))])
    write_state(state, path)
    assert read_state(path) == (state, "")
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"told": [], "version": 2}', '{"told": 1}', "\0"])
def test_a_damaged_state_is_said_and_all_is_told_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    state, note = read_state(path)
    assert state is None
    assert note == "state.json is no state of this version; all is told anew"


@pytest.mark.parametrize("text", ["order-id\tquantity\n1\t2\n", '{"orders": []}', "#!/bin/sh"])
def test_a_file_that_is_no_state_is_not_written_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "orders.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"^orders.txt: no state of `vtrkit check`"):
        read_state(path)
    assert path.read_text() == text


# the command ------------------------------------------------------------------------------------


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Of fifty packages of the days that count five were never scanned; and ten older ones."""
    days = [date(2026, 9, 1) + timedelta(days=n % 20) for n in range(50)]
    days += [date(2026, 8, 10)] * 10
    pl.DataFrame(
        {
            "order_id": [f"111-{n:07}-0000000" for n in range(60)],
            "marketplace": "US",
            "category": "Shoes",
            "status": "shipped",
            "carrier": "UPS",
            "tracking_number": [f"1Z999AA1{n:010}" for n in range(60)],
            "ship_date": days,
            "promised_date": [day + timedelta(days=3) for day in days],
            "scans": [0] * 5 + [1] * 55,
            "seen_at": date(2026, 10, 5),
        }
    ).write_parquet(tmp_path / "packages.parquet")
    return tmp_path / "packages.parquet"


def run(*given: str | Path) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, given)])


def test_the_command_says_a_line_and_exits_by_the_worst_and_then_says_nothing(shop: Path) -> None:
    state = shop.with_name("state.json")
    first, again = (run(shop, "--state", state) for _ in range(2))
    assert first.output == (
        "As of 5 October 2026:\n"
        "below target: Shoes (US) 90.0 % (45/50); 5 of 50 failed; the target allows 2\n"
    )
    assert (first.exit_code, again.exit_code, again.output) == (2, 2, "")


@pytest.mark.parametrize("categories", [1, 2])
def test_where_all_is_well_it_says_so(tmp_path: Path, categories: int) -> None:
    """Of one category as of several."""
    names = ["Books", "Shoes"][:categories]
    pl.DataFrame(
        {
            "order_id": [f"{n}" for n in range(60 * categories)],
            "category": names * 60,
            "marketplace": "US",
            "promised_date": [
                date(2026, 8, 1) + timedelta(n // categories) for n in range(60 * categories)
            ],
            "scans": 2,
            "seen_at": date(2026, 10, 5),
        }
    ).write_parquet(tmp_path / "packages.parquet")
    which = {1: "the only category that can hurt is", 2: "all 2 categories that can hurt are"}
    said = run(tmp_path, "--as-of", "2026-10-05").output
    assert said == f"On 5 October 2026 {which[categories]} on target.\n"


def test_as_json_it_has_every_category_and_the_code(shop: Path) -> None:
    done = run(shop, "--json")
    answer = json.loads(done.output)
    assert (answer["exit"], done.exit_code, answer["as_of"]) == (2, 2, "2026-10-05")
    assert [(c["category"], c["valid"], c["counted"]) for c in answer["categories"]] == [
        ("Shoes", 45, 50)
    ]


@pytest.mark.parametrize(
    "given",
    [["nowhere"], [], ["--bogus"], ["FILE", "--as-of", "soon"], ["FILE", "--state", "no/s.json"]],
)
def test_an_error_is_never_taken_for_a_status(shop: Path, given: list[str]) -> None:
    done = run(*(shop if one == "FILE" else one for one in given))
    assert done.exit_code >= 64
    assert "Traceback" not in done.output


def test_a_bug_is_never_taken_for_a_status(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtrkit.cli.scheduled.built", lambda *_: {}["bug"])
    assert run(shop).exit_code >= 64


def test_help_is_no_error() -> None:
    assert run("--help").exit_code == 0


class _Inbox(Answers):
    """Takes messages, or refuses them while told so."""

    refuses = False
    messages: list[dict[str, Any]] = []  # noqa: RUF012 - of the server, not of a request

    def answer(self, body: bytes) -> None:
        if not self.refuses:
            self.messages.append(json.loads(body))
        self.send(500 if self.refuses else 200)


def test_what_could_not_be_delivered_is_tried_again_and_what_was_is_not(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Inbox, "messages", [])
    with served(_Inbox) as address:
        given = (shop, "--state", shop.with_name("s.json"), "--notify", f"json://{address}")
        monkeypatch.setattr(_Inbox, "refuses", True)
        assert run(*given).exit_code >= 64
        monkeypatch.setattr(_Inbox, "refuses", False)
        assert [run(*given).exit_code, run(*given).exit_code] == [2, 2]
    (message,) = _Inbox.messages
    assert message["message"].startswith("below target: Shoes (US) 90.0 % (45/50)")


class _Endless(Answers):
    """Begins to answer, and goes on only once the test is over."""

    over = Event()

    def answer(self, _: bytes) -> None:
        self.send(200, b"", {"Content-Length": "9"}.items())
        self.over.wait(600)


def test_an_address_that_hangs_is_given_up(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtrkit.report.check._LONGEST", 0.1)
    with served(_Endless) as address:
        state = shop.with_name("s.json")
        done = run(shop, "--state", state, "--notify", f"json://{address}")
        _Endless.over.set()
    assert done.exit_code >= 64
    assert "the message was not delivered; the next run tries again" in done.output
    assert not state.exists()


def test_an_address_that_nobody_knows_is_refused_and_not_repeated(shop: Path) -> None:
    done = run(shop, "--notify", "secret-password@nowhere")
    assert done.exit_code >= 64
    assert "secret" not in done.output.replace(str(shop), "")


def test_a_report_exits_by_the_same_code_where_it_is_asked_to(shop: Path) -> None:
    given = ["report", str(shop), "--out", str(shop.with_name("out"))]
    assert CliRunner().invoke(main, [*given, "--exit-status"]).exit_code == 2
    assert CliRunner().invoke(main, ["report", "nowhere", "--exit-status"]).exit_code >= 64
