"""Rules are data: what a TOML may say, what is refused, and what a user's own file does."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from vtrkit import classify, merge, policy_on, tally
from vtrkit.errors import FactsError, TallyError
from vtrkit.rules.policies import policies, read_rules, shipped_rules
from vtrkit.schema import BY_ABSENCE
from vtrkit.tracking.carriers import carrier_names

NORWAY = """
[policy.no-2026]
extends = "default"
marketplace = "NO"
title = "Norway: 97 %, letters below 100 NOK exempt"
first_day = 2026-01-01
target = 0.97
time_zone = "Europe/Oslo"
enforced = true
source = ["our contract"]

[policy.no-2026.two_scans.china]
origins = ["CN"]

[policy.no-2026.exempt.letters]
reason = "exempt_service"
service_words = ["brev"]
below = { NOK = 100 }
"""


def written(folder: Path, text: str, name: str = "own.toml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_marketplace_is_added_by_a_toml_snippet_and_no_code(tmp_path: Path) -> None:
    rules = read_rules(written(tmp_path, NORWAY))
    policy = rules.on("NO", date(2026, 6, 1))
    assert (policy.target_bp, policy.window_days, policy.lag_days) == (9700, 30, 10)
    assert (policy.file, rules.own_files) == ("own.toml", ("own.toml",))
    packages = pl.DataFrame(
        {"order_id": ["1", "2", "3"], "ship_method": ["Brev", "Pakke", "Pakke"],
         "origin": ["NO", "NO", "CN"], "scans": [0, 0, 2]}
    ).with_columns(
        marketplace=pl.lit("NO"), ship_date=date(2026, 6, 1), delivered_date=date(2026, 6, 3),
        goods_value=50.0, currency=pl.lit("NOK"),
    )  # fmt: skip
    judged = classify(packages, rules=rules)
    assert judged["reason"].to_list() == ["exempt_service", "no_scan", "valid"]
    assert judged["enforced"].all()
    assert classify(packages)["reason"].to_list() == ["no_scan", "no_scan", "valid"]


def test_a_disputed_exemption_says_how_the_package_stands_if_it_counts(tmp_path: Path) -> None:
    """Amazon's own verdict counts it; its silence says only that it is no defect."""
    text = NORWAY.replace('reason = "exempt_service"', 'reason = "exempt_service"\ndisputed = true')
    rules = read_rules(written(tmp_path, text))
    packages = pl.DataFrame(
        {"order_id": list("123456"), "scans": [0, 2, None, 0, 0, 0],
         "tracking_number": ["CE123456785NO"] * 6,
         "goods_value": [50.0, 50, 50, 500, 50, 50],
         "reported_valid": [None, None, None, None, False, True],
         "reported_by": [None] * 5 + [BY_ABSENCE]}
    ).with_columns(
        marketplace=pl.lit("NO"), ship_date=date(2026, 6, 1), origin=pl.lit("NO"),
        ship_method=pl.lit("Brev"), currency=pl.lit("NOK"),
    )  # fmt: skip
    assert classify(packages, rules=rules)["reason"].to_list() == [
        "disputed_defect",
        "disputed_valid",
        "unverified",
        "no_scan",
        "no_scan",
        "disputed_valid",
    ]


def test_an_own_rule_of_the_same_name_replaces_a_shipped_one(tmp_path: Path) -> None:
    own = '[policy.us-2025]\nextends = "us-2025"\nmarketplace = "US"\ntitle = "ours"\n'
    own += 'first_day = 2025-01-15\ntarget = 0.98\nsource = ["our goal"]\n'
    rules = read_rules(written(tmp_path, own))
    ours, theirs = rules.on("US", date(2026, 1, 1)), policy_on("US", date(2026, 1, 1))
    assert (ours.target_bp, ours.title, ours.exempt) == (9800, "ours", theirs.exempt)
    assert len(rules.policies) == len(shipped_rules().policies)


def test_tallies_judged_under_different_rules_do_not_merge(tmp_path: Path) -> None:
    packages = pl.DataFrame({"order_id": ["1"], "scans": [1]})
    ours = read_rules(written(tmp_path, NORWAY))
    with pytest.raises(TallyError, match="different rules"):
        merge(tally(classify(packages)), tally(classify(packages, rules=ours)))
    prose = read_rules(written(tmp_path, NORWAY.replace("our contract", "our contract, page 2")))
    merge(tally(classify(packages, rules=ours)), tally(classify(packages, rules=prose)))


REFUSED = {
    "an overlap of dates": (
        ("[policy.no-2026.two", "[policy.no-2]\nextends = 'no-2026'\ntitle = 'x'\nsource = ['x']\n"
         "first_day = 2027-01-01\n[policy.no-2026.two"),
        r"own.toml line 12: \[policy.no-2\]: first_day 2027-01-01 lies within own.toml line 2: "
        r"\[policy.no-2026\]; give no-2026 last_day = 2026-12-31",
    ),
    "an unknown key": (
        ("title", "titel"),
        r"own.toml line 2: \[policy.no-2026\]: unknown key titel \(did you mean title",
    ),
    "a target above 1": (("0.97", "97"), r"line 2: \[policy.no-2026\]: target must lie above 0"),
    "a target of 0": (("0.97", "0"), r"line 2: \[policy.no-2026\]: target must lie above 0"),
    "a target in quotes": (("0.97", '"0.97"'), r"\[policy.no-2026\]: target must be a number"),
    "a target that is no number": (("0.97", "nan"), "target must be a number"),
    "no source": (('source = ["our contract"]', ""), r"line 2: \[policy.no-2026\]: missing source"),
    "an empty source": (("our contract", " "), "source is empty"),
    "a day in words": (("2026-01-01", '"soon"'), "first_day must be a day such as"),
    "a base that is no name": (('"default"', '["default"]'), r"extends must be text in quotes"),
    "a base that is not there": (('"default"', '"us-2024"'), r"extends us-2024, .*mean us-202"),
    "a clause without a reason": (('reason = "exempt_service"', ""), "line 15: .*reason must be"),
    "a clause about nothing": (('origins = ["CN"]', ""), "line 12: .*names no packages"),
    "a mistyped key of a clause": (
        ("service_words", "service_word"),
        r"own.toml line 15: \[policy.no-2026.exempt.letters\]: unknown key service_word "
        r"\(did you mean service_words",
    ),
    "a value without its currency": (("{ NOK = 100 }", "100"), "below must be amounts by currency"),
    "a list of clauses": (("[policy.no-2026.two_scans.china]", "[[policy.no-2026.two_scans]]"),
                          r"\[policy.no-2026\]: two_scans must be a table, not \["),
    "another table": (("[policy.no-2026]", "[polcy.no-2026]"), r"\[polcy\]: unknown table"),
    "a key outside a rule": (("[policy.no-2026]", "[policy]"), "stands outside a rule"),
    "a day before its first": (("target", "last_day = 2025-01-01\ntarget"), "before first_day"),
    "greater than everything": (("0.97", '1\ncondition = "greater_than"'), "greater than 100 %"),
    "another condition": (("0.97", '0.97\ncondition = "over"'), "condition must be one of"),
    "another clock": (("0.97", '0.97\napplies_by = "order"'), "applies_by must be one of ship"),
    "no TOML": (("[policy.no-2026]", "[policy.no-2026"), "not valid TOML: .*line 2"),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "message"), REFUSED.values(), ids=REFUSED)
def test_a_malformed_rule_is_refused_by_table_key_and_line(
    edit: tuple[str, str], message: str, tmp_path: Path
) -> None:
    assert edit[0] in NORWAY
    with pytest.raises(FactsError, match=message):
        read_rules(written(tmp_path, NORWAY.replace(*edit, 1)))


def test_a_file_that_is_missing_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FactsError, match=r"gone.toml: no such file"):
        read_rules(tmp_path / "gone.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FactsError, match=r"bytes.toml: cannot be read as UTF-8"):
        read_rules(tmp_path / "bytes.toml")


def test_every_shipped_rule_names_its_source_zone_and_known_carriers() -> None:
    for p in shipped_rules().policies:
        named = {c for clause in (*p.exempt, *p.two_scans) for c in clause.carriers}
        assert named <= set(carrier_names()), p.id
        assert p.source
        assert (p.time_zone == "UTC") == (not p.marketplace), p.id


def test_the_rules_as_a_table_have_a_row_each_with_open_ends_as_null() -> None:
    table = policies()
    assert table.height == len(shipped_rules().policies)
    row = table.row(by_predicate=pl.col("id") == "us-2025", named=True)
    assert (row["first_day"], row["last_day"], row["target_bp"]) == (date(2025, 1, 15), None, 9500)
    assert row["two_scans"][0] == "from CN, CA, AS, UM; and goods + shipping at least USD 5"
    assert row["exempt"][0].startswith("exempt_route: not to US")


def test_every_day_of_a_marketplace_has_one_rule_and_columns_agree_with_policy_on() -> None:
    rules = shipped_rules()
    days = [date(2014 + n // 12, n % 12 + 1, 15) for n in range(156)]
    markets = sorted({p.marketplace for p in rules.policies} | {"MX"})
    cases = pl.DataFrame({"marketplace": [m for m in markets for _ in days],
                          "ship_date": days * len(markets)})  # fmt: skip
    numbered = cases.with_columns(promised_date="ship_date").with_columns(rule=rules.number())
    ids = [rules.policies[n].id for n in numbered["rule"]]
    assert ids == [rules.on(m, day).id for m, day in cases.rows()]
