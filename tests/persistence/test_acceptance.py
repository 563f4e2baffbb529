"""Both stores pass the acceptance kit."""

from pathlib import Path

import pytest

from persistence.acceptance import Place, StoreAcceptance
from persistence.memory import Memory, MemoryStore
from persistence.sqlite import SqliteStore
from persistence.sqlite.limits import SqliteLimits


class TestMemory(StoreAcceptance):
    @pytest.fixture
    def place(self) -> Place:
        memory = Memory()
        return lambda: MemoryStore(memory)


class TestSqlite(StoreAcceptance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return lambda: SqliteStore(tmp_path / "documents.db")


class TestSqliteWithTinyLimits(StoreAcceptance):
    """Every change is a transaction of its own, every document a page of its own."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        limits = SqliteLimits(group_rows_max=1, group_bytes_max=1, list_page_documents=1, check_bytes_max=0)
        return lambda: SqliteStore(tmp_path / "documents.db", limits)
