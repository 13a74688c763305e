"""What can go wrong between the broker and the store.

IngestError
├── SiteError          a site file that cannot be used
├── UnknownName        a report names a counter, line or area that the site does not have
├── StoreError         the store cannot be opened, read or written: later, perhaps
│   └── ReportsRefused the store will never take these reports; it has all the others
├── BrokerError        the broker cannot be reached or refuses us
├── ExportError        an export cannot be written
├── BackupError        a backup cannot be made, is not sound, or cannot be put back
├── RecordingError     a file of recorded counts that cannot be replayed
└── RecountError       a person's count of people inside that cannot be meant
"""

from collections.abc import Sequence
from dataclasses import dataclass


class IngestError(Exception):
    """Root of everything this package raises on purpose; its text tells a person what to do."""


class SiteError(IngestError):
    """A site file that cannot be used: which key, which line of the file, and the remedy."""


class UnknownName(IngestError):  # noqa: N818 - the site model's own word
    """A report that speaks of something that the site does not have."""


class StoreError(IngestError):
    """The store cannot be opened, read or written.

    Nothing is known to be stored, and the same again may be tried, at no cost, because identities overwrite: not
    before `retry_after_s` seconds, where the store said so.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class RefusedReport:
    """What the store will not take, however often it is asked, and its reason.

    A validation has no sequence: its id stands as `boot`, and `seq` is 1, as in its commit ack.
    """

    counter: str
    boot: str
    seq: int
    reason: str


class ReportsRefused(StoreError):  # noqa: N818 - the store answers, it does not fail
    """These reports can never be stored; everything else that was to be written is stored, durably."""

    def __init__(self, refused: Sequence[RefusedReport]) -> None:
        first = refused[0]
        super().__init__(
            f"the store refuses {len(refused)} reports for good; the first, {first.counter}/{first.boot}/{first.seq}:"
            f" {first.reason}"
        )
        self.refused = tuple(refused)


class BrokerError(IngestError):
    """The broker cannot be reached or refuses what was asked."""


class ExportError(IngestError):
    """An export cannot be written: which file, and why."""


class BackupError(IngestError):
    """A backup cannot be made, is not sound, or cannot be put back."""


class RecordingError(IngestError):
    """A file of recorded counts that cannot be replayed: which line of it, and the remedy."""


class RecountError(IngestError):
    """A person's count of people inside that cannot be meant: what of it, and the remedy."""
