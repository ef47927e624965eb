"""How charts look: colours that everyone can tell apart, names that fit, one way to be drawn."""

import itertools
import json
import math
import re
import struct
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest

from vtrkit.charts import naming, theme
from vtrkit.schema import Status
from vtrkit.shipped import DRAWN
from vtrkit.words import ON_LIGHT, STATUS_COLOURS, STATUS_SIGNS

# colours ----------------------------------------------------------------------------------------

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear sRGB:
# https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/CVD_Simulation.html
SEEN_BY = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
_XYZ = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
_WHITE = (0.95047, 1.0, 1.08883)
Three = tuple[float, float, float]


def times(matrix: Any, vector: Any) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def linear(colour: str) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def lab(colour: str, eyes: str) -> Three:
    """CIE L*a*b* of a colour as some eyes see it."""
    seen = [min(1.0, max(0.0, c)) for c in times(SEEN_BY[eyes], linear(colour))]
    x, y, z = (
        t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116
        for t in (v / w for v, w in zip(times(_XYZ, seen), _WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one: Three, other: Three) -> float:
    """The colour difference of CIE (2000); Sharma, Wu and Dalal (2005)."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 1.5 - math.sqrt(mean**7 / (mean**7 + 25**7)) / 2
    c1, c2 = math.hypot(a1 * g, b1), math.hypot(a2 * g, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1 * g)) % 360, math.degrees(math.atan2(b2, a2 * g)) % 360
    grey = c1 * c2 == 0
    turn = 0.0 if grey else (h2 - h1 + 180) % 360 - 180
    hue = h1 + h2 if grey else (h1 + turn / 2) % 360
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    t = 1 - 0.17 * cos(hue - 30) + 0.24 * cos(2 * hue) + 0.32 * cos(3 * hue + 6)
    t -= 0.2 * cos(4 * hue - 63)
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2)) / (1 + 0.015 * chroma * t)
    bend = math.radians(60 * math.exp(-(((hue - 275) / 25) ** 2)))
    twist = -2 * math.sqrt(chroma**7 / (chroma**7 + 25**7)) * math.sin(bend)
    return math.sqrt(dl**2 + dc**2 + dh**2 + twist * dc * dh)


def cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


def contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2."""
    dark, light = sorted(times(_XYZ[1:2], linear(colour))[0] for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_colour_difference_is_the_published_one(one: Three, other: Three, apart: float) -> None:
    """Pairs of the data that Sharma, Wu and Dalal (2005) give for checking."""
    assert ciede2000(one, other) == pytest.approx(apart, abs=1e-4)


MEANINGS = {**STATUS_COLOURS, **{f"line {i}": c for i, c in enumerate(theme.SERIES)}}


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_any_two_meanings_can_be_told_apart(eyes: str) -> None:
    """Delta E of at least 15 between them, also where red, green or blue is not seen."""
    seen = {name: lab(colour, eyes) for name, colour in MEANINGS.items()}
    for one, other in itertools.combinations(seen, 2):
        assert ciede2000(seen[one], seen[other]) >= 15, (one, other)


@pytest.mark.parametrize("ink", [theme.INK, theme.SOFT, theme.RULE])
def test_text_stands_out_from_the_card(ink: str) -> None:
    assert contrast(ink, theme.CARD) >= 4.5


def test_lines_stand_out_from_the_card() -> None:
    """3 to 1 is what WCAG asks of graphics."""
    assert all(contrast(colour, theme.CARD) >= 3 for colour in theme.SERIES)


@pytest.mark.parametrize("status", Status)
def test_text_stands_out_from_the_colour_of_its_status(status: Status) -> None:
    ink = theme.INK if status in ON_LIGHT else theme.CARD
    assert contrast(ink, STATUS_COLOURS[status]) >= 4.5


def test_text_stands_out_from_every_shade() -> None:
    """White on the darker ones, black on the others; between those given, colours are mixed."""
    stops = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in theme.SHADES]
    for permille in range(1001):
        left = min(permille // 250, 3)
        share = permille / 250 - left
        mixed = [
            round(a + (b - a) * share) for a, b in zip(stops[left], stops[left + 1], strict=True)
        ]
        ink = theme.CARD if permille > 1000 * theme.LIGHT_FROM else theme.BLACK
        assert contrast("#{:02x}{:02x}{:02x}".format(*mixed), ink) >= 4.5, permille


def test_every_colour_stands_in_the_theme() -> None:
    """So that no chart has a colour of its own that nobody has checked."""
    for path in Path(theme.__file__).parent.rglob("*.py"):
        if path.stem != "theme":
            assert not re.search("#[0-9a-fA-F]{3,6}\\b", path.read_text("utf-8")), path.name


def test_nothing_is_said_by_colour_alone() -> None:
    """Each status has its sign, each line its dash."""
    assert set(STATUS_COLOURS) == set(STATUS_SIGNS) == set(Status)
    assert len(set(STATUS_SIGNS.values())) == len(Status)
    dashes = {tuple(d) for d in theme.DASHES}
    assert len(dashes) == len(theme.DASHES) == len(theme.SERIES)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 2, [0, 1, 2]), (-1.5, 1.2, [-2, -1, 0, 1, 2]), (3, 4, [0, 1, 2, 3, 4]), (0, 900, None)],
)
def test_a_short_axis_of_counts_has_each_whole_number_once(
    low: float, high: float, ticks: list[int] | None
) -> None:
    assert theme.count_axis(low, high).to_dict().get("values") == ticks


# handing over -----------------------------------------------------------------------------------


def test_a_chart_brings_its_own_card() -> None:
    """So that it reads alike in JupyterLab's light and dark themes and in a page."""
    config = alt.theme.get()()["config"]
    assert config["background"] == theme.CARD
    assert config["title"]["color"] == config["axis"]["labelColor"] == theme.INK


def test_no_specification_holds_what_is_no_json() -> None:
    """Days without packages have no rate; NaN would end the page's script."""
    table = pl.DataFrame({"y": [math.nan, -math.inf, 1.5]})
    for rows in (table, table.to_dicts()):
        spec = alt.Chart(theme.Rows(rows)).mark_point().to_dict()
        text = json.dumps(spec["datasets"], allow_nan=False)
        assert '[{"y": null}, {"y": null}, {"y": 1.5}]' in text


def test_rows_are_neither_copied_nor_looked_into_while_a_chart_is_made() -> None:
    rows = theme.Rows([{"x": 1}])
    chart = alt.Chart(rows).mark_point().encode(alt.X("x:Q")).properties(width=30)
    assert chart.data is rows
    assert chart.copy().data is rows
    assert chart.to_dict()["data"] == {"name": rows.name}
    assert chart.to_dict()["datasets"][rows.name] is rows.rows


def test_charts_can_be_put_together_with_each_other_and_with_those_of_others() -> None:
    """Rows are named by what they hold: equal ones stand once, others beside them."""
    one, same, other = ([{"x": 1}], [{"x": 1}], [{"x": 2}])
    charts = [
        alt.Chart(theme.Rows(r)).mark_point().encode(alt.X("x:Q")) for r in (one, same, other)
    ]
    foreign = alt.Chart(pl.DataFrame({"x": [3]})).mark_point().encode(alt.X("x:Q"))
    spec = alt.hconcat(*charts, foreign).to_dict()
    assert sorted(rows[0]["x"] for rows in spec["datasets"].values()) == [1, 2, 3]


def test_the_renderer_gives_jupyterlab_its_type_and_everyone_the_words() -> None:
    spec = theme.nothing("Rates", "no package").to_dict()
    data, metadata = theme._renderer(spec)
    assert data["text/plain"] == "Rates: no package"
    assert data[theme.MIME]["$schema"].endswith("/vega-lite/v5.json")
    assert metadata[theme.MIME]["embed_options"] == {"renderer": "svg", "actions": False}
    assert alt.renderers.active == "vtrkit"


def test_a_copy_that_draws_nothing_has_a_picture_and_a_page_that_draws_pays_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On paper as wide as its metadata says, with the words as what a screen reader reads."""
    spec = theme.nothing("Rates", "no package").to_dict()
    data, metadata = theme._renderer(spec)
    (pixels,) = struct.unpack(">I", data["image/png"][16:20])
    assert data["image/png"].startswith(b"\x89PNG")
    assert pixels == 2 * metadata["image/png"]["width"] > 1000
    assert metadata["image/png"]["alt"] == data["text/plain"]
    monkeypatch.setenv(DRAWN, "by the page")
    assert "image/png" not in theme._renderer(spec)[0]


# names ------------------------------------------------------------------------------------------


def test_long_names_are_cut_and_stay_apart() -> None:
    names = ["x" * 200, "x" * 100 + "y" + "x" * 99, "x" * 199 + "y", "short"]
    told = naming.short(names)
    assert told["short"] == "short"
    assert len(set(told.values())) == 4
    assert max(map(len, told.values())) <= 52


def test_names_that_run_from_right_to_left_do_not_reorder_what_stands_beside_them() -> None:
    assert naming.short(["נעליים"]) == {"נעליים": "\u2068נעליים\u2069"}
    assert naming.short(["🧦 socks"]) == {"🧦 socks": "🧦 socks"}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"account": ["a", "a"], "category": ["B", "C"], "days": [30, 30]}, ["B", "C"]),
        ({"account": ["a", "a"], "category": ["B", "B"], "days": [7, 30]}, ["7 days", "30 days"]),
        ({"account": ["a", "b"], "category": ["B", "C"]}, ["a · B", "b · C"]),
        ({"account": ["a"], "marketplace": ["(unnamed)"], "category": ["B"]}, ["a · B"]),
        ({"packages": [1, 2]}, ["everything", "everything"]),
    ],
)
def test_groups_are_named_by_what_tells_them_apart(columns: Any, said: list[str]) -> None:
    table = pl.DataFrame(columns)
    assert table.with_columns(name=naming.series_name(table))["name"].to_list() == said
