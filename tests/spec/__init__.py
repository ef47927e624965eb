"""The rulebook as tests: a small table for each clause of a source."""

import pytest

pytest.register_assert_rewrite("tests.spec.table")
