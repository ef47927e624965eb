"""Which marketplace a file is of, where packages ship from, and what is said of both."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from click.testing import CliRunner

from vtrkit import facts, load
from vtrkit.cli import main
from vtrkit.errors import ParameterError
from vtrkit.facts.marketplaces import country, country_codes, marketplaces
from vtrkit.files import inference
from vtrkit.files.row_rules import OTHER_SHOP
from vtrkit.rules.policies import Rules, shipped_rules
from vtrkit.schema import UNNAMED_MARKETPLACE

HEADER = "order_id,promised_date,currency,destination,carrier,tracking_number,origin,marketplace"


def table(folder, lines, name="p.csv"):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([HEADER, *lines]) + "\n", "utf-8")
    return path


def line(n, currency="", country="", *, carrier="", number="", origin="", marketplace=""):
    return (
        f"{n},2026-09-11T05:59:59Z,{currency},{country},{carrier},{number},{origin},{marketplace}"
    )


def read(path, **options):
    loaded = load(path, **options)
    return loaded, loaded.packages.collect().sort("order_id")


def test_every_marketplace_has_a_country_a_currency_and_a_clock():
    """Whether or not a rule is documented for it; those of rules are among them."""
    zones = {code for codes in shipped_rules().time_zones().values() for code in codes}
    assert zones == set(marketplaces())
    assert {p.marketplace for p in shipped_rules().policies} - {""} <= zones
    assert {m.country for m in marketplaces().values()} <= country_codes()
    assert len({m.id for m in marketplaces().values()}) == len(marketplaces()) == 23


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["MXN MX"] * 19 + ["MXN US"], "MX"),
        (["MXN MX"] * 18 + ["MXN US"] * 2, None),
        (["EUR DE"] * 20, "DE"),
        (["EUR IE"] * 20, "IE"),
        (["EUR DE"] * 10 + ["EUR FR"] * 10, None),
        (["USD US"] * 10 + ["CAD CA"] * 10, None),
        (["GBP GB"] * 10 + ["gbp UK"] * 10, "UK"),
        (["USD "] * 20, None),
        ([" US"] * 20, None),
    ],
)
def test_a_file_that_names_no_marketplace_is_taken_for_that_of_nearly_all_its_orders(
    tmp_path, lines, code
):
    """By currency and country together; else it is asked for by the name of the option."""
    path = table(tmp_path, [line(n, *cell.split(" "), number="1Z") for n, cell in enumerate(lines)])
    loaded, packages = read(path)
    assert set(packages["marketplace"]) == {code or UNNAMED_MARKETPLACE}
    assert len(loaded.notes) == (code is not None)
    assert ("--marketplace" in repr(loaded)) == (code is None)


def test_the_days_of_such_a_file_are_read_by_the_clock_of_its_marketplace(tmp_path):
    """Even where its first thousand rows are of another one."""
    lines = [line(n, "EUR", "DE" if n < 1000 else "IE") for n in range(21_000)]
    _, packages = read(table(tmp_path, lines))
    assert set(packages["marketplace"]) == {"IE"}
    midnight = [cells.replace("T05:59:59Z", "T22:30:00Z") for cells in lines]
    _, packages = read(table(tmp_path, midnight))
    assert set(packages["promised_date"]) == {date(2026, 9, 11)}  # the 12th in Berlin


def test_a_file_is_inferred_for_each_account_and_never_order_by_order(tmp_path):
    """Folders are accounts; what one ships says nothing of the other."""
    table(tmp_path / "a", [line(n, "USD", "US") for n in range(20)])
    table(tmp_path / "b", [line(n, "CAD", "CA") for n in range(20)])
    _, packages = read(tmp_path)
    told = (
        packages.select(pl.col("account", "marketplace").cast(pl.String)).unique().sort("account")
    )
    assert told.rows() == [("a", "US"), ("b", "CA")]


@pytest.mark.parametrize("given", [None, "US", "JP"])
def test_an_order_whose_marketplace_another_file_names_keeps_it(tmp_path, given):
    """The assumption, and the user's word, are for orders of which no file says it."""
    unnamed = table(tmp_path, [line(n, "USD", "US") for n in range(40)], "unnamed.csv")
    named = table(tmp_path, [line(39, marketplace="CA")], "named.csv")
    _, packages = read([unnamed, named], marketplace=given)
    counts = packages["marketplace"].cast(pl.String).value_counts().sort("marketplace").rows()
    assert counts == [("CA", 1), (given or "US", 39)]


def test_the_users_word_goes_before_what_is_assumed(tmp_path):
    """And nothing is noted."""
    path = table(tmp_path, [line(n, "USD", "US") for n in range(20)])
    loaded, packages = read(path, marketplace="amazon.ca")
    assert set(packages["marketplace"]) == {"CA"}
    assert loaded.notes == ()


@pytest.mark.parametrize("channel", ["Non-Amazon US", "SI US Prod Marketplace", "non-amazon"])
def test_orders_of_other_shops_are_no_packages(tmp_path, channel):
    """They are listed with their rule, and no row of them is wrong."""
    path = table(tmp_path, [line(1, marketplace=channel), line(2, marketplace="Amazon.ie")])
    loaded, packages = read(path, max_rejected_share=0)
    assert packages["marketplace"].to_list() == ["IE"]
    assert loaded.rejects["rule"].to_list() == ["an order of another shop than Amazon"]


@pytest.mark.parametrize("held", [1 << 30, 0])
def test_what_other_files_say_of_such_an_order_is_no_package_either(tmp_path, held, monkeypatch):
    """A confirmation names no shop: its packages go where their order goes, in buckets as well."""
    monkeypatch.setattr("vtrkit.files.large._HELD", held)
    table(tmp_path, [line(1, marketplace="Non-Amazon US"), line(2, marketplace="Amazon.ie")])
    sent = "order-id,order-item-id,quantity,ship-date,carrier-code,tracking-number,ship-method\n"
    rows = [f"{n},,,2026-09-05,UPS,,\n" for n in (1, 2, 2)]
    (tmp_path / "confirm_2026-09-05.csv").write_text(sent + "".join(rows), "utf-8")
    loaded, packages = read(tmp_path)
    assert packages.select("order_id", "marketplace").rows() == [("2", "IE")]
    assert loaded.rejects.select("file", "row", "rule").rows() == [
        ("confirm_2026-09-05.csv", 1, OTHER_SHOP),
        ("p.csv", 1, OTHER_SHOP),
    ]


def test_files_that_name_no_marketplace_may_be_told_one_by_one(tmp_path):
    """By name or pattern; the first that fits holds, and one that fits no file is told."""
    for name in ("acme/uk_1.csv", "acme/uk_2.csv", "acme/se.csv", "acme/own.csv"):
        table(tmp_path, [line(name, marketplace="DE" if "own" in name else "")], name)
    given = {"uk_*.csv": "Amazon.co.uk", "acme/se.csv": "SE", "us*": "US"}
    loaded, packages = read(tmp_path, marketplace=given)
    assert dict(packages.select("order_id", "marketplace").rows()) == {
        "acme/own.csv": "DE",
        "acme/se.csv": "SE",
        "acme/uk_1.csv": "UK",
        "acme/uk_2.csv": "UK",
    }
    told = [note for note in loaded.notes if "marketplace" in note and "no file" in note]
    assert [note.split(",")[0] for note in told] == ["marketplace is given for us*"]
    with pytest.raises(ParameterError, match="'Narnia' is none of Amazon's"):
        load(tmp_path, marketplace={"uk*": "Narnia"})


def test_look_says_of_whom_the_scans_are_missing(tmp_path):
    """The three groups with most of them, and when these were shipped."""
    rows = [
        f"{n}{carrier},{code},{carrier},N{n}{carrier},2026-09-{n:02},2026-09-20,"
        for code, carrier, sent in (
            ("US", "UPS", 3),
            ("UK", "DPD", 2),
            ("US", "", 1),
            ("DE", "x", 1),
        )
        for n in range(1, sent + 1)
    ]
    header = "order_id,marketplace,carrier,tracking_number,ship_date,promised_date,scans"
    (tmp_path / "p.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")
    text = " ".join(CliRunner().invoke(main, ["look", str(tmp_path)]).output.split())
    assert (
        "for 7 packages (3 of US by UPS, shipped 1 Sep to 3 Sep 2026; 2 of UK "
        "by DPD, shipped 1 Sep to 2 Sep 2026; 1 of DE by x, shipped 1 Sep 2026; 1 "
        "other): the tracking export"
    ) in text


@pytest.mark.parametrize(
    ("cells", "origin", "assumed"),
    [
        ({}, "GB", True),
        ({"origin": "CN"}, "CN", False),
        ({"carrier": "Yanwen", "number": "123"}, "CN", True),
        ({"carrier": "USPS", "number": "LX123456785CN"}, "CN", True),
        ({"carrier": "UPS", "number": "1Z999AA10123456784"}, "GB", True),
        ({"carrier": "UPS", "number": "LX 123 456 785 cn"}, "CN", True),
        ({"carrier": "UPS", "number": "LX123456785XX"}, "GB", True),
    ],
)
def test_the_origin_is_the_marketplaces_country_unless_the_label_says_otherwise(
    tmp_path, cells, origin, assumed
):
    """The letters of a postal number, then the country in which alone a carrier collects."""
    _, packages = read(table(tmp_path, [line(1, marketplace="UK", **cells)]))
    assert packages.select("origin", "origin_assumed").row(0) == (origin, assumed)


@pytest.mark.parametrize(
    ("given", "expected", "unused"),
    [
        ("germany", ["DE", "DE", "DE"], []),
        ({"US": "CN"}, ["CN", "CN", "GB"], []),
        ({"a/US": "CN", "b": "hk"}, ["CN", "HK", "HK"], []),
        ({"": "us", "a": "CA"}, ["CA", "US", "US"], []),
        ({"A/amazon.com": "CN", " B ": "hk"}, ["CN", "HK", "HK"], []),
        ({"us": "CN", "Amazon.co.uk": "PL"}, ["CN", "CN", "PL"], []),
        ({"a / US": "CN"}, ["CN", "US", "GB"], []),
        ({"US": "CN", "DE": "PL", "c": "HK"}, ["CN", "CN", "GB"], ["de", "c"]),
        ({"US/a": "CN", "a/UK": "CN"}, ["US", "US", "GB"], ["us/a", "a/uk"]),
    ],
)
def test_the_user_says_where_packages_ship_from_by_account_and_marketplace(
    tmp_path, given, expected, unused
):
    """The most exact word goes first; what is told is not assumed; what fits nothing is named."""
    table(tmp_path / "a", [line(1, marketplace="US")])
    table(tmp_path / "b", [line(2, marketplace="US"), line(3, marketplace="UK")])
    loaded, packages = read(tmp_path, origin=given)
    assert packages["origin"].to_list() == expected
    assert [note.split()[4].rstrip(",") for note in loaded.notes] == unused
    assert packages["origin_assumed"].to_list() == [
        isinstance(given, dict) and "" not in given and origin in {"GB", "US"}
        for origin in expected
    ]


@pytest.mark.parametrize("code", ["CN", "GB", "US"])
def test_a_country_is_the_same_whatever_a_file_calls_it(tmp_path, code):
    """Else a parcel from `USA` would be one from abroad; a word for none is not known, listed."""
    words = [code.lower(), f" {code}", *facts.read("marketplaces")["countries"][code]]
    words = [word for word in words if "," not in word]
    path = table(tmp_path, [line(n, "USD", word, origin=word) for n, word in enumerate(words)])
    loaded, found = read(path, marketplace="US")
    assert set(found["origin"]) == set(found["destination"]) == {code}
    assert loaded.not_known.is_empty()
    loaded, found = read(table(tmp_path, [line(1, "USD", "Nowhere", origin="N/A")]))
    assert found.select("origin", "destination").row(0) == (None, None)
    assert loaded.not_known["value"].to_list() == ["Nowhere", "N/A"]


def test_every_country_has_a_code_of_three_letters_and_no_name_is_that_of_two():
    """As ISO 3166 has it."""
    table = facts.read("marketplaces")["countries"]
    assert all(len(names[0]) == 3 and names[0].isupper() for names in table.values())
    named = {(country(n), c) for c, names in table.items() for n in (c, *names) if n != "NA"}
    assert named == {(code, code) for code in table}


PRIVATE = "Ann, 12 Elm Street"
SHOPS = {
    "Shopify": "Shopify",
    "ebay_de": "ebay_de",
    "allegro.pl": "allegro.pl",
    PRIVATE: UNNAMED_MARKETPLACE,
    "Jane Doe": UNNAMED_MARKETPLACE,
    "jane@example.org": UNNAMED_MARKETPLACE,
    "0151 2345678": UNNAMED_MARKETPLACE,
    "01512345678": UNNAMED_MARKETPLACE,
    "leaveitwiththeneighbour": UNNAMED_MARKETPLACE,
}


@pytest.mark.parametrize(("word", "shop"), SHOPS.items())
def test_only_a_short_code_names_a_shop_that_nobody_knows(tmp_path, word, shop):
    """Anything else may be a buyer's: no table, reject or note has it."""
    lines = [line(n, marketplace=f'"{word}"') for n in (1, 2)]
    lines.append(lines[0].replace("2026-09-11T05:59:59Z", "soon"))
    loaded, found = read(table(tmp_path, lines), max_rejected_share=0.5)
    assert found["marketplace"].unique().to_list() == [shop]
    everything = [found, loaded.rejects, loaded.notes, loaded.not_known]
    shown = word in "".join(
        t.write_csv() if isinstance(t, pl.DataFrame) else str(t) for t in everything
    )
    assert shown == (shop == word)


def test_without_the_rule_a_buyers_words_are_a_shop(tmp_path, monkeypatch):
    """Its mutant."""
    monkeypatch.setattr(inference, "_CODE", ".")
    _, found = read(table(tmp_path, [line(1, marketplace=f'"{PRIVATE}"')]))
    assert found["marketplace"].to_list() == [PRIVATE]


def test_a_file_that_names_some_marketplaces_is_not_said_to_name_none(tmp_path):
    """What is assumed is about its other rows."""
    lines = [line(n, "USD", "US", marketplace="US" if n else "") for n in range(3)]
    loaded, found = read(table(tmp_path, lines))
    assert found["marketplace"].unique().to_list() == ["US"]
    assert loaded.notes[0].startswith("p.csv does not name a marketplace in every row;")


def test_a_place_that_is_no_marketplace_is_named_and_kept_apart(tmp_path):
    """Nobody takes it for the one of the option; rules and mappings may know it."""
    words = ["Amazon.xyz", "amazon us", PRIVATE, "Ours"]
    path = table(tmp_path, [line(n, marketplace=f'"{word}"') for n, word in enumerate(words)])
    loaded, found = read(path, marketplace="UK")
    assert found["marketplace"].to_list() == ["Amazon.xyz", "US", UNNAMED_MARKETPLACE, "Ours"]
    assert len(loaded.notes) == 1
    assert loaded.notes[0].startswith(
        "p.csv names Amazon.xyz, Ours, no marketplace that we know, in 3 of its rows."
    )
    assert PRIVATE not in str([loaded.packages.collect(), loaded.notes, loaded.not_known])
    rule = replace(shipped_rules().policies[0], marketplace="Ours")
    rules = Rules((*shipped_rules().policies, rule))
    mapping = {"columns": dict(zip(HEADER.split(","), HEADER.split(","), strict=True))}
    mapping["values"] = {"marketplace": {"Amazon.xyz": "US", PRIVATE: "UK"}}
    loaded, found = read(path, rules=rules, mapping=mapping)
    assert found["marketplace"].to_list() == ["US", "US", "UK", "Ours"]
    assert loaded.notes == ()
