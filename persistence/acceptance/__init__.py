"""The acceptance kit: what every store must do, ours or yours, as tests for pytest with pytest-asyncio.

With `asyncio_mode = auto`, subclass `StoreAcceptance` in a test file and say where the store is kept::

    pytest.register_assert_rewrite("persistence.acceptance")  # in conftest.py: asserts that show their values

    class TestMyStore(StoreAcceptance):
        @pytest.fixture
        def place(self, tmp_path: Path) -> Place:
            return lambda: MyStore(tmp_path / "documents")
"""

from persistence.acceptance.appending import Appending
from persistence.acceptance.erasing import Erasing
from persistence.acceptance.listing import Listing
from persistence.acceptance.opening import Opening
from persistence.acceptance.overlapping import Overlapping
from persistence.acceptance.place import Place
from persistence.acceptance.snapshots import Snapshots

__all__ = ["Place", "StoreAcceptance"]


class StoreAcceptance(Appending, Opening, Overlapping, Snapshots, Erasing, Listing):
    """All parts of the kit. Give it a fixture `place`."""
