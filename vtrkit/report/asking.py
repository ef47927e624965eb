"""What is asked of a render, checked: which notebook, and with which parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

import nbformat
import papermill

from vtrkit.errors import InputError, ParameterError, nearest
from vtrkit.given import read_day
from vtrkit.metric.target import read_targets
from vtrkit.report.figures import compared, earlier
from vtrkit.report.pdf import browser
from vtrkit.shipped import shipped
from vtrkit.study.open import PARAMETERS

PAGE = "vtr_report"
"""The notebook that is rendered if no other one is named."""
_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (int, float)}
_AS_PEOPLE_WRITE = {"targets": (str, int, float, list), "as_of": (str, int)}
"""Parameters that are text in a notebook, and that papermill makes numbers of: `-p targets 95`."""


class Asking(TypedDict, total=False):
    """What `render` is asked for by name, and what several pages share."""

    notebook: Path | str
    parameters: Mapping[str, Any] | None
    previous: Path | str | None
    pdf: bool
    keep_notebook: bool


@dataclass(frozen=True)
class Asked:
    """What is asked of a render, checked before an hour of reading.

    Args:
        source: the notebook.
        given: its parameters.
        before: what stands in an earlier report.json.
        as_of: the day, if one is given.
        browser: what prints the page, if anything.
        keep: whether the executed notebook is kept.
        script: where the page finds what draws its charts; it holds that itself if none is given.
    """

    source: Path
    given: dict[str, Any]
    before: dict[str, Any] | None
    as_of: date | None
    browser: Path | None = None
    keep: bool = False
    script: str = ""

    @classmethod
    def of(
        cls,
        notebook: Path | str = PAGE,
        parameters: Mapping[str, Any] | None = None,
        previous: Path | str | None = None,
        pdf: bool = False,
        keep_notebook: bool = False,
    ) -> "Asked":
        """What is named, checked.

        Raises:
            ParameterError: a parameter is wrong. Likewise `InputError`, if a file cannot be read.
        """
        source, given = _notebook(notebook), dict(parameters or {})
        check_parameters(source, given)
        previous = given.pop("previous", None) or previous  # a path from here, not the kernel's
        as_of = read_day(given.get("as_of"))
        read_targets(given.get("targets", 95))
        before = earlier(previous) if previous else None
        if before is not None:
            compared(before, before)
        return cls(source, given, before, as_of, browser() if pdf else None, keep_notebook)

    @property
    def here(self) -> bool:
        """Whether it is our own page and its notebook is not asked for: it needs no kernel."""
        return self.source == shipped(f"notebooks/{PAGE}.ipynb") and not self.keep

    @property
    def of_study(self) -> dict[str, Any]:
        """The parameters that say what is opened."""
        return {name: value for name, value in self.given.items() if name in PARAMETERS}


def _notebook(notebook: Path | str) -> Path:
    path = Path(notebook)
    if path.suffix != ".ipynb":
        # start_here reads your files itself, and a page is made of a run folder
        own = sorted({p.stem for p in shipped("notebooks").glob("*.ipynb")} - {"start_here"})
        if str(notebook) not in own:
            raise ParameterError(
                f"no notebook {str(notebook)!r}{nearest(notebook, own)}; there is "
                f"{', '.join(own)}, or give the path of one of your own"
            )
        return shipped(f"notebooks/{notebook}.ipynb")
    if not path.is_file():
        raise InputError(f"{path.name}: no such notebook; check the path")
    return path


def check_parameters(notebook: Path, given: Mapping[str, Any]) -> None:
    """Refuse parameters that a notebook does not have, or of another type than it says.

    papermill itself only warns of the first and does not look at the second.

    Raises:
        InputError: the file is not a notebook.
        ParameterError: the name, and what would have been right.
    """
    try:
        known = papermill.inspect_notebook(str(notebook))
    except (ValueError, AttributeError, nbformat.ValidationError):
        wrong = f"{notebook.name}: not a notebook with a language; save it again from JupyterLab"
        raise InputError(wrong) from None
    for name, value in given.items():
        if name not in known or name == "workspace":
            raise ParameterError(
                f"{notebook.name} has no parameter {name}{nearest(name, known)}; it has "
                f"{', '.join(sorted(set(known) - {'workspace'}))}"
            )
        kind = known[name]["inferred_type_name"]
        allowed = _AS_PEOPLE_WRITE.get(name) or _TYPES.get(kind, (str, int, float))
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise ParameterError(
                f"{notebook.name}: {name} must be {kind}, not {type(value).__name__}"
            )
