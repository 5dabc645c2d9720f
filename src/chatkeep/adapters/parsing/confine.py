"""What a child may not ask of the kernel: no network, no other program, no process, nothing changed on disk.

Linux on x86-64 and ARM64, through a seccomp filter; elsewhere nothing happens here. A parser needs none
of this, so a file that has taken one over finds the doors shut. Reading files stays allowed, for the
interpreter imports as it goes; what is read cannot leave except as the text of that document.

Sources: seccomp(2), linux/filter.h, linux/audit.h, asm/unistd.h.
"""

import ctypes
import os
import platform
import signal
import struct
import sys

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 38, 22
_MODE_FILTER = 2

_ALLOW, _KILL = 0x7FFF_0000, 0x8000_0000
_EPERM, _ENOSYS = 0x0005_0001, 0x0005_0026  # the call fails with this error

_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH_OFFSET, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x1_0000
_X32_CALLS = 0x4000_0000  # x86-64's other ABI has numbers of its own, from here
_OPEN_TO_CHANGE = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC


# Calls by their numbers on x86-64 and ARM64. None: there is no such call there.
_Numbers = tuple[int | None, int | None]

_FORBIDDEN: dict[str, _Numbers] = {
    # The child's one socket is connected already; accept, bind, connect and the rest need another.
    "socket": (41, 198),
    "socketpair": (53, 199),
    # Other programs and processes.
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_open": (434, 434),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setpriority": (141, 140),
    # Files and folders by their names. What a file holds is changed through `open`, below.
    "creat": (85, None),
    "truncate": (76, 45),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "link": (86, None),
    "linkat": (265, 37),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "utimensat": (280, 88),
    "futimesat": (261, None),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    # Ways around all this, and parts of the kernel where faults were found.
    "mount": (165, 40),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "io_uring_setup": (425, 425),
}
# As if the kernel were older: the C library falls back on calls that can be judged.
_UNKNOWN: dict[str, _Numbers] = {"clone3": (435, 435), "openat2": (437, 437)}
_TO_ITSELF: dict[str, _Numbers] = {"kill": (62, 129), "tgkill": (234, 131)}  # as `abort` does
_OF_ITSELF: dict[str, _Numbers] = {"prlimit64": (302, 261)}  # process 0 is oneself there
_OPENING: dict[int, dict[str, _Numbers]] = {1: {"open": (2, None)}, 2: {"openat": (257, 56)}}
"""By the place of the flags among the arguments."""
_CLONE: dict[str, _Numbers] = {"clone": (56, 220)}

_ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}


def die_with_parent() -> None:
    """From now on this process is killed when the thread that started it ends. Linux alone."""
    if sys.platform == "linux":
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def confine() -> bool:
    """Shut the doors for the rest of this process's life. Whether the system could."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        return False
    program = ctypes.create_string_buffer(_program(machine))
    lines = (len(program) - 1) // 8  # such a buffer ends with a zero of its own
    pointer = ctypes.create_string_buffer(struct.pack("HxxxxxxP", lines, ctypes.addressof(program)))
    return _prctl(_PR_SET_NO_NEW_PRIVS, 1) == 0 and _prctl(_PR_SET_SECCOMP, _MODE_FILTER, pointer) == 0


def _prctl(option: int, *arguments: object) -> int:
    values = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    values += [ctypes.c_ulong(0)] * (4 - len(values))
    return int(ctypes.CDLL(None, use_errno=True).prctl(option, *values))


def _program(machine: str) -> bytes:
    """The filter, in the kernel's classic BPF: each few lines decide about one call, or pass on."""
    place = list(_ARCHITECTURES).index(machine)

    def numbers(*tables: dict[str, _Numbers]) -> list[int]:
        found = (each[place] for table in tables for each in table.values())
        return [number for number in found if number is not None]

    lines = [_line(_LOAD, _ARCH_OFFSET), _line(_IF_EQUAL, _ARCHITECTURES[machine], yes=1)]
    lines += [_line(_RETURN, _KILL), _line(_LOAD, _NUMBER)]
    if machine == "x86_64":
        lines += [_line(_IF_AT_LEAST, _X32_CALLS, no=1), _line(_RETURN, _KILL)]
    for number in numbers(_FORBIDDEN):
        lines += [_line(_IF_EQUAL, number, no=1), _line(_RETURN, _EPERM)]
    for number in numbers(_UNKNOWN):
        lines += [_line(_IF_EQUAL, number, no=1), _line(_RETURN, _ENOSYS)]
    for number in numbers(_TO_ITSELF):
        lines += _by_argument(number, 0, _IF_EQUAL, os.getpid(), then=_ALLOW, otherwise=_EPERM)
    for number in numbers(_OF_ITSELF):
        lines += _by_argument(number, 0, _IF_EQUAL, 0, then=_ALLOW, otherwise=_EPERM)
    for number in numbers(_CLONE):
        lines += _by_argument(number, 0, _IF_ANY_BIT, _CLONE_THREAD, then=_ALLOW, otherwise=_EPERM)
    for argument, table in _OPENING.items():
        for number in numbers(table):
            lines += _by_argument(
                number, argument, _IF_ANY_BIT, _OPEN_TO_CHANGE, then=_EPERM, otherwise=_ALLOW
            )
    return b"".join([*lines, _line(_RETURN, _ALLOW)])


def _by_argument(
    number: int, argument: int, comparison: int, value: int, *, then: int, otherwise: int
) -> list[bytes]:
    return [
        _line(_IF_EQUAL, number, no=4),
        _line(_LOAD, _ARGUMENTS + 8 * argument),  # its lower half
        _line(comparison, value, no=1),
        _line(_RETURN, then),
        _line(_RETURN, otherwise),
    ]


def _line(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """struct sock_filter: `yes` and `no` are how many lines a comparison skips."""
    return struct.pack("HBBI", code, yes, no, value)
