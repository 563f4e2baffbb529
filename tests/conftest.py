"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# Time is no property of the code under test, least of all on a noisy machine: benchmarks measure it.
settings.register_profile("everywhere", deadline=None, print_blob=True)
settings.load_profile("everywhere")
