"""What operators watch, in Prometheus' terms. One registry per engine, so that several can live together."""

from __future__ import annotations

from collections import defaultdict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_LATENCY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """Counters, gauges and histograms of one engine."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.rooms = Gauge("crdt_rooms", "Documents open on this node", registry=registry)
        self.sessions = Gauge("crdt_sessions", "Sessions in rooms of this node", registry=registry)
        self.messages = Counter(
            "crdt_messages", "Messages received from clients", ["type"], registry=registry
        )
        self._received: dict[type, int] = defaultdict(int)
        self.records = Counter("crdt_records", "Records that room turns made", registry=registry)
        self.closed = Counter(
            "crdt_connections_closed", "Connections closed by the server", ["code"], registry=registry
        )
        self.refused = Counter(
            "crdt_connections_refused", "Connections refused at the upgrade", ["status"], registry=registry
        )
        self.denied = Counter(
            "crdt_documents_denied",
            "Documents refused or ended on open Hocuspocus sockets",
            registry=registry,
        )
        self.loads = Counter("crdt_loads", "Documents loaded from the store", ["outcome"], registry=registry)
        self.commit_seconds = Histogram(
            "crdt_commit_seconds", "Time of one group commit", buckets=_LATENCY_BUCKETS_S, registry=registry
        )
        self.commit_records = Histogram(
            "crdt_commit_records",
            "Records in one group commit",
            buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
            registry=registry,
        )
        self.journal_bytes = Gauge("crdt_journal_bytes", "Bytes that wait to be stored", registry=registry)
        self.store_errors = Counter("crdt_store_errors", "Writes that the store refused", registry=registry)
        self.squashes = Counter(
            "crdt_squashes", "Logs squashed into snapshots", ["outcome"], registry=registry
        )

    def count_message(self, kind: type) -> None:
        """Count a message of a client. Cheap: the counter learns of it when it is looked at."""
        self._received[kind] += 1

    def expose(self) -> bytes:
        """Return everything in the text exposition format."""
        for kind, count in self._received.items():
            self.messages.labels(kind.__name__).inc(count)
        self._received.clear()
        return generate_latest(self._registry)
