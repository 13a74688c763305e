"""Messages that were in quarantine, stored after all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vilina_edge.wire import Topic
from vilina_ingest.directory import Directory
from vilina_ingest.errors import ReportsRefused
from vilina_ingest.intake import refuse, take_in
from vilina_ingest.quarantine import Quarantine, Quarantined
from vilina_ingest.site import Site
from vilina_ingest.store import Batch, Store


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many messages are stored, and which are still refused, with today's reason."""

    stored: int
    refused: tuple[Quarantined, ...]


def replay(
    messages: Sequence[Quarantined], *, site: Site, store: Store, quarantine: Quarantine, at: datetime
) -> Replayed:
    """Store messages as if they came `at`, in the present site, and take what is stored out of the quarantine.

    Only reports and validations: how a counter was when the others were sent is of no interest any more. No counter
    is told: what it still holds it sends again, is told then, and nothing is stored twice.

    Raises:
        StoreError: the store failed; all of them are still in quarantine.
    """
    directory = Directory.of(site)
    asked = [message for message in messages if message.topic.endswith(("/report", "/validation"))]
    pairs = [(message.topic, message.payload) for message in asked]
    intake = take_in(pairs, directory, at)
    try:
        store.write(Batch(points=intake.points, validations=intake.validations))
    except ReportsRefused as refusal:
        refuse(intake, refusal.refused, pairs, directory)
    reasons = {(message.topic, message.payload): message.reason for message in intake.refused}
    still = [
        replace(message, reason=reasons.get((message.topic, message.payload), message.reason))
        for message in messages
        if message not in asked
        or (message.topic, message.payload) in reasons
        or Topic.parse(message.topic).counter in intake.strangers
    ]
    done = {message.id for message in messages} - {message.id for message in still}
    quarantine.remove(done)
    return Replayed(len(done), tuple(still))
