"""Programs measured from outside: one core, their CPU time and their memory. Linux."""

import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SETTINGS = ("CHATKEEP_", "OPENAI_", "LLM_", "GEMINI_", "OPENROUTER_")


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended well.

    Attributes:
        cpu: seconds of CPU, in user and system mode, of it and the processes it started.
        seconds: on the clock; others' work on the machine counts.
        peak: the most resident memory that any one process of it had, in bytes.
    """

    output: str
    cpu: float
    seconds: float
    peak: int


def run(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    deadline: float,
    accept: tuple[int, ...] = (0,),
) -> Finished:
    """Run `command` on one core, without the settings of the machine's owner.

    Args:
        deadline: seconds it may take.
        accept: exit codes that are no failure.

    Raises:
        SystemExit: it failed, or was late.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    core = {min(os.sched_getaffinity(0))}
    mine = os.sched_getaffinity(0)
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        os.sched_setaffinity(0, core)  # children inherit it
        try:
            process = subprocess.Popen(
                command, env={**inherited, **(environment or {})}, stdout=output, stderr=errors, text=True
            )
        finally:
            os.sched_setaffinity(0, mine)
        status, usage = _wait(process, command, began + deadline)
        output.seek(0)
        errors.seek(0)
        code = os.waitstatus_to_exitcode(status)
        if code not in accept:
            raise SystemExit(f"{' '.join(command)} failed ({code}):\n{errors.read()[-2000:]}")
        seconds = time.perf_counter() - began
        return Finished(output.read(), usage.ru_utime + usage.ru_stime, seconds, usage.ru_maxrss * 1024)


def _wait(
    process: "subprocess.Popen[str]", command: Sequence[str], until: float
) -> tuple[int, resource.struct_rusage]:
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return status, usage
        if time.perf_counter() > until:
            process.send_signal(signal.SIGKILL)
            process.wait()
            raise SystemExit(f"{' '.join(command)} took too long.")
        time.sleep(0.02)
