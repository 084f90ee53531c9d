"""Fixtures that several test files share."""
from __future__ import annotations

from typing import Iterator

import pytest

from tests.system import System, Visitor, add_nurse, running


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """All servers, started once."""
    with running(tmp_path_factory.mktemp("system")) as started:
        add_nurse(started)
        yield started


@pytest.fixture
def visitor(system: System) -> Visitor:
    return system.visitor()
