"""What the documents show of sample, rules and options: `python -m tests.readme` makes it anew.

A block stands between `<!-- made: NAME -->` and `<!-- end -->`; a test compares each with what
is made now.
"""

import json
import re
from typing import Any

import click

from tests.paths import ROOT
from vtrkit.cli import main as main_command
from vtrkit.demo.packages import AS_OF
from vtrkit.report import index, shops
from vtrkit.rules.policies import policies
from vtrkit.rules.reasons import REASONS
from vtrkit.study.open import open_study
from vtrkit.study.places import places_of
from vtrkit.study.settings import Settings

_BLOCK = r"(<!-- made: {} -->\n).*?(<!-- end -->)"


def demo() -> str:
    """What `vtrkit demo` prints before the path of the index."""
    run = open_study(as_of=AS_OF.isoformat())
    rows = [shops.row(run.of(p.account, p.marketplace), p) for p in places_of(run.kept)]
    plain = json.loads(json.dumps(rows, default=str))
    lines = index.said(shops.worst_first(plain), AS_OF)
    return "```\n" + "\n".join(lines) + "\n```\n"


def rules() -> str:
    """Every dated rule, from `facts/policies.toml`."""
    lines = [_line(row) for row in policies().sort("marketplace", "first_day").rows(named=True)]
    head = "| rule | days | lag | two scans | left out | source |\n|---|---|---|---|---|---|\n"
    return head + "".join(lines)


def _line(row: dict[str, Any]) -> str:
    title, _, gist = row["title"].partition(":")
    bites = "" if row["enforced"] else " (informational)"
    share = f"{row['condition'].replace('_', ' ')} {row['target_bp'] / 100:g} %"
    name = f"**{title}**:{gist}; {share}{bites}"
    days = f"{row['first_day'] or ''} – {row['last_day'] or ''}".strip()
    exempt = [text.removeprefix("exempt_") for text in row["exempt"]]
    links = [f"[{n}]({s})" if s.startswith("http") else s for n, s in enumerate(row["source"], 1)]
    cells = [name, days, f"{row['lag_days']} d", *map("<br>".join, (row["two_scans"], exempt))]
    return f"| {' | '.join([*cells, ', '.join(links)])} |\n"


def reasons() -> str:
    """Every reason with its outcome, explanation and remedy, from `vtrkit.rules.reasons`."""
    head = "| reason | outcome | what it means | remedy | Amazon says so |\n|---|---|---|---|---|\n"
    return head + "".join(
        f"| {text.label} (`{reason}`) | {text.outcome} | {text.why} | {text.remedy} "
        f"| {f'[here]({text.source})' if text.source else ''} |\n"
        for reason, text in REASONS.items()
    )


def options() -> str:
    """What `vtrkit report` takes, and the key in a `vtrkit.toml` of each setting."""
    lines = ["| option | key in `vtrkit.toml` | meaning |", "|---|---|---|"]
    lines += ["| `FILES` | `inputs` | Exports, folders of them, or one `vtrkit.toml`. |"]
    for option in main_command.commands["report"].params:
        if isinstance(option, click.Option):
            flags = " / ".join((*option.opts, *option.secondary_opts))
            told = "" if option.is_flag else f" {option.make_metavar(click.Context(main_command))}"
            key = f"`{option.name}`" if option.name in Settings.__dataclass_fields__ else ""
            lines.append(f"| `{flags}{told}` | {key} | {option.help} |")
    return "\n".join(lines) + "\n"


BLOCKS = {
    "demo": ("README.md", demo),
    "options": ("data/options.md", options),
    "rules": ("data/rules.md", rules),
    "reasons": ("data/reasons.md", reasons),
}
"""What is made, and the document in which it stands, by the name of the block."""


def block(name: str) -> str:
    """What a document holds now between the marks of a block."""
    document = BLOCKS[name][0]
    found = re.search(_BLOCK.format(name), (ROOT / document).read_text("utf-8"), re.DOTALL)
    assert found, f"{document} has no block {name}"
    return found[0].partition("-->\n")[2].removesuffix("<!-- end -->")


def main() -> None:
    """Write every block."""
    for name, (document, make) in BLOCKS.items():
        path, made = ROOT / document, make()
        text = re.sub(
            _BLOCK.format(name),
            lambda m, t=made: m[1] + t + m[2],
            path.read_text("utf-8"),
            flags=re.DOTALL,
        )
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
