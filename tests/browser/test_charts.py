"""Every chart in Debian's Chromium: nothing cut or covered; the what-if without a kernel."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import Browser, Page

from tests import made, tables
from tests.charts.test_why import NAMES, drawn
from tests.paths import ROOT
from vtrkit import charts
from vtrkit.charts import theme
from vtrkit.shipped import vega

pytestmark = pytest.mark.browser

PICTURES = ROOT / ".ci" / "output"
DRAW = """
for (const figure of document.querySelectorAll("figure")) {
  const spec = JSON.parse(figure.querySelector("script").textContent);
  delete spec.$schema;
  vegaEmbed(figure.appendChild(document.createElement("div")), spec,
      {mode: "vega-lite", renderer: "svg", actions: false})
    .then(() => { figure.dataset.drawn = "yes"; })
    .catch((error) => { figure.dataset.drawn = "no"; console.error(error); });
}
"""
TEXTS = """figure => {
  const whole = figure.querySelector("svg").getBoundingClientRect();
  return [...figure.querySelectorAll("svg text")]
    .filter(t => t.textContent.trim() && !t.getAttribute("transform").includes("rotate")
                 && t.getAttribute("opacity") !== "0")
    .map(t => [t, t.getBoundingClientRect()])
    .map(([t, b]) => ({text: t.textContent, left: b.left - whole.left, top: b.top - whole.top,
                       right: b.right - whole.left, bottom: b.bottom - whole.top,
                       width: whole.width, height: whole.height}));
}"""


def gallery() -> dict[str, Any]:
    """Each chart on usual tables."""
    reasons = [("no_scan", 60), ("missing_number", 22), ("wrong_carrier", 3)]
    by_reason = pl.DataFrame(
        [
            {"category": c, "carrier_id": k, "reason": r, "packages": n + i}
            for i, (c, k) in enumerate([("Shoes", "ups"), ("Books", "usps"), ("Toys", "dhl")])
            for r, n in reasons
        ]
    )
    stops = pl.concat([tables.stops("Shoes"), tables.stops("Books", bad=16, unknown=6)])
    return {
        "outlook": charts.outlook(tables.outlook("Shoes")),
        "outlooks": charts.outlook(tables.outlook("Shoes", "Books", "Toys")),
        "roll_off": charts.roll_off(tables.leaving([2, 0, 5, 1] * 8)),
        "what_if": charts.what_if(stops),
        "scan_rates": charts.scan_rates(
            tables.carriers(("ups", 200, 190), ("usps", 90, 80), ("dhl", 12, 3))
        ),
        "reasons_over_time": charts.reasons_over_time(tables.cells(days=120)),
        "pareto": charts.pareto(by_reason),
        "nothing": charts.reasons_over_time(tables.cells().clear()),
    }


def opened(browser: Browser, tmp_path: Path, specs: dict[str, Any], ground: str) -> Page:
    """The charts on a page of some ground, drawn with no network and no word of complaint."""
    escaped = {n: json.dumps(c.to_dict()).replace("<", "\\u003c") for n, c in specs.items()}
    figures = "".join(
        f'<figure id="{n}"><script type="application/json">{spec}</script></figure>'
        for n, spec in escaped.items()
    )
    ink = "#eeeeee" if ground == "dark" else "#1a1a1a"
    paper = "#111111" if ground == "dark" else "#ffffff"
    file = tmp_path / f"{ground}.html"
    bundle = vega().decode()
    file.write_text(
        f'<meta charset="utf-8"><body style="background:{paper};color:{ink};width:936px">'
        f"{figures}<script>{bundle}</script><script>{DRAW}</script>",
        "utf-8",
    )
    page = browser.new_context(offline=True, viewport={"width": 1000, "height": 900}).new_page()
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text))
    page.on("pageerror", lambda e: said.append(str(e)))
    page.on("dialog", lambda d: (said.append(d.message), d.dismiss()))
    page.on("request", lambda r: said.append(r.url) if not r.url.startswith("file:") else None)
    page.goto(file.as_uri())
    page.wait_for_function("[...document.querySelectorAll('figure')].every(f => f.dataset.drawn)")
    assert said == []
    return page


def covered(texts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pairs of texts that lie upon each other by more than two pixels."""
    return [
        (one["text"], other["text"])
        for i, one in enumerate(texts)
        for other in texts[i + 1 :]
        if one["text"] != other["text"]
        and min(one["right"], other["right"]) - max(one["left"], other["left"]) > 2
        and min(one["bottom"], other["bottom"]) - max(one["top"], other["top"]) > 4
    ]


def cut(texts: list[dict[str, Any]]) -> list[str]:
    """Texts that reach beyond the picture."""
    return [
        t["text"]
        for t in texts
        if t["left"] < -1 or t["top"] < -1 or t["right"] > t["width"] + 1
        or t["bottom"] > t["height"] + 1
    ]  # fmt: skip


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_no_text_of_a_usual_chart_is_cut_or_covered(
    browser: Browser, tmp_path: Path, ground: str
) -> None:
    page = opened(browser, tmp_path, gallery(), ground)
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"charts-{ground}.png", full_page=True)
    for figure in page.query_selector_all("figure"):
        name, texts = figure.get_attribute("id"), figure.evaluate(TEXTS)
        assert texts, name
        assert cut(texts) == [], name
        assert covered(texts) == [], name
        assert texts[0]["width"] <= 936, name


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_a_chart_has_its_own_white_card_on_any_ground(
    browser: Browser, tmp_path: Path, ground: str
) -> None:
    page = opened(browser, tmp_path, {"one": gallery()["what_if"]}, ground)
    card = page.eval_on_selector(
        "#one svg", "s => s.style.backgroundColor || s.querySelector('rect').getAttribute('fill')"
    )
    assert card in (theme.CARD, "white", "rgb(255, 255, 255)")


def test_odd_names_are_text_and_stay_in_the_picture(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, drawn(*NAMES), "light")
    assert page.query_selector_all("figure img, figure b, #evil, svg script") == []
    for figure in page.query_selector_all("figure"):
        texts = figure.evaluate(TEXTS)
        assert cut(texts) == covered(texts) == [], figure.get_attribute("id")


def test_every_stop_of_the_slider_shows_what_python_computed(
    browser: Browser, tmp_path: Path
) -> None:
    table = pl.concat(
        tables.stops(name, counted=counted, bad=counted // 6, unknown=4, every=5)
        for name, counted in (("Shoes", 20_007), ("Books", 1_234), ("Toys", 90))
    )
    chart = charts.what_if(table)
    page = opened(browser, tmp_path, {"one": chart}, "light")
    told = [r for r in made.values(chart.to_dict()) if "said" in r]
    slider = page.get_by_role("slider")
    for stop in range(0, 101, 5):
        slider.fill(str(stop))
        expected = sorted(r["said"] for r in told if r["share"] == stop)
        shown = page.eval_on_selector_all("#one svg text", "e => e.map(t => t.textContent)")
        assert sorted(t for t in shown if "packages ship differently" in t) == expected, stop
        assert cut(page.eval_on_selector("#one", TEXTS)) == [], stop
