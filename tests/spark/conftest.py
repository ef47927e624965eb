"""The Spark session of all tests here; without Java it fails, it does not skip."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.benchmarks.cluster import session


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Two cores of this machine, and three more attempts at a task whose worker died."""
    started = session("local[2, 4]")
    yield started
    started.stop()
