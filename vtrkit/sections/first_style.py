"""The colours of a page, light and dark, and how its first screen is laid out."""

COLOURS = {
    "ground": ("#FFFFFF", "#12161B"),
    "pale": ("#F6F7F9", "#1A2027"),
    "ink": ("#16191D", "#E8EBEF"),
    "soft": ("#59616C", "#A3ADB9"),
    "lines": ("#E2E5EA", "#2B333D"),
    "strokes": ("#C3C9D1", "#4A5563"),
    "accent": ("#1F5FBF", "#7DB2FF"),
    "tint": ("#E9F0FB", "#1C2A3F"),
    "target": ("#6A1B9A", "#CE93D8"),
    "below": ("#B3261E", "#FF8A7A"),
    "risk": ("#C77700", "#F2B544"),
    "risk-text": ("#8F5200", "#F2B544"),
    "fine": ("#0B7A66", "#45C9AC"),
    "untold": ("#343C47", "#D5DBE2"),
    "quiet": ("#59616C", "#A3ADB9"),
    "edge": ("#767676", "#8F8F8F"),
}
"""Each colour in a light and in a dark surrounding; words in it can be read on the ground."""


def _variables(place: int) -> str:
    return "".join(f"--vtr-{name}:{both[place]};" for name, both in COLOURS.items())


VARIABLES = (
    f":root{{color-scheme:light dark;{_variables(0)}}}"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(1)}}}}}"
)
"""The colours as variables; paper is always light."""

_GROUNDS = {
    "ground": "var(--jp-layout-color0,{})",
    "ink": "var(--jp-content-font-color1,{})",
}
"""Colours that JupyterLab has, whatever its theme; the others keep their distance from both."""


def themed(*classes: str, pictures: str) -> str:
    """The colours in a notebook: those of JupyterLab's theme, elsewhere those of the screen.

    Pictures are drawn on white and turned where it is dark; their hues stay.
    """
    which = f":is({','.join(classes)})"
    light, dark = (
        f"color-scheme:{scheme};"
        + _variables(place)
        + "".join(f"--vtr-{n}:{of.format(COLOURS[n][place])};" for n, of in _GROUNDS.items())
        for place, scheme in enumerate(("light", "dark"))
    )
    return (
        f"{which}{{{light}}}@media screen and (prefers-color-scheme:dark){{{which}{{{dark}}}}}"
        f"[data-jp-theme-light=true] {which}{{{light}}}"
        f"@media screen{{[data-jp-theme-light=false] {which}{{{dark}}}"
        f"[data-jp-theme-light=false] {pictures}{{filter:invert(.93) hue-rotate(180deg)}}}}"
    )


STYLE = """
.vtr-first{background:var(--vtr-ground);color:var(--vtr-ink);font:15px/24px system-ui,
-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;max-width:1120px;
margin:0 auto;overflow-wrap:anywhere}
.vtr-first p,.vtr-first h1,.vtr-first h2,.vtr-first h3,.vtr-first ol,.vtr-first figure{margin:0;
padding:0;border:0}
.vtr-first header{display:flex;gap:8px 16px;justify-content:space-between;align-items:baseline;
font-size:14px;line-height:21px;padding:11px 0 12px;border-bottom:1px solid var(--vtr-lines);
color:var(--vtr-soft)}
.vtr-first header b{color:var(--vtr-ink);font-weight:600;margin-right:6px}
.vtr-first header time{white-space:nowrap}
.vtr-first .q{font-size:14px;line-height:21px;font-weight:600;color:var(--vtr-soft)}
.vtr-first .danger{padding:18px 0 14px}
.vtr-first h1{font-size:32px;line-height:40px;font-weight:700;letter-spacing:-.01em;
text-wrap:balance;display:flex;
gap:12px;align-items:flex-start;color:inherit}
.vtr-first h1 svg{flex:none;width:30px;height:30px;margin-top:5px}
.vtr-first .lead{font-size:17px;line-height:26px;margin-top:6px}
.vtr-first .grid{display:grid;column-gap:32px;grid-template-columns:minmax(0,388px) minmax(0,1fr);
grid-template-areas:"when line" "gauge line" "why do"}
.vtr-first .grid>div{min-width:0}
.vtr-first .when{grid-area:when;border-top:1px solid var(--vtr-lines);padding:12px 0 10px}
.vtr-first .line{grid-area:line;border-top:1px solid var(--vtr-lines);padding-top:12px}
.vtr-first .gauge{grid-area:gauge;padding-bottom:12px;font-size:14px;line-height:21px;
align-self:end}
.vtr-first .why{grid-area:why;border-top:1px solid var(--vtr-lines);padding:12px 0}
.vtr-first .do{grid-area:do;border-top:1px solid var(--vtr-lines);padding:12px 0;margin-left:-32px;
padding-left:32px}
.vtr-first .a{font-size:17px;line-height:25px}
.vtr-first .m{font-size:14px;line-height:21px;color:var(--vtr-soft);margin-top:6px}
.vtr-first .good{color:var(--vtr-accent);font-weight:600}
.vtr-first .bad{color:var(--vtr-below);font-weight:600}
.vtr-first strong{font-weight:600}
.vtr-first .sq{display:flex;gap:2px;margin:4px 0;max-width:388px;height:15px}
.vtr-first .sq i{flex:1 1 0;max-width:13px;background:var(--vtr-strokes);min-width:1px}
.vtr-first .sq i.over{background:var(--vtr-below)}
.vtr-first .sq i.open{background:none;box-shadow:inset 0 0 0 1px var(--vtr-strokes)}
.vtr-first .sq i.may{background:repeating-linear-gradient(135deg,
var(--vtr-untold) 0 2px,var(--vtr-lines) 2px 4px)}
.vtr-first .sq u{flex:none;width:2px;background:var(--vtr-ink);margin:-2px 1px}
.vtr-first .ends{display:flex;justify-content:space-between;gap:16px;max-width:388px;
color:var(--vtr-soft)}
.vtr-first .ends .over{color:var(--vtr-below);font-weight:600}
.vtr-first .line .t{font-size:14px;line-height:21px}.vtr-first .line .t span{color:var(--vtr-soft)}
.vtr-first figure{min-height:0}.vtr-first figure>div{width:100%}
.vtr-first figcaption{font-size:14px;line-height:21px;color:var(--vtr-soft);margin-top:6px}
.vtr-first figure[data-rendered=yes] figcaption{display:none}
.vtr-first ol{list-style:none;counter-reset:n}
.vtr-first li{counter-increment:n;position:relative;padding-left:38px;margin-top:6px}
.vtr-first ol.many li::before{content:counter(n);position:absolute;left:0;top:1px;width:24px;
height:24px;border-radius:12px;background:var(--vtr-accent);color:var(--vtr-ground);font-weight:600;
font-size:14px;line-height:24px;text-align:center}
.vtr-first ol.one li{padding-left:0}
.vtr-first h3{font-size:16px;line-height:24px;font-weight:600;color:inherit}
.vtr-first h3 em a{color:inherit}
.vtr-first h3 em{font-style:normal;font-size:12px;line-height:20px;background:var(--vtr-tint);
color:var(--vtr-accent);border-radius:10px;padding:2px 10px;margin-left:6px;white-space:nowrap}
.vtr-first li p{font-size:14px;line-height:21px;color:var(--vtr-soft)}
.vtr-first .c{font-size:13px;line-height:18px;color:var(--vtr-soft);margin-top:10px}
@media (max-width:820px){
.vtr-first .w{display:none}
.vtr-first header{padding:8px 0}.vtr-first header time{font-size:13px}
.vtr-first .danger{padding:8px 0 8px}
.vtr-first h1{font-size:23px;line-height:29px;gap:10px}
.vtr-first h1 svg{width:24px;height:24px;margin-top:3px}
.vtr-first .lead{font-size:15px;line-height:21px;margin-top:3px}
.vtr-first .a{font-size:15px;line-height:22px}
.vtr-first .m{font-size:13px;line-height:18px;margin-top:3px}
.vtr-first .grid{grid-template-columns:minmax(0,1fr);
grid-template-areas:"when" "do" "why" "gauge" "line"}
.vtr-first .when,.vtr-first .do,.vtr-first .why{padding:8px 0;margin-left:0}
.vtr-first .gauge,.vtr-first .line{border-top:1px solid var(--vtr-lines);padding:8px 0}
.vtr-first h3{font-size:15px;line-height:21px}
.vtr-first li{padding-left:32px;margin-top:4px}.vtr-first li p{font-size:13px;line-height:18px}
.vtr-first .c{margin-top:6px}}
@media print{.vtr-first .grid{break-inside:avoid}}
"""
"""How the first screen looks, wherever its markup stands."""
