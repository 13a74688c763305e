"""Bytes that no counter would send: `make fuzz`, for FUZZ_S seconds, by atheris, which learns from what the code does.

Half of them are real messages with bytes changed, half are JSON with a value changed, because JSON is read in C, of
which nothing can be learnt. The first byte chooses what the rest claims to be. Anything but a clear refusal, or a
message that means the same when it is said again, ends the run, with the bytes in build/fuzz.
"""

import json
import os
import random
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["vilina_edge", "vilina_ingest"]):
    from tests.sites import square
    from vilina_edge.errors import WireError
    from vilina_edge.wire import (
        MESSAGES,
        AreaPresence,
        CommitAck,
        Committed,
        Config,
        ConfigAck,
        Health,
        LineConfig,
        LineCount,
        Message,
        Report,
        Status,
        Topic,
        Validation,
        decode,
        encode,
    )
    from vilina_ingest.directory import CHANNELS, Directory
    from vilina_ingest.intake import take_in

FOLDER: Final = Path("build/fuzz")
LONGEST: Final = 4096
KINDS: Final = tuple(MESSAGES.items())
NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOOT: Final = "00000000000000aa"
DIRECTORY: Final = Directory.of(square())
ODD: Final = (
    None, True, -1, 0, 1.5, 2**53 + 1, 2**64, 1e308, 10**400, "", "x" * 300, "a/b", "\ud800", [], [[]], {}, [None] * 70,
    "9999-12-31T23:59:59Z", "0001-01-01T00:00:00-23:59", "1970-01-01T00:00:00Z", "2026-03-02T12:00:00.123456+05:30",
)  # fmt: skip
WORDS: Final = (
    "report",
    "vilina/v1/",
    "counter-a",
    "middle",
    "T12:00:00Z",
    "1e999",
    "no_frames",
    "first_seq",
    "null",
)


def read(data: bytes) -> None:
    """What ingest and counters do with bytes from the broker."""
    if not data:
        return
    channel, kind = KINDS[data[0] % len(KINDS)]
    payload = data[1:]
    try:
        message = decode(payload, kind)
    except WireError:
        pass
    else:
        assert decode(encode(message), kind) == message
    if channel in CHANNELS:
        intake = take_in([(f"vilina/v1/square/counter-a/{channel}", payload)], DIRECTORY, NOON)
        batch = intake.batch()
        told = (*batch.statuses, *batch.healths, *batch.config_acks, *batch.validations)
        assert len(intake.refused) + intake.reports + len(told) == 1
    read_topic(payload.decode("utf-8", "replace"))


def read_topic(text: str) -> None:
    with suppress(WireError):
        assert str(Topic.parse(text)) == text


def changed(data: bytes, longest: int, seed: int) -> bytes:
    """Another message: some bytes changed, or one of its values if it is JSON."""
    dice = random.Random(seed)
    try:
        said = json.loads(data[1:])
    except (ValueError, RecursionError):
        said = None
    if not said or dice.random() < 0.5:
        return bytes(atheris.Mutate(data, longest))
    inside = said
    while isinstance(inside, dict | list) and inside:
        key = dice.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
        if not isinstance(inside[key], dict | list) or not inside[key] or dice.random() < 0.3:
            inside[key] = dice.choice(ODD)
            break
        inside = inside[key]
    return (data[:1] + json.dumps(said).encode())[:longest]


def real_messages() -> list[Message]:
    """One of each, from which the run begins."""
    second = timedelta(seconds=1)
    hall = AreaPresence(area="hall", mean=1.5, most=2, waiting_mean=0.5, waiting_most=1, dwell=(1, 2))
    middle = LineCount(line="middle", entered=2, left=1)
    return [
        Report(
            counter="counter-a", boot=BOOT, seq=3, first_seq=2, start=NOON, end=NOON + second, lines=(middle,),
            areas=(hall,), time_uncertain=True,
        ),
        Report(
            counter="counter-a", boot=BOOT, seq=4, start=NOON, end=NOON + second, lines=(), gap="no_frames"
        ),
        Status(state="blind", boot=BOOT, at=NOON, reason="dark"),
        Health(boot=BOOT, at=NOON, uptime_s=1.0, outbox_depth=7, temperature_c=51.5, throttled=False),
        CommitAck(committed=(Committed(boot=BOOT, first=1, last=2**53),)),
        Config(version=1, size=(640, 480), lines=(LineConfig(line="middle", start=(1, 2), end=(3, 4)),)),
        ConfigAck(accepted=False, version=1, fault="line", part="middle"),
        Validation(id=BOOT, line="middle", start=NOON, end=NOON + second, hand_counts=(), enough=False),
    ]  # fmt: skip


def main() -> None:
    corpus = FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    kinds = [kind for _, kind in KINDS]
    for number, message in enumerate(real_messages()):
        (corpus / f"real-{number}").write_bytes(bytes([kinds.index(type(message))]) + encode(message))
    words = FOLDER / "words"
    words.write_text("".join(f'"{word}"\n' for word in WORDS), encoding="utf-8")
    seconds = os.environ.get("FUZZ_S", "60")
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-dict={words}",
         f"-artifact_prefix={FOLDER}/", "-print_final_stats=1", str(corpus)],
        read, custom_mutator=changed,
    )  # fmt: skip
    atheris.Fuzz()


if __name__ == "__main__":
    main()
