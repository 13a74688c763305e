"""What the eye may not do, enforced by the kernel: write a file, leave a core dump, or open an internet connection."""

import ctypes
import os
import platform
import resource
import signal
import struct
from typing import Final, NamedTuple

from vilina_edge.errors import EdgeError

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_SECCOMP: Final = 22
SECCOMP_MODE_FILTER: Final = 2

LOAD_WORD: Final = 0x20
JUMP_IF_EQUAL: Final = 0x15
RETURN: Final = 0x06
ALLOW: Final = 0x7FFF0000
REFUSE: Final = 0x00050000 | 13
"""The call fails with EACCES."""
AT_CALL: Final = 0
AT_ARCHITECTURE: Final = 4
AT_FIRST_ARGUMENT: Final = 16
"""Offsets in struct seccomp_data (linux/seccomp.h); the low half of an argument on little-endian machines."""
LOCAL_FAMILIES: Final = (1, 16)
"""AF_UNIX and AF_NETLINK: camera drivers talk to the system with them, and neither leaves the machine."""


class Machine(NamedTuple):
    """The kernel's numbers of one kind of processor (linux/audit.h, asm/unistd.h)."""

    architecture: int
    socket: int
    io_uring_setup: int


MACHINES: Final = {
    "x86_64": Machine(0xC000003E, 41, 425),
    "aarch64": Machine(0xC00000B7, 198, 425),
    "armv7l": Machine(0x40000028, 281, 425),
}


def confine(*, network: bool, files: bool = False) -> bool:
    """Give up what the eye does not need, for good. `network` keeps the internet, for cameras that are only there.

    `files` keeps the right to write files, which some camera libraries need for memory that they share.

    Returns whether the network is closed: not on processors whose system calls are not known here.

    Raises:
        EdgeError: the kernel refuses.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not files:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _prctl(PR_SET_DUMPABLE, 0)
    machine = MACHINES.get(platform.machine())
    if network or machine is None:
        return False
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    program = _no_internet(machine)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.create_string_buffer(header, len(header)))
    return True


def end_with_parent() -> None:
    """Die when the process that started this one does."""
    parent = os.getppid()
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def _no_internet(machine: Machine) -> bytes:
    """A classic BPF program: `socket` only for local families, no `io_uring`, no other architecture's calls."""
    families = [
        _step(JUMP_IF_EQUAL, family, yes=len(LOCAL_FAMILIES) - i) for i, family in enumerate(LOCAL_FAMILIES)
    ]
    return b"".join([
        _step(LOAD_WORD, AT_ARCHITECTURE),
        _step(JUMP_IF_EQUAL, machine.architecture, no=len(families) + 4),
        _step(LOAD_WORD, AT_CALL),
        _step(JUMP_IF_EQUAL, machine.io_uring_setup, yes=len(families) + 2),
        _step(JUMP_IF_EQUAL, machine.socket, no=len(families) + 2),
        _step(LOAD_WORD, AT_FIRST_ARGUMENT),
        *families,
        _step(RETURN, REFUSE),
        _step(RETURN, ALLOW),
    ])  # fmt: skip


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("@HBBI", code, yes, no, value)


def _prctl(option: int, *values: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in (*values, 0, 0, 0)]
    if libc.prctl(ctypes.c_int(option), *arguments[:4]) != 0:
        raise EdgeError(f"the system does not let the eye be confined: {os.strerror(ctypes.get_errno())}")
