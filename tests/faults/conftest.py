"""Every failure of a seeded trial says how to run it again."""

from collections.abc import Generator

import pytest

from tests.faults.seeds import SEED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    seed = item.funcargs.get("seed")
    if report.failed and seed is not None:
        name = item.originalname
        command = f"{SEED}={seed} python -m pytest {item.nodeid.partition('::')[0]} -k {name}"
        report.sections.append(("replay", f"L4 seed {seed}: {command}"))
    return report
