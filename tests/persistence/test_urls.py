"""Stores by URL."""

import os
from pathlib import Path

import pytest

from persistence.memory import MemoryStore
from persistence.port import Append
from persistence.sqlite import SqliteStore
from persistence.urls import store_from_url


@pytest.mark.parametrize("url", ["memory:", "MEMORY:", " memory: "])
def test_memory(url: str) -> None:
    assert isinstance(store_from_url(url), MemoryStore)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:data/documents.db", "data/documents.db"),
        ("sqlite:documents.db", "documents.db"),
        ("sqlite:../documents.db", "../documents.db"),
        ("sqlite:/var/lib/documents.db", "/var/lib/documents.db"),
        ("sqlite:///var/lib/documents.db", "/var/lib/documents.db"),
        ("sqlite:////var/lib/documents.db", "/var/lib/documents.db"),
        ("SQLite:Data/Documents.db", "Data/Documents.db"),
        ("sqlite:with space?and#signs%20.db", "with space?and#signs%20.db"),
    ],
)
def test_sqlite_by_path(url: str, path: str) -> None:
    store = store_from_url(url)
    assert isinstance(store, SqliteStore)
    assert store.path == Path(path)


async def test_a_relative_path_starts_at_the_working_folder(tmp_path: Path) -> None:
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        async with store_from_url("sqlite:data/documents.db") as store:
            await store.append([Append("d", 0, "", b"")])
    finally:
        os.chdir(before)
    assert (tmp_path / "data" / "documents.db").is_file()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "documents.db",
        "/var/lib/documents.db",
        "memory",
        "memory://",
        "memory:name",
        "sqlite:",
        "sqlite:/",
        "sqlite:///",
        "sqlite::memory:",
        "sqlite://host/documents.db",
        "sqlite://documents.db",
        "sqlite:nul\0.db",
        "redis://localhost",
        ":",
    ],
)
def test_anything_else_is_refused_with_what_is_supported(url: str) -> None:
    with pytest.raises(ValueError, match="supported is memory: or sqlite:PATH"):
        store_from_url(url)


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="'postgresql' is not known") as refusal:
        store_from_url("postgresql://user:secret@host/documents")
    assert "secret" not in str(refusal.value)
