"""Carriers: every spelling to one id, and what is known of each."""

import re
from datetime import date

import polars as pl
import pytest

from vtrkit import classify, facts
from vtrkit.errors import FactsError
from vtrkit.tracking.carriers import (
    carrier_id,
    carrier_names,
    carriers,
    integrated_lists,
    known_service,
    nearest_carriers,
    not_integrated,
)

LISTED = facts.read("carrier_codes")["codes"]
IN_LISTS = {
    s for table in facts.read("carriers")["integrated"].values() for s in table["spellings"]
}


def ids(names):
    column = pl.DataFrame({"carrier": names}, schema={"carrier": pl.String})
    return column.select(carrier_id().cast(pl.String))["carrier"].to_list()


def test_every_carrier_code_of_amazon_has_one_id():
    """The 377 strings of the enumeration of 2021, and all those of the integrated lists."""
    assert len(LISTED) == 377
    found = dict(zip(LISTED, ids(LISTED), strict=True))
    assert [name for name, key in found.items() if key == "unrecognised"] == []
    assert "unrecognised" not in ids(sorted(IN_LISTS))
    assert len(set(found.values())) > 150


def test_no_spelling_belongs_to_two_carriers():
    """Compared as they are looked up, without case and punctuation."""
    spelled = [(s, key) for key, c in carriers().items() for s in c.spellings]
    assert [key for _, key in spelled] == ids([s for s, _ in spelled])


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["Royal Mail", "ROYAL_MAIL", "RMLGB", " royal-mail "], "royal_mail"),
        (["Australia Post", "AUSSIE_POST", "Australia Post-ArticleId"], "australia_post"),
        (["UK MAIL", "UKMail"], "uk_mail"),
        (["APC Overnight", "APC-Overnight", "APC"], "apc"),
        (["DHL", "DHL Express", "DHL-Paket"], "dhl"),
        (["COLIS PRIVE", "Colis Privé"], "colis_prive"),
        (["Transaragonés", "TransaragonÃ©s"], "transaragones"),
        (["DACHSER", "DASCHER", "DACSHER"], "dachser"),
        (["ヤマト運輸", "YAMATO", "YamatoTransport"], "yamato"),
        (["Evri", "Hermes UK", "Hermes (Corporate)"], "evri"),
        (["Hermes", "Hermes Logistik Gruppe"], "hermes"),
        (["Lasership"], "lasership"),
        (
            ["Other", "Otro", "Andere", "Sonstige", "Interno", "Self Delivery", "Mezzi propri"],
            "other",
        ),
        (["Autre", "Altro", "その他", "其他", "OTHER"], "other"),
        (["UPS Ground", "UPS by ShipStation", "ups_walleted", "UPSDAP"], "ups"),
        (["UPS Mail Innovations Expedited"], "ups_mi"),
        (["Stamps.com", "Endicia", "USPS Ground Advantage", "usps_walleted"], "usps"),
        (["FedExDefault", "FedEx (US account)"], "fedex"),
        (["OnTracV3"], "ontrac"),
        (["Deutsche Post (DE)"], "deutsche_post"),
        (["DhlEcs", "DHL eCommerce Americas"], "dhl_ecommerce"),
        (["Poste Italiane Crono", "Poste Delivery Business"], "poste_italiane"),
        (["La Poste - Colissimo"], "colissimo"),
        (["AusPost", "Australia Post eParcel"], "australia_post"),
        (["ゆうパック"], "japan_post"),
        (["Royal Mail Tracked 24", "Royal Mail - 2nd class, letter"], "royal_mail"),
        (["Evri - Economy, Medium Parcel (0-15kg)"], "evri"),
        (["Pitney Bowes Standard", "PitneyBowes", "Newgistics Parcel Select"], "newgistics"),
        (["Veho Ground Plus"], "veho"),
        (["Canada Post Expedited", "CanadaPost International"], "canada_post"),
        (["GLS Italy", "GLS ES"], "gls"),
        (["RM 48 Medium Parcel"], "royal_mail"),
        (["Target store", "Go home", "Other than UPS", "Upset"], "unrecognised"),
        (["Nobody's Parcels", "", "?", "UP"], "unrecognised"),
    ],
)
def test_spellings(names, key):
    """Traps that the enumeration holds."""
    assert ids(names) == [key] * len(names)


def test_groups_posts_and_partners_name_what_there_is():
    """No reference points nowhere."""
    countries = set(facts.read("formats")["format"]["s10"]["countries"])
    for c in carriers().values():
        assert c.group in carriers(), c.id
        assert set(c.posts) <= countries, c.id
        assert set(c.partners) <= {*carriers(), "s10"}, c.id
    complete = {c.id for c in carriers().values() if c.complete}
    assert complete == {"ups", "ups_mi", "usps"}


def test_a_carrier_is_integrated_where_its_group_is():
    """A marketplace without a list refuses nobody."""
    assert {"yodel", "dtdc", "colissimo"} & set(not_integrated("US")) == {
        "yodel",
        "dtdc",
        "colissimo",
    }
    assert not {"ups", "ups_mi", "lasership", "dhl_ecommerce"} & set(not_integrated("US"))
    assert not {"la_poste", "colissimo", "evri"} & set(not_integrated("UK"))
    assert not_integrated("SE") == ()


def test_nearest_names_are_offered():
    """Best first, none where none is near."""
    assert nearest_carriers("Roayl Mail") == ["Royal Mail"]
    assert nearest_carriers("Fedx")[0] == "FedEx"
    assert nearest_carriers("") == nearest_carriers("Qwertzuiop") == []


def test_names_and_services():
    """Names for people; services that may be keys of a tally."""
    assert carrier_names()["fourpx"] == "4PX"
    assert carrier_names()["unrecognised"] == "unrecognised carrier"
    methods = pl.DataFrame({"ship_method": ["ups ground", "my cousin"]})
    assert methods.select(known_service()).to_series().to_list() == ["UPS Ground", "other"]


def test_a_malformed_carrier_says_where(monkeypatch):
    """An unknown key names the entry."""
    broken = {"carrier": {"x": {"name": "X", "spellings": [], "post": []}}}
    monkeypatch.setattr(facts, "shipped", lambda _name: facts.Document("carriers.toml", broken, {}))
    with pytest.raises(FactsError, match=r"carriers.toml: \[carrier.x\]: unknown key post"):
        carriers.__wrapped__()


def test_carriers_that_sellers_name_today_have_an_id():
    """Each of them was unrecognised, or taken for another firm."""
    assert ids(["UniUni", "Veho", "AxleHire", "SpeedX", "Dragonfly", "An Post", "Ekart"]) == [
        "uniuni", "veho", "jitsu", "speedx", "intelcom", "an_post", "ekart",
    ]  # fmt: skip
    assert ids(["UPS SurePost", "UPS Ground Saver", "Asendia USA", "Evri Premium"]) == [
        "ups_surepost", "ups_surepost", "asendia_usa", "dhl_ecommerce_uk",
    ]  # fmt: skip
    assert ids(["USPS Ground Advantage"]) == ["usps"]


@pytest.mark.parametrize("carrier", ["Ekart", "Cainiao", "UniUni"])
def test_a_list_that_cannot_name_a_carrier_makes_no_defect_of_it(carrier):
    """Ekart is one of India's largest and in no list of Amazon's: its absence says nothing."""
    packages = pl.DataFrame(
        {"order_id": ["1"], "marketplace": ["IN"], "carrier": [carrier], "scans": [2],
         "ship_date": [date(2026, 1, 5)]}
    )  # fmt: skip
    assert classify(packages)["reason"].to_list() == ["valid"]


def test_the_union_of_two_lists_is_integrated_in_india():
    """A newer page has ePost Global and Digital Delivery, an older one Gojavas."""
    named = {"epost_global", "digital_delivery", "gojavas"}
    assert named <= set(carriers())
    assert named.isdisjoint(not_integrated("IN"))


def test_merged_firms_scan_for_each_other():
    """Yodel is InPost's since April 2025, DHL eCommerce UK Evri's since 2025, TNT FedEx's."""
    groups = {key: c.group for key, c in carriers().items()}
    assert groups["yodel"] == groups["inpost"]
    assert groups["dhl_ecommerce_uk"] == groups["evri"]
    assert {groups[key] for key in ("tnt", "tnt_it", "tnt_kargo")} == {groups["fedex"]}


def test_each_list_says_when_it_was_seen_and_read():
    for listed in integrated_lists().values():
        assert re.fullmatch(r"20\d\d-\d\d", listed.seen)
        assert listed.source
        assert str(listed.checked) > listed.seen
