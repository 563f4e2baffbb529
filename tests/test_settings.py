"""Settings: read from options and environment, mistakes named, the table in README true."""

from __future__ import annotations

from pathlib import Path

import pytest

from crdt_server import settings
from crdt_server.core.limits import DEFAULTS
from crdt_server.settings import SettingsError, load

README = Path(__file__).parents[1] / "README.md"


def test_the_defaults_serve_this_machine_only() -> None:
    chosen, limits = load({})
    assert (chosen.host, chosen.port, chosen.store) == ("127.0.0.1", 8000, "sqlite:data/documents.db")
    assert limits == DEFAULTS


def test_options_win_over_the_environment() -> None:
    chosen, _ = load({"CRDT_PORT": "9000", "CRDT_STORE": "memory:"}, port="9001")
    assert (chosen.port, chosen.store) == (9001, "memory:")


def test_limits_come_from_the_environment() -> None:
    _, limits = load({"CRDT_ROOMS_MAX": "5", "CRDT_KEEPALIVE_S": "1.5", "CRDT_OUTBOX_BYTES_MAX": ""})
    assert (limits.rooms_max, limits.keepalive_s) == (5, 1.5)
    assert limits.outbox_bytes_max == DEFAULTS.outbox_bytes_max


def test_an_unknown_variable_names_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match="CRDT_STROE is not a setting; did you mean CRDT_STORE"):
        load({"CRDT_STROE": "memory:"})


def test_variables_of_the_benchmarks_and_of_others_are_left_alone() -> None:
    load({"CRDT_BENCH_TRACES": "somewhere", "CRDT_PURE_PYTHON": "1", "PATH": "/bin", "CRDTX": "1"})


@pytest.mark.parametrize(
    ("environment", "options", "why"),
    [
        ({"CRDT_ROOMS_MAX": "many"}, {}, "CRDT_ROOMS_MAX"),
        ({"CRDT_KEEPALIVE_S": "29"}, {}, "keepalive_s"),
        ({"CRDT_KEEPALIVE_S": "nan"}, {}, "keepalive_s"),
        ({}, {"port": "70000"}, "CRDT_PORT"),
        ({}, {"log_level": "loud"}, "CRDT_LOG_LEVEL"),
    ],
)
def test_a_value_that_cannot_be_is_named(
    environment: dict[str, str], options: dict[str, str], why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        load(environment, **options)


def test_origins_are_separated_by_blanks() -> None:
    chosen, _ = load({}, allowed_origins="https://a.example  https://b.example")
    assert chosen.origins == {"https://a.example", "https://b.example"}


def test_the_table_in_readme_is_the_one_of_the_code() -> None:
    assert settings.table() in README.read_text(), "run: python -m crdt_server.settings, and paste it"
