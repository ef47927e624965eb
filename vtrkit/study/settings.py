"""What a user chooses: options of the command line, keys of a `vtrkit.toml`, arguments in Python.

Each field of `Settings` is all three. Its type says what it must be, its `option` how the command
line calls it and what it means; `vtrkit.cli` and the README's table are made from them.
"""
# ruff: noqa: RUF009 - `_option` is `dataclasses.field` with its metadata

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from vtrkit.errors import ParameterError
from vtrkit.facts import read_file
from vtrkit.facts.checked import READ_AS, APath, Day, Marketplace, Origin, Share, build, settle
from vtrkit.whatif.worth import Costs


def _paths(value: object) -> object:
    given = [value] if isinstance(value, str | Path) else value
    return (
        [str(p) if isinstance(p, Path) else p for p in given]
        if isinstance(given, list | tuple)
        else given
    )


Paths = Annotated[tuple[str, ...], Meta(description="a list of paths", extra={READ_AS: _paths})]
Lag = Annotated[int, Meta(ge=0, le=60, description="a whole number from 0 to 60")]


def _option(option: str, meaning: str, default: Any = None, *, judges: bool = False) -> Any:
    """A setting with its option.

    Args:
        option: its flags, and what is written behind them, if anything.
        meaning: what help and README say of it.
        default: where nobody chooses.
        judges: whether it is about the report, and not about how files are read.
    """
    flags, _, metavar = option.partition(" ")
    about = {"metavar": metavar or None, "help": meaning}
    return field(default=default, metadata={"flags": flags, "about": about, "judges": judges})


@dataclass(frozen=True)
class Settings:
    """The inputs, and what they leave unsaid; no input means the demo.

    Raises:
        ParameterError: a value is not what its field says.
    """

    inputs: Paths = ()
    mapping: APath | None = _option("--mapping FILE", "TOML file that says which column is what.")
    categories: APath | None = _option(
        "--categories FILE", "CSV or TOML with the category of each sku or asin."
    )
    marketplace: Marketplace | None = _option(
        "--marketplace NAME",
        "Marketplace of files that do not name one; of those that do, only this one.",
    )
    account: str | None = _option(
        "--account NAME",
        "Only this account; also the name of the account, where the files do not say.",
    )
    origin: Origin | None = _option(
        "--origin COUNTRY",
        "Country that packages ship from, as US, where no file says; else it is assumed.",
    )
    rules: APath | None = _option(
        "--rules FILE", "TOML file of your own rules, over or beside ours."
    )
    seen: Day | None = _option(
        "--seen DAY", "Day of the exports, where neither content nor name has it."
    )
    report_from: Day | None = _option(
        "--report-from DAY", "First promised day that Amazon's report of defects covers."
    )
    report_to: Day | None = _option("--report-to DAY", "Last promised day that this report covers.")
    absence: bool = _option(
        "--absence/--no-absence",
        "Whether packages that this report covers and does not list are valid; yes if not given.",
        default=True,
    )
    day_first: bool | None = _option(
        "--day-first/--month-first", "How 05/06/2026 is read, where a file does not tell."
    )
    max_rejected_share: Share = _option(
        "--max-rejected SHARE",
        "Stop when more than this share of the rows is wrong; 0.2 if not given.",
        default=0.2,
    )
    lag_days: Lag | None = _option(
        "--lag DAYS",
        "Days between the end of the window and the as-of day; the rule's if not given.",
        judges=True,
    )
    scenario: APath | None = _option(
        "--scenario FILE",
        "TOML file of the levers you plan: the report says what they would do.",
        judges=True,
    )
    history: APath | None = _option(
        "--history FOLDER",
        "Folder that keeps Amazon's own figures of every performance report that is read.",
        judges=True,
    )

    costs: Costs | None = None  # no option, but a table of its own in a file

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        settle(self, "settings")

    @classmethod
    def of(cls, *inputs: Path | str) -> "Settings":
        """The settings of one `vtrkit.toml`, or of one folder's, else the usual ones.

        Single files beside it, such as a performance report, are read by the same settings.

        Raises:
            ParameterError: several folders, one of which says for itself how it is read.
        """
        paths = list(map(Path, inputs))
        for path in paths:
            own = path if path.suffix == ".toml" else path / "vtrkit.toml"
            if path.suffix != ".toml" and not own.is_file():
                continue
            others = [other for other in paths if other != path]
            if any(other.is_dir() or other.suffix == ".toml" for other in others):
                raise ParameterError(
                    f"{own.absolute().parent.name}/{own.name} says how its files are read, and "
                    f"{len(inputs)} inputs are given; give it alone and name the other ones in it"
                )
            settings = cls.read(own)
            here = settings.inputs or (() if own == path else (str(path),))
            return replace(settings, inputs=(*here, *map(str, others)))
        return cls(inputs=tuple(map(str, inputs)))

    @classmethod
    def read(cls, path: Path) -> "Settings":
        """The settings of a `vtrkit.toml`; paths in it are relative to its folder.

        Raises:
            ParameterError: no such file, not TOML, an unknown key, or a value of another type.
        """
        document = read_file(path, ParameterError)
        settings = build(cls, document.table, document.place())
        beside: dict[str, Any] = {
            name: str(path.parent / value)
            for name in PATHS
            if (value := getattr(settings, name)) is not None
        }
        inputs = tuple(str(path.parent / name) for name in settings.inputs)
        return replace(settings, inputs=inputs, **beside)


PATHS = ("mapping", "categories", "rules", "scenario", "history")
"""The settings that name a file or a folder."""
