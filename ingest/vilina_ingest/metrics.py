"""What ingest tells Prometheus. Several workers each tell of what they took in themselves."""

from datetime import datetime
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from vilina_ingest.intake import Intake
from vilina_ingest.sequences import Sequences

SECONDS: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 600, 3600, 86_400)
MESSAGES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class Metrics:
    """Names and units follow Prometheus' own rules; everything begins with `vilina_ingest`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._sequences: dict[str, Sequences] = {}
        self._messages = self._counter("messages", "Messages that are done with, by channel.", "channel")
        self._reports = self._counter("reports", "Reports that are stored.")
        self._quarantined = self._counter("quarantined", "Messages put into the quarantine.")
        self._strangers = self._counter(
            "stranger_messages", "Messages of counters that the site does not have."
        )
        self._errors = self._counter("store_errors", "Batches that the store did not take.")
        self._batch = self._histogram("batch_messages", "Messages in a batch.", MESSAGES)
        self._commit = self._histogram("commit_seconds", "How long the store took for a batch.", SECONDS)
        self._ack = self._histogram(
            "ack_delay_seconds", "From the arrival of a batch's first message to its commit acks.", SECONDS
        )
        self._lag = self._histogram(
            "lag_seconds", "From the end of a counter's last report in a batch to its commit.", SECONDS
        )
        self.connected = self._gauge("connected", "1 while the broker is there.")
        self.waiting = self._gauge("waiting_messages", "Messages that wait for the store.")
        self._missing = self._gauge(
            "missing_reports", "Holes in the sequence numbers of a counter.", "counter"
        )
        self._offset = self._gauge(
            "clock_offset_seconds", "A counter's clock minus ours, when its health came.", "counter"
        )

    def page(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self.registry)

    def stored(
        self, intake: Intake, *, now: datetime, messages: int, waited_s: float, commit_s: float
    ) -> None:
        """A batch is on disk and acknowledged."""
        self._batch.observe(messages)
        self._commit.observe(commit_s)
        self._ack.observe(waited_s)
        self._reports.inc(intake.reports)
        self._quarantined.inc(len(intake.refused))
        self._strangers.inc(sum(stranger.messages for stranger in intake.strangers.values()))
        for channel, count in (
            ("report", intake.reports),
            ("status", len(intake.statuses)),
            ("health", len(intake.healths)),
            ("config/ack", len(intake.config_acks)),
            ("validation", len(intake.validations)),
        ):
            if count:
                self._messages.labels(channel).inc(count)
        for end in intake.newest.values():
            self._lag.observe((now - end).total_seconds())
        for counter, numbers in intake.kept.items():
            sequences = self._sequences.setdefault(counter, Sequences())
            sequences.add(numbers)
            self._missing.labels(counter).set(sequences.missing())
        for told in intake.healths:
            self._offset.labels(told.counter).set((told.message.at - intake.at).total_seconds())

    def store_failed(self) -> None:
        self._errors.inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"vilina_ingest_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"vilina_ingest_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"vilina_ingest_{name}", text, buckets=buckets, registry=self.registry)
