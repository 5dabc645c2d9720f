"""What one document may cost, and how a child holds itself to it.

The kernel keeps these limits, so they hold in native code as well. The parent's clock stands behind them.
"""

import math
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_OPEN_FILES = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost.

    Attributes:
        memory: bytes, beyond what a child needs before it has read anything.
        seconds: from the moment the child has it, by the clock; and of processor time.
        characters: the most text one document may have.
    """

    memory: int = 512 * 2**20
    seconds: float = 60.0
    characters: int = 20 * 2**20


def settle(limits: Limits) -> None:
    """For the whole life of this process: no more memory than this, no files written, no core dumped.

    The memory is counted in address space, from what is in use now: what is imported later counts.
    """
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    in_use = _address_space()
    if in_use is not None:
        _lower(resource.RLIMIT_AS, in_use + limits.memory)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writing a file fails with an error then


def wind_up(limits: Limits) -> None:
    """Give this process the processor time of one more document; with it spent, the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + limits.seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))


def _lower(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    with suppress(ValueError, OSError):  # some systems know a limit and do not let it be set
        resource.setrlimit(which, (value, value))


def _address_space() -> int | None:
    """Bytes this process has mapped; None where the system does not tell (macOS, which ignores the limit)."""
    if sys.platform != "linux":
        return None
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
