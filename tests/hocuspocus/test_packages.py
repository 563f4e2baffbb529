"""What these tests stand on: six providers as they were published, and one Yjs for all."""

from __future__ import annotations

import json

import pytest

from tests.hocuspocus.agent import PROVIDERS
from tests.interop.node import INTEROP

PACKAGES = json.loads((INTEROP / "package-lock.json").read_text())["packages"]


def test_all_share_one_yjs() -> None:
    """Two copies of Yjs do not know each other's types."""
    copies = {path: package["version"] for path, package in PACKAGES.items() if path.endswith("/yjs")}
    assert copies == {"node_modules/yjs": "13.6.33"}


@pytest.mark.parametrize(("version", "alias"), PROVIDERS.items())
def test_a_provider_has_the_common_package_of_its_day(version: str, alias: str) -> None:
    """npm would give 3.1.1 a later one that fits its range, and with which it throws at each Auth."""
    assert PACKAGES[f"node_modules/{alias}"]["version"] == version
    own = PACKAGES.get(f"node_modules/{alias}/node_modules/@hocuspocus/common")
    assert (own or PACKAGES["node_modules/@hocuspocus/common"])["version"] == version


def test_the_lock_names_no_registry() -> None:
    assert not [path for path, package in PACKAGES.items() if "resolved" in package]
