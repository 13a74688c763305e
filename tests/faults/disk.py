"""A small disk: an ext4 in a file, whose power can be cut, and which can be full. Needs root and a loop device."""

import errno
import fcntl
import os
import shutil
import sqlite3
import struct
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final, Self

import pytest

MIB: Final = 64
SHUTDOWN: Final = 0x8004587D
"""ext4's EXT4_IOC_SHUTDOWN: from now on nothing reaches the disk."""
NO_FLUSH: Final = 2
"""Not even what was about to."""


class Disk:
    """Mounted at `at`.

    Freezing a file system first writes everything out, which a power cut does not. So the power is cut by ext4's own
    emergency stop, as its makers test it: from an instant on nothing is written, neither data nor journal. Then the
    image has what a disk has that writes what it is sent; one that lies about its cache is another matter.
    """

    def __init__(self, image: Path, at: Path) -> None:
        self.image = image
        self.at = at

    @classmethod
    def made(cls, directory: Path) -> Self:
        """A fresh one in this directory; skips the test where none can be mounted."""
        if os.geteuid() != 0:
            pytest.skip("mounting a disk needs root: run the tests as root")
        if shutil.which("mkfs.ext4") is None:
            pytest.skip("mkfs.ext4 is not installed: sudo apt-get install e2fsprogs")
        directory.mkdir()
        disk = cls(directory / "disk.img", directory / "disk")
        disk.at.mkdir()
        with disk.image.open("wb") as image:
            image.truncate(MIB << 20)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", disk.image)
        try:
            disk.mount()
        except subprocess.CalledProcessError as error:
            pytest.skip(
                f"no disk can be mounted here: {error.stderr.decode().strip()}; it needs loop devices"
            )
        return disk

    def mount(self) -> None:
        _run("mount", "-o", "loop,noatime", self.image, self.at)

    def unmount(self) -> None:
        _run("umount", self.at)

    def cut_power(self) -> None:
        """Now. Freeze whoever writes first: what a program does after its disk is gone, no real one could do."""
        root = os.open(self.at, os.O_RDONLY)
        try:
            fcntl.ioctl(root, SHUTDOWN, struct.pack("I", NO_FLUSH))
        except OSError as error:
            if error.errno not in (errno.ENOTTY, errno.EPERM):
                raise
            pytest.skip(f"ext4's emergency stop cannot be used here: {error.strerror}")
        finally:
            os.close(root)

    def restore_power(self) -> None:
        """A copy of what was left on the image takes its place, and is mounted."""
        self.unmount()
        copy = self.image.with_suffix(".copy")
        _run("cp", "--sparse=always", self.image, copy)
        copy.replace(self.image)
        self.mount()

    def fill(self) -> None:
        """Leave not a byte."""
        with (self.at / "ballast").open("wb", buffering=0) as ballast:
            for piece in (1 << 20, 1 << 12, 1):
                _write_until_full(ballast.fileno(), piece)
            os.fsync(ballast.fileno())

    def make_room(self) -> None:
        (self.at / "ballast").unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unmount()


def whole(path: Path) -> bool:
    """Whether SQLite finds nothing wrong with a file."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _write_until_full(file: int, piece: int) -> None:
    try:
        while True:
            os.write(file, bytes(piece))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)
