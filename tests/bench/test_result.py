"""Numbers as they are kept."""

from bench.digest import Digest
from bench.result import Goal, Measurement


def test_quantiles_are_values_that_were_measured() -> None:
    found = Measurement.of_distribution("w", "c", "q", "ms", [float(value) for value in range(1000, 0, -1)])
    assert found.value == 500
    assert found.quantiles["0"] == 1
    assert found.quantiles["95"] == 950
    assert found.quantiles["99.9"] == 999
    assert found.quantiles["100"] == 1000


def test_one_value_is_every_quantile() -> None:
    found = Measurement.of_distribution("w", "c", "q", "ms", [7.0])
    assert set(found.quantiles.values()) == {7.0}


def test_a_run_of_the_median_stands_for_the_runs() -> None:
    assert Measurement.of_runs("w", "c", "q", "us", [9.0, 1.0, 2.0]).value == 2


def test_a_digest_does_not_depend_on_the_order_of_clients() -> None:
    assert Digest.of("text", {1: 2, 3: 4}) == Digest.of("text", {3: 4, 1: 2})
    assert Digest.of("text", {1: 2}) != Digest.of("text", {1: 3})
    assert Digest.of("text", {1: 2}) != Digest.of("tex", {1: 2})


def test_a_goal_says_whether_it_was_met() -> None:
    assert Goal.at_most("p99", 20, 20, "ms").met
    assert not Goal.at_most("p99", 20, 20.1, "ms").met
    assert Goal.at_least("ratio", 2, 2.5, "x").met
    assert str(Goal.at_most("memory", 300, 1234.5, "MiB")) == "memory: 1,234 MiB, wanted 300: missed"
