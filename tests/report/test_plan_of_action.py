"""The Plan of Action: its figures are those of the tables, and nothing in it was not done."""

import io
import random
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import docx
import polars as pl
import pytest

import vtrkit
from tests import made
from tests.numbers import drawn
from tests.study.test_sellers import seller
from vtrkit.errors import ParameterError
from vtrkit.report.document import Document
from vtrkit.report.plan_of_action import TO_FILL, TO_KEEP, TO_SAY, plan_of_action
from vtrkit.shop import Shop
from vtrkit.study.ahead import changes_table
from vtrkit.study.first_facts import first_facts
from vtrkit.words import day_text


@pytest.fixture(scope="module")
def shop() -> Shop:
    return vtrkit.open(account="northwind", marketplace="US")


@pytest.fixture(scope="module")
def shoes(shop: Shop) -> Document:
    return plan_of_action(shop, "Shoes")


def test_it_has_amazons_three_headings_and_the_evidence(shoes: Document) -> None:
    headings = [heading for heading, _ in shoes.parts]
    assert headings == ["Root cause", "What was done", "What prevents it", "Evidence"]
    assert shoes.title == "Plan of action: Shoes, northwind · US, 30 September 2026"


def test_its_figures_are_those_of_the_tables(shoes: Document, shop: Shop) -> None:
    text = repr(shoes)
    assert "Of the 193 packages of Shoes promised for 22 August to 20 September, 168 had" in text
    assert "87.0 %. Amazon's target is 95 %." in text
    reasons = shop.study.reasons.filter(category="Shoes")
    unscanned = reasons.filter(reason="no_scan")["packages"].sum()
    assert f"25 of them failed: never scanned ({unscanned}), no tracking number (1)." in text
    assert "Failed by carrier: OnTrac 4 of 16, FedEx 7 of 39, UPS 6 of 55, USPS 8 of 83." in text
    table = next(p for p in shoes.parts[-1][1] if isinstance(p, pl.DataFrame))
    assert table.height == 25
    levers = [step.lever for step in first_facts(shop.study).steps]
    back = changes_table(shop.study, levers, shop.study.targets[0]).filter(category="Shoes")
    assert f"back above 95 % by {day_text(back['back'].item())}" in text


def test_what_only_the_seller_knows_stands_in_brackets(shoes: Document) -> None:
    """Nothing is claimed that no file shows."""
    assert TO_SAY in shoes.parts[0][1]
    assert TO_FILL in shoes.parts[1][1]
    assert TO_KEEP in shoes.parts[2][1]
    assert "corrected; Amazon takes" not in repr(shoes)


def test_the_one_without_which_the_rate_would_have_been_highest_is_named() -> None:
    """Of a carrier that makes the excess it says so; the figure is a plain count."""
    dice = random.Random(1)
    lines = [
        made.row(f"{i}-{n}", day, carrier=carrier, scans=scans, delivered_date=None)
        | {"tracking_number": drawn({"UPS": "ups_1z", "USPS": "usps_20"}[carrier], dice)}
        for i, day in enumerate(made.days(20))
        for n, (carrier, scans) in enumerate((("UPS", 2), ("UPS", 2), ("USPS", int(i > 9))))
    ]
    text = _of(lines)
    assert "It was the carrier USPS: 10 of its 20 packages failed." in text
    assert "Without it the rate would have been 100.0 %, on target." in text
    entered = [row | ({"tracking_number": ""} if row["scans"] == 0 else {}) for row in lines]
    assert "carrier USPS" not in _of(entered)
    unsaid = {"UPS": {"scans": None}}
    untold = [row | unsaid.get(str(row["carrier"]), {}) for row in lines[:9]]
    assert "the rate would have been 85.0–100.0 %." in _of([*untold, *lines[9:]])


def test_what_amazon_counts_though_exempt_or_scanned_is_listed_for_seller_support() -> None:
    """A number of which no file says whether it was scanned proves nothing."""
    rejected = {"reported_valid": False, "reported_at": made.AS_OF}
    abroad = {"destination": "CA", "tracking_number": "", "scans": None, "delivered_date": None}
    unknown = {"scans": None, "delivered_date": None}
    kinds: list[dict[str, object]] = [abroad, {}, unknown, unknown]
    lines = [made.row(n, day) for n, day in enumerate(made.days(20))]
    lines = [dict.fromkeys(rejected, None) | line for line in lines]
    lines[:4] = [line | rejected | kind for line, kind in zip(lines, kinds, strict=False)]
    text = _of(lines)
    assert "Amazon counts 2 packages as failed that its rules leave out, or that the" in text
    assert [label for label in ("exempt by route", "valid") if f"\n| {label} |" in text] == [
        "exempt by route",
        "valid",
    ]


def test_a_sku_is_named_where_it_is_the_cause() -> None:
    lines = [
        made.row(f"{i}-{n}", day, sku=f"S{n}", scans=int(n > 0 or i > 14), delivered_date=None)
        for i, day in enumerate(made.days(20))
        for n in range(3)
    ]
    assert "It was the sku S0: 15 of its 20 packages failed." in _of(lines)


def _of(lines: list[dict[str, object]]) -> str:
    from pathlib import Path

    with TemporaryDirectory() as folder:
        shop = vtrkit.open(made.write(Path(folder) / "x.csv", lines), as_of=made.AS_OF)
        return repr(plan_of_action(shop))


def test_order_ids_are_masked_unless_they_are_asked_for(shop: Shop, shoes: Document) -> None:
    whole = plan_of_action(shop, "Shoes", whole_orders=True)
    ids = next(p for p in whole.parts[-1][1] if isinstance(p, pl.DataFrame))["order"]
    assert ids.str.contains(r"^\d{3}-\d{7}-\d{7}$").all()
    assert not any(order in repr(shoes) for order in ids)


def test_changes_of_your_own_take_the_place_of_what_the_report_proposes(shop: Shop) -> None:
    text = repr(plan_of_action(shop, "Shoes", vtrkit.track("Shoes", share=0.5)))
    assert "From 1 October: have them tracked and scanned, for 50 % of these packages." in text
    assert "Stop shipping with OnTrac" not in text
    assert "Shoes is not expected above 95 % by 29 November" in text


def test_it_is_saved_for_word_as_markdown_and_as_a_page(shoes: Document, tmp_path: Path) -> None:

    word = docx.Document(io.BytesIO(shoes.save(tmp_path / "plan.docx").read_bytes()))
    said = [p.text for p in word.paragraphs]
    assert {shoes.title, "Root cause", TO_FILL} <= {*said}
    assert len(word.inline_shapes) == 1
    assert [len(t.rows) for t in word.tables] == [26]
    assert shoes.save(tmp_path / "plan.md").read_text("utf-8") == repr(shoes)
    assert "data:image/png;base64," in shoes.save(tmp_path / "plan.html").read_text("utf-8")
    with pytest.raises(ParameterError, match=r"plan.pdf: give a name that ends in .md"):
        shoes.save(tmp_path / "plan.pdf")
    assert sorted(p.suffix for p in tmp_path.iterdir()) == [".docx", ".html", ".md"]


def test_names_from_files_are_text_in_every_form(tmp_path: Path) -> None:

    lines = [
        made.row(i, day, category="<script>\x01|", scans=i % 2, delivered_date=None)
        for i, day in enumerate(made.days(20))
    ]
    path = made.write(tmp_path / "x.csv", lines)
    plan = plan_of_action(vtrkit.open(path, as_of=made.AS_OF))
    assert "<script>" not in plan._repr_html_()
    plan.save(tmp_path / "plan.docx")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mistyped numbers, which nobody scans", "to be back above 95 % by 29 April"),
        (
            "four in ten are unverified, and more fail than may",
            "150 to 270 had a valid tracking number: 50.0–90.0 %",
        ),
        ("four in ten are unverified, and more fail than may", "or of which that is not known."),
        ("one defect of one", "The 1 package that counts and is not valid."),
        ("pages that disagree decide", "30 more packages may or may not count"),
        ("pages that disagree decide", "The 12 packages that count and are not valid."),
    ],
)
def test_it_says_of_a_seller_what_the_page_says(name: str, said: str) -> None:
    """The day back with corrections and steps, and what is not known as not known."""
    assert said in repr(plan_of_action(Shop(seller(name))))


def test_a_place_of_no_known_category_has_none_to_plan_for() -> None:
    with pytest.raises(ParameterError, match="there is no category to plan for"):
        plan_of_action(Shop(seller("no category is known")))


def test_a_category_that_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(ParameterError, match=r"no category 'Shose' here \(did you mean Shoes\?\)"):
        plan_of_action(shop, "Shose")
    with pytest.raises(ParameterError, match="give what vtrkit"):
        plan_of_action(date(2026, 1, 1))
