"""The table of number formats: its own examples, the public specifications, and its faults."""

import random
import re
from copy import deepcopy
from dataclasses import replace

import polars as pl
import pytest
from stdnum import luhn
from stdnum.iso7064 import mod_37_36

from tests import number_oracle as oracle
from tests.numbers import drawn, mutated
from vtrkit import facts
from vtrkit.errors import FactsError
from vtrkit.schema import Grade
from vtrkit.tracking import formats as table
from vtrkit.tracking.carriers import carriers
from vtrkit.tracking.codes import Code, Shapes
from vtrkit.tracking.formats import Format, compiled, formats, loose, shapes, texts
from vtrkit.tracking.matcher import Matcher

OURS = {
    "amazon_logistics": "amazon_tba",
    "canpar_22": "canpar",
    "dhl_express_piece_id": "dhl_piece",
    "dpd": "dpd_28",
    "dpd_14": "dpd_15",
    "fedex_astra_32": "fedex_astra",
    "fedex_ground_sscc_18": "fedex_sscc_18",
    "fedex_ground_gsn": "fedex_gsn",
    "landmark_global": "landmark_ltn",
    "lasership_2": "lasership_1ls7",
    "old_dominion_0": "old_dominion",
    "old_dominion_1": "old_dominion",
    "ontrac_d": "ontrac_c",
    "purolator_numeric": "purolator",
    "purolator_alpha": "purolator_letters",
    "ups": "ups_1z",
    "ups_1": "ups_waybill",
    "usps_impb_n": "usps_impb",
    "usps_impb_c": "usps_impb",
    "yunexpress": "yun_express",
}
"""Our format for each specification that has another name."""


def proven(shape_table, numbers):
    """For each number, the ids of the formats that it fits with a right check digit."""
    codes = Matcher(shape_table).codes(pl.Series(numbers, dtype=pl.String))
    return [
        {x.name for x, right in shape_table[Code(c).length].meaning(Code(c)) if right}
        if Code(c).length
        else set()
        for c in codes
    ]


def fits(f, numbers):
    """Whether each number is one of a single format, taken alone."""
    layouts = list(compiled(f))
    alone = {n: Shapes(n, layouts) for n in {len(x.allowed) for x in layouts}}
    expression = f.regex and re.compile(f.regex)
    by_expression = [bool(expression and expression.match(n)) for n in numbers]
    return [bool(a) or b for a, b in zip(proven(alone, numbers), by_expression, strict=True)]


@pytest.mark.parametrize("f", [pytest.param(f, id=f.id) for f in formats().values()])
def test_an_example_of_a_format_is_what_it_says(f):
    """Each entry's own valid and invalid numbers; a country unknown is looked at by the verdict."""
    numbers = [*f.valid, *f.invalid]
    known = [not f.countries or number[-2:] in f.countries for number in numbers]
    fit = [a and b for a, b in zip(fits(f, numbers), known, strict=True)]
    assert fit == [True] * len(f.valid) + [False] * len(f.invalid)


def test_every_format_has_examples_a_source_and_known_carriers():
    """No entry stands on nothing."""
    for f in formats().values():
        assert f.valid, f.id
        assert f.invalid, f.id
        assert f.source, f.id
        assert set(f.carriers) <= {*carriers(), "s10", "sscc"}, f.id


@pytest.mark.parametrize("text", [pytest.param(t, id=t.id) for t in texts()])
def test_a_text_rule_fits_its_examples(text):
    """And no rule before it takes them."""
    for example in text.examples:
        stripped = pl.Series([example]).str.strip_chars(" \u00a0\u200b")
        first = next(t for t in texts() if stripped.str.contains(f"(?i){t.regex}").item())
        assert first == text, example


def test_each_text_rule_takes_its_number_from_the_first_group():
    """What is looked at further is the first group, so there is no other."""
    for text in texts():
        groups = pl.Series([""]).str.extract_groups(f"{text.regex}|()").struct.fields
        assert len(groups) - 1 == text.regex.count("?P<number>"), text.id


def test_the_notes_of_a_code_have_room_for_every_text_rule():
    """Five bits, 0 for none."""
    assert len(texts()) < 32
    assert len(loose()) < 34


def test_the_oracle_agrees_with_the_specifications():
    """The plain reading of the specifications answers all their own test numbers."""
    for key, courier, number, valid in oracle.sample_numbers():
        assert courier
        assert oracle.is_valid(key, number) == valid, (key, number)


def differs_by_intent(key, number):
    """Where our table leaves the specification, with the reason."""
    return (
        # Ours also knows the 17 characters that are left when the hyphen is stripped.
        (key in {"lasership_2", "lasership_1ls7"} and number.startswith("1LS7"))
        # Both read a 20-digit number that begins with 91 differently; none was ever issued.
        or (key == "usps_legacy" and len(number) in {20, 28, 32} and "91" in number[:14])
        # 00 is the shipping container of GS1, no service of USPS.
        or (key in {"usps_20", "usps_legacy"} and number.startswith("00"))
        # A country that their list lacks, or that is none, which the verdict looks at here.
        or (key == "s10" and number[-2:] not in THEIR_COUNTRIES)
        # Two specifications are one format here.
        or (OURS.get(key, key) in SHARED)
    )


THEIR_COUNTRIES = {
    entry["matches"]
    for lookup in oracle.specs()["s10"]["additional"]
    for entry in lookup["lookup"]
    if lookup["name"] == "Courier"
}
SHARED = {"old_dominion", "ontrac_c", "usps_impb"}


def test_the_table_and_the_specifications_agree_on_mutated_numbers():
    """20,000 changed test numbers, each judged by every specification that has an own format."""
    dice = random.Random(5)
    seeds = [re.sub(r"\s", "", n) for _, _, n, _ in oracle.sample_numbers()]
    numbers = [mutated(dice.choice(seeds), dice) for _ in range(20_000)] + seeds
    ours = proven(shapes(), numbers)
    for key in oracle.specs():
        own = {OURS.get(key, key), "usps_legacy_20" if key == "usps_legacy" else ""}
        if own & {f.id for f in loose()}:
            continue
        for number, names in zip(numbers, ours, strict=True):
            if bool(own & names) != oracle.is_valid(key, number):
                assert differs_by_intent(key, number), (key, number, names)


def test_the_formats_that_join_specifications_agree_with_them():
    """What any of the joined ones accepts, and nothing else."""
    dice = random.Random(6)
    joined = {own: [k for k, v in OURS.items() if v == own] for own in SHARED}
    joined["ontrac_c"].append("ontrac_c")
    for own, keys in joined.items():
        numbers = [drawn(own, dice) for _ in range(1500)]
        numbers += [mutated(n, dice) for n in numbers]
        for number, names in zip(numbers, proven(shapes(), numbers), strict=True):
            if len(number) == 34 and number[8] == number[12] == "9":
                continue  # A ZIP of five digits or of nine: we accept what is right in either way.
            if number[:2] in {"C4", "D5"}:
                own_or_not = {own, "ontrac_uncounted"}  # Ours takes both readings of the letter.
                assert own_or_not & names or not any(oracle.is_valid(k, number) for k in keys)
                continue
            assert (own in names) == any(oracle.is_valid(k, number) for k in keys), number


def test_drawn_numbers_are_numbers_of_their_format():
    """The check digits worked out by hand are those that the tables ask for."""
    dice = random.Random(7)
    for key, f in formats().items():
        if f.layouts:
            numbers = [drawn(key, dice) for _ in range(200)]
            assert all(key in names for names in proven(shapes(), numbers)), key


def test_luhn_and_iso_7064_agree_with_python_stdnum():
    """A second opinion on the two schemes that it knows."""
    dice = random.Random(8)
    numbers = [drawn("purolator", dice) for _ in range(300)]
    numbers += [mutated(n, dice) for n in numbers]
    for number, names in zip(numbers, proven(shapes(), numbers), strict=True):
        if re.fullmatch("[0-5][0-9]{11}", number):
            assert ("purolator" in names) == luhn.is_valid(number)
    numbers = [drawn(key, dice) for key in ("dpd_28", "dpd_15") for _ in range(300)]
    numbers += [mutated(n, dice) for n in numbers]
    for number, names in zip(numbers, proven(shapes(), numbers), strict=True):
        if re.fullmatch("[0-9]{27}[0-9A-Z]|[0-9]{14}[0-9A-Z]", number):
            assert bool({"dpd_28", "dpd_15"} & names) == mod_37_36.is_valid(number)


def test_the_missing_countries_are_there():
    """All 249 codes of ISO 3166-1, with the 58 that the specification lacks."""
    known = set(formats()["s10"].countries)
    assert len(known) == len(formats()["s10"].countries) == 249
    assert len(known - THEIR_COUNTRIES) == 58
    assert {"TW", "MO", "PR", "GU", "GG", "JE", "IM", "FO", "RE", "BM"} <= known


def test_what_one_in_ten_random_numbers_would_fit_is_weak():
    """Digits of a common length are weak unless a check digit of tier C stands behind them."""
    grades = {key: f.grade for key, f in formats().items()}
    assert grades["dhl_express"] == grades["dhl_ecommerce_14"] == Grade.WEAK
    assert grades["fedex_12"] == grades["ups_1z"] == Grade.CHECK_OK
    assert grades["ups_mi_18"] == grades["royal_mail_hex"] == grades["amazon_tba"] == "format_ok"


# ------------------------------------------------------------------------------------ mutants


def holds(f):
    """Whether the examples of an entry come out right."""
    known = [not f.countries or n[-2:] in f.countries for n in f.invalid]
    refused = [not fit or not k for fit, k in zip(fits(f, list(f.invalid)), known, strict=True)]
    return all(fits(f, list(f.valid))) and all(refused)


def with_checks(monkeypatch, checks):
    changed = {**facts.read("formats"), "check": checks}
    monkeypatch.setattr(facts, "read", lambda _name: changed)
    for cached in (table._check, table.compiled):
        cached.cache_clear()


@pytest.fixture
def forget():
    """Nothing of a broken table stays behind."""
    yield
    for cached in (table._check, table.compiled):
        cached.cache_clear()


CHECKS = facts.read("formats")["check"]
BROKEN_CHECKS = [
    *((k, "weights", i) for k, c in CHECKS.items() for i in range(len(c.get("weights", ())))),
    *((k, "digits", 0) for k, c in CHECKS.items() if "digits" in c),
    *((k, "fold", 0) for k, c in CHECKS.items() if "fold" in c),
]


@pytest.mark.usefixtures("forget")
@pytest.mark.parametrize(("key", "part", "at"), BROKEN_CHECKS)
def test_a_broken_check_breaks_an_example(monkeypatch, key, part, at):
    """A wrong weight, modulus or digit of a check does not go unseen."""
    checks = deepcopy(CHECKS)
    if part == "weights":
        checks[key][part][at] += 1
    elif part == "digits":
        checks[key][part] = checks[key][part][:-1]
    else:
        checks[key][part] = False
    with_checks(monkeypatch, checks)
    users = [f for f in formats().values() if f.check == key]
    assert not all(holds(f) for f in users)


def broken_prefixes():
    """Each literal in front of a layout replaced by another one."""
    for f in formats().values():
        for i, layout in enumerate(f.layouts):
            if found := re.search(r"[0-9A-Z](?![^\[]*\])(?![^{]*\})", layout):
                other = "7" if found[0] != "7" else "6"
                changed = layout[: found.start()] + other + layout[found.end() :]
                yield pytest.param(f, i, changed, id=f"{f.id}-{i}")


@pytest.mark.parametrize(("f", "at", "changed"), list(broken_prefixes()))
def test_a_broken_prefix_breaks_an_example_or_a_specification(f, at, changed):
    """A wrong literal in a layout refuses numbers that it should take."""
    dice = random.Random(9)
    broken = replace(f, layouts=(*f.layouts[:at], changed, *f.layouts[at + 1 :]))
    numbers = [*f.valid, *(drawn(f.id, dice) for _ in range(200))]
    assert not all(fits(broken, numbers))


@pytest.mark.usefixtures("forget")
@pytest.mark.parametrize("f", [pytest.param(f, id=f.id) for f in formats().values() if f.before])
def test_a_broken_number_in_front_breaks_an_example(f):
    """The 91 and 92 that USPS and FedEx count without printing them."""
    assert not holds(replace(f, before="93"))


# ------------------------------------------------------------------------------------- faults

GOOD = {"name": "N", "carriers": ["ups"], "tier": "A", "layouts": ["1Z d"], "source": ["s"]}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"layout": ["d"]}, r"unknown key layout \(did you mean layouts\?\)"),
        ({"tier": "F"}, "tier must be one of A, B, C, D, E, not 'F'"),
        ({"layouts": [1]}, r"layouts must be text or a list of texts, not \[1\]"),
        ({"valid": 5}, "valid must be text or a list of texts, not 5"),
        ({"check": "gs2"}, r"unknown check gs2 \(did you mean gs1\?\)"),
        ({"check": "gs1"}, "a check needs"),
        ({"layouts": ["d?"]}, r"\? in d\? is no layout"),
    ],
)
def test_a_malformed_entry_says_where_and_what(monkeypatch, entry, said):
    """A mistake in the table names the file, the entry and the fault."""
    broken = {"check": CHECKS, "format": {"bad": {**GOOD, **entry}}}
    monkeypatch.setattr(facts, "shipped", lambda _name: facts.Document("formats.toml", broken, {}))
    with pytest.raises(FactsError, match=rf"formats.toml: \[format.bad\]: .*{said}"):
        formats.__wrapped__()


def test_an_entry_without_a_name_is_refused(monkeypatch):
    """What is missing is named."""
    broken = {"check": {}, "format": {"bad": {"tier": "A"}}}
    monkeypatch.setattr(facts, "shipped", lambda _name: facts.Document("formats.toml", broken, {}))
    with pytest.raises(FactsError, match=r"\[format.bad\]: .*missing .*name"):
        formats.__wrapped__()


def test_counts_in_a_layout_are_spelled_out():
    """A range of counts is one layout each."""
    f = Format(id="x", name="x", carriers=(), tier="D", source=(), layouts=("A d{1,2} [B-D]{2}",))
    assert [x.allowed for x in compiled(f)] == [
        ("A", "0123456789", "BCD", "BCD"),
        ("A", "0123456789", "0123456789", "BCD", "BCD"),
    ]
