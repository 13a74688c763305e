"""What a counter counts, when it is told from afar."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from vilina_edge.remote import KEPT, RemoteConfig, newest
from vilina_edge.wire import AreaConfig, Config, ConfigAck, ConfigFault, FloorConfig, LineConfig, encode

LINE = LineConfig(line="door", start=(100, 0), end=(100, 400))
OWN = Config(version=5, lines=(LINE,))
SENT = Config(version=6, size=(640, 480), lines=(replace(LINE, line="gate"),))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / KEPT


def test_a_newer_config_is_taken_over_once_and_acknowledged(file: Path) -> None:
    remote = RemoteConfig(OWN, file=file)
    assert remote.offer(encode(SENT)) == ConfigAck(accepted=True, version=6)
    assert (remote.take(), remote.take(), remote.current) == (SENT, None, SENT)


def test_the_retained_config_that_comes_again_is_acknowledged_and_changes_nothing(file: Path) -> None:
    remote = RemoteConfig(OWN, file=file)
    remote.offer(encode(SENT))
    remote.take()
    assert remote.offer(encode(SENT)) == ConfigAck(accepted=True, version=6)
    assert remote.take() is None


CROSSED = AreaConfig(area="hall", corners=((0, 0), (90, 90), (90, 0), (0, 90)))


@pytest.mark.parametrize(
    ("config", "fault", "part"),
    [
        (replace(SENT, version=4), "older", None),
        (replace(SENT, version=5), "older", None),
        (replace(SENT, size=None), "size", None),
        (replace(SENT, lines=(replace(LINE, end=(100, 999)),)), "line", "door"),
        (replace(SENT, lines=(replace(LINE, end=(100, 5)),)), "line", "door"),
        (replace(SENT, lines=(replace(LINE, end=LINE.start),)), "line", "door"),
        (replace(SENT, areas=(CROSSED,)), "area", "hall"),
        (replace(SENT, floor=FloorConfig(pixels=((0, 0),) * 4, metres=((0, 0),) * 4)), "floor", None),  # type: ignore[arg-type]  # four of them
    ],
)
def test_a_bad_config_is_refused_with_its_fault_and_the_old_one_holds(
    file: Path, config: Config, fault: ConfigFault, part: str | None
) -> None:
    remote = RemoteConfig(OWN, file=file)
    ack = remote.offer(encode(config))
    assert ack == ConfigAck(accepted=False, version=config.version, fault=fault, part=part)
    assert (remote.current, remote.take()) == (OWN, None)


@pytest.mark.parametrize("payload", [b"{}", b"\xff\xd8\xff", b'{"version":9}', b"[" * 1000])
def test_rubbish_is_refused(file: Path, payload: bytes) -> None:
    remote = RemoteConfig(OWN, file=file)
    assert remote.offer(payload) == ConfigAck(accepted=False, fault="not_readable")
    assert remote.current == OWN


def test_a_topic_that_was_emptied_says_nothing(file: Path) -> None:
    assert RemoteConfig(OWN, file=file).offer(b"") is None


def test_what_was_taken_over_holds_after_a_restart_without_the_site(file: Path) -> None:
    RemoteConfig(OWN, file=file).offer(encode(SENT))
    assert RemoteConfig(OWN, file=file).current == SENT


def test_a_counters_file_that_was_written_later_holds_instead(file: Path) -> None:
    RemoteConfig(OWN, file=file).offer(encode(SENT))
    assert newest(replace(OWN, version=7), file) == replace(OWN, version=7)


@pytest.mark.parametrize("content", [b"", b"{", encode(replace(SENT, size=None))])
def test_a_kept_config_that_cannot_be_read_is_left_alone(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert RemoteConfig(OWN, file=file).current == OWN


def test_a_disk_that_is_full_does_not_keep_a_config_from_holding(tmp_path: Path) -> None:
    remote = RemoteConfig(OWN, file=tmp_path / "nowhere" / KEPT)
    assert remote.offer(encode(SENT)) == ConfigAck(accepted=True, version=6)
    assert remote.take() == SENT
