"""What can go wrong between the broker and the store.

IngestError
├── SiteError          a site file that cannot be used
├── UnknownName        a report names a counter, line or area that the site does not have
├── StoreError         the store cannot be opened, read or written
└── BrokerError        the broker cannot be reached or refuses us
"""


class IngestError(Exception):
    """Root of everything this package raises on purpose; its text tells a person what to do."""


class SiteError(IngestError):
    """A site file that cannot be used: which key, which line of the file, and the remedy."""


class UnknownName(IngestError):  # noqa: N818 - the site model's own word
    """A report that speaks of something that the site does not have."""


class StoreError(IngestError):
    """The store cannot be opened, read or written."""


class BrokerError(IngestError):
    """The broker cannot be reached or refuses what was asked."""
