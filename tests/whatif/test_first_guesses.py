"""First guesses work, or are refused in words by a VtrkitError."""

import inspect
from contextlib import suppress
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import vtrkit
from tests.shops import AS_OF, some
from vtrkit import (
    Costs,
    Lever,
    Scenario,
    adoption_curve,
    adoption_needed,
    apply,
    chance,
    classify,
    first_day,
    outlook,
    plan,
    rates,
    recovery_date,
    simulate,
    tally,
    vtr,
    watch,
)
from vtrkit.errors import VtrkitError
from vtrkit.whatif.looking_ahead import look_ahead
from vtrkit.whatif.looking_back import prepare

SHOP = some(valid=180, no_scan=20)
LEVER = Lever(name="ask for scans", share=0.5)


@pytest.mark.parametrize("ask", [apply, simulate])
def test_a_lever_or_a_list_of_levers_stands_for_a_scenario(ask):
    """The day and the groups may be text."""
    day = f"{AS_OF}"
    tables = [
        ask(SHOP, given, as_of=day, by="category").drop("scenario", strict=False)
        for given in (LEVER, [LEVER], Scenario("s", (LEVER,)))
    ]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])
    prepared = (prepare if ask is apply else look_ahead)(SHOP, as_of=day, by="category")
    assert ask(prepared, LEVER).drop("scenario", strict=False).equals(tables[0])


PACKAGES = pl.DataFrame({"order_id": ["1"], "scans": [1], "promised_date": [date(2026, 1, 1)]})
WRONG = {
    "no scenario": lambda: apply(SHOP, 5, as_of=AS_OF),
    "a name of a scenario": lambda: simulate(SHOP, "x", as_of=AS_OF),
    "no tally": lambda: simulate("x", LEVER, as_of=AS_OF),
    "packages without verdicts": lambda: tally(PACKAGES),
    "verdicts and no tally": lambda: rates(classify(PACKAGES), as_of=AS_OF),
    "a number for packages": lambda: classify(5),
    "nothing for a tally": lambda: vtr(None),
    "an unknown key": lambda: tally(classify(PACKAGES), by="catgory"),
    "a tally for an outlook": lambda: recovery_date(SHOP),
    "and again": lambda: first_day(SHOP),
    "a day in words": lambda: chance(outlook(SHOP, as_of=AS_OF), "soon"),
    "no lever": lambda: plan(SHOP, [], as_of=AS_OF),
    "a lever by its name": lambda: plan(SHOP, "labels", as_of=AS_OF),
    "no lever to need": lambda: adoption_needed(SHOP, "labels", as_of=AS_OF),
    "no lever to adopt": lambda: adoption_curve(SHOP, None, as_of=AS_OF),
    "no day": lambda: apply(SHOP, LEVER),
    "a wrong day": lambda: outlook(SHOP, as_of="tomorrow"),
    "a wrong number of days": lambda: outlook(SHOP, as_of=AS_OF, days="60"),
    "an unknown group": lambda: watch(SHOP, as_of=AS_OF, by="catgory"),
    "an unknown keyword": lambda: outlook(SHOP, as_of=AS_OF, lag=3),
    "a target that is none": lambda: simulate(SHOP, LEVER, as_of=AS_OF, targets=9500),
    "a value without a name": lambda: Costs(5),
    "a lever by its place": lambda: Lever("x"),
    "a number that nobody asks for": lambda: Costs(contat=5),
    "a field that no lever has": lambda: Lever(name="x", shar=0.5),
    "a cost in words": lambda: Costs(contact="a"),
    "a range of three": lambda: Costs(contact=(1, 2, 3)),
    "a chance in words": lambda: plan(SHOP, LEVER, as_of=AS_OF, confidence="x"),
    "no chance": lambda: adoption_needed(SHOP, LEVER, as_of=AS_OF, confidence=None),
    "days in words": lambda: vtr(SHOP, days="x"),
    "no days": lambda: vtr(SHOP, days=0),
    "delays that are none": lambda: outlook(SHOP, as_of=AS_OF, delays=5),
    "an outlook without targets": lambda: first_day(outlook(SHOP, as_of=AS_OF).drop("target_bp")),
    "more days than there are": lambda: vtr(SHOP, days=10**30),
    "a table for a day": lambda: watch(SHOP, as_of=PACKAGES),
    "a table for the last day": lambda: vtr(SHOP, last=PACKAGES),
    "a plan without a file": lambda: vtrkit.write_scenario(LEVER, ""),
    "a plan with a NUL in its name": lambda: vtrkit.write_scenario(LEVER, "a\0b"),
    "levers of no day": lambda: vtrkit.ready_made(on="soon"),
    "a condition that is a table": lambda: vtrkit.Target(95, PACKAGES),
    "a marketplace that there is not": lambda: vtrkit.policy_on("XX", AS_OF),
    "no columns": lambda: classify(pl.DataFrame()),
    "scans in words": lambda: classify(PACKAGES.with_columns(scans=pl.lit("a"))),
    "a day of packages in words": lambda: classify(
        PACKAGES.with_columns(promised_date=pl.lit("x"))
    ),
    "days that are numbers": lambda: classify(PACKAGES.with_columns(promised_date=5)),
    "an unknown status": lambda: classify(PACKAGES.with_columns(status=pl.lit("gone"))),
    "scans in a list": lambda: classify(PACKAGES.with_columns(scans=pl.lit([1]))),
    "a question beside a board": lambda: apply(prepare(SHOP, as_of=AS_OF), LEVER, lag_days=3),
}


NOT_MEANT = {
    "mapping": [5, True, ["x"], {3: {"columns": {"order_id": "id"}}}],
    "account": [5, ["x"], {}],
    "marketplace": [5, ["US"], "XX"],
    "origin": [5, {"US": 5}, ["US"], "XX", PACKAGES],
    "seen": [5, "2026-13-45", True, float("nan")],
    "report_from": ["x", 5, []],
    "report_to": ["x", date(2025, 1, 1)],
    "absence": ["no", 5, None, PACKAGES],
    "categories": [5, {}, ["x"]],
    "day_first": ["no", 5],
    "max_rejected_share": [float("nan"), -1, "0.5", 2, True, None, PACKAGES],
    "rules": [5, "own.toml"],
    "progress": [5, "x"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(n, v) for n, values in NOT_MEANT.items() for v in values]
)
def test_what_load_cannot_take_is_refused_by_name(name, value):
    """Before a file is read; a range of days that ends before it begins is none."""
    days = {"report_from": date(2026, 1, 31)} if name == "report_to" else {}
    with pytest.raises(VtrkitError, match=name):
        vtrkit.load("no-such-file.csv", **{**days, name: value})


def test_text_in_a_table_of_packages_is_read_where_it_means_one_thing():
    """A status in capitals, days and numbers as a CSV file has them."""
    texts = {
        "scans": "0",
        "promised_date": "2026-01-01",
        "status": "Cancelled",
        "amazon_label": "True",
    }
    judged = classify(PACKAGES.with_columns(**{n: pl.lit(t) for n, t in texts.items()}))
    assert judged.select("scans", "promised_date", "reason").row(0) == (
        0,
        date(2026, 1, 1),
        "cancelled",
    )
    assert tally(judged, by=[])["packages"].to_list() == [1]


FIRST = {
    name: getattr(vtrkit, name)
    for name in vtrkit.__all__
    if name not in {"charts", "sample", "Costs", "Lever", "VtrkitError"}
}
"""What is public and called with something first; the two values take keywords only."""
REST = {
    "chance": (AS_OF,),
    "change": (),
    "explain": ("1",),
    "known_on": (AS_OF,),
    "policy_on": (AS_OF,),
    "render": ("out",),
    "replace_carrier": ("UPS",),
    "worth": (Costs(claim_rate=0.02),),
    "write_scenario": ("plan.toml",),
} | dict.fromkeys(("adoption_curve", "adoption_needed", "apply", "plan", "simulate"), (LEVER,))


@pytest.mark.parametrize("wrong", [5, b"x", [5], PACKAGES, SHOP], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("name", FIRST)
def test_a_wrong_first_argument_is_refused_in_words_or_used(
    name: str, wrong: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never an error of Polars or of Python; a number is right nowhere."""
    monkeypatch.chdir(tmp_path)
    ask = FIRST[name]
    dated = {"as_of": AS_OF} if "as_of" in inspect.signature(ask).parameters else {}
    if isinstance(wrong, int):
        with pytest.raises(VtrkitError):
            ask(wrong, *REST.get(name, ()), **({} if name == "open" else dated))
        return
    with suppress(VtrkitError):
        ask(wrong, *REST.get(name, ()), **({} if name == "open" else dated))


@pytest.mark.parametrize("guess", WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused_in_words(guess):
    """No error of Polars or of Python reaches the reader."""
    with pytest.raises(VtrkitError) as refused:
        guess()
    assert len(str(refused.value)) > 15


PUBLIC = [n for n in vtrkit.__all__ if inspect.isfunction(getattr(vtrkit, n)) and n != "sample"]


@pytest.mark.parametrize("name", PUBLIC)
def test_an_argument_that_a_function_does_not_take_is_refused_with_those_that_it_takes(name):
    with pytest.raises(VtrkitError, match=r"no_such|missing a required|it takes"):
        getattr(vtrkit, name)(no_such=1)


def test_a_verb_of_a_shop_refuses_what_it_does_not_take():
    shop = vtrkit.open(account="northwind", marketplace="US")
    for name, ask in inspect.getmembers(type(shop), inspect.isfunction):
        if not name.startswith("_") and name not in {"packages", "explore"}:
            with pytest.raises(
                VtrkitError, match=rf"^{name}: got an unexpected|missing a required"
            ):
                ask(shop, no_such=1)
