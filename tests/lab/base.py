# SPDX-License-Identifier: GPL-2.0-or-later
"""What every part of the lab needs: where things are, how to wait, how to run a command.

Every wait in the lab goes through a Deadline, so each has an end and says what it waited for.
"""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
CACHE = BUILD / "cache"
LOGS = BUILD / "logs"
# A developer with a build of their own points the lab at it.
MESON = Path(os.environ.get("LAB_MESON", BUILD / "meson"))


class LabError(Exception):
    """The lab itself failed: a guest that does not boot, a device that does not go away."""


@contextlib.contextmanager
def locked(name):
    """Two runs at a time may want the same thing made: one makes it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Deadline:
    """A point in time and what is expected to have happened by then."""

    def __init__(self, seconds, what):
        self.seconds = seconds
        self.what = what
        self.end = time.monotonic() + seconds

    def left(self):
        """Seconds left, more than 0; raises LabError once there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise LabError(f"after {self.seconds:g} s still waiting for {self.what}")
        return left


def wait_until(condition, seconds, what, interval=0.1):
    """The first true value of condition(); it is asked until the deadline, then LabError."""
    deadline = Deadline(seconds, what)
    while True:
        value = condition()
        if value:
            return value
        time.sleep(min(interval, deadline.left()))


def run(argv, timeout=60, log=None, **options):
    """Run a host command; LabError with its stderr when it fails. Returns stdout."""
    argv = [str(word) for word in argv]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, **options
        )
    except subprocess.TimeoutExpired as error:
        raise LabError(f"'{' '.join(argv)}' did not end within {timeout} s") from error
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        tail = (done.stderr or done.stdout)[-2000:].strip()
        raise LabError(f"'{' '.join(argv)}' failed ({done.returncode}): {tail}")
    return done.stdout


def stop_process(process, patience=3):
    """End a child for certain: SIGTERM, then SIGKILL, and reap it."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def tail(path, lines=40):
    """The end of a log file, for messages."""
    try:
        text = Path(path).read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.replace("\r", "").splitlines()[-lines:])


def dump_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2) + "\n")


class Progress:
    """Lines with the seconds elapsed since the command line was started."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.start = time.monotonic() - float(os.environ.get("LAB_ELAPSED", "0"))

    def __call__(self, text):
        if not self.quiet:
            print(f"[{time.monotonic() - self.start:4.0f} s] {text}", file=sys.stderr, flush=True)


def silent(_text):
    """A progress that shows nothing."""
