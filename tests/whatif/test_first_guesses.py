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
    "a question beside a board": lambda: apply(prepare(SHOP, as_of=AS_OF), LEVER, lag_days=3),
}


FIRST = {
    name: getattr(vtrkit, name)
    for name in vtrkit.__all__
    if name not in {"charts", "sample", "Costs", "Lever"}
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
