#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands where test-qga expects qemu-ga: starts the stock one, and qga-plugind in front of it.

A plugin without a socket claims what test-qga asks first: a request that went astray would fail.
Ends on SIGTERM with 0, as qemu-ga does, if qga-plugind did.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

STOCK = "/usr/sbin/qemu-ga"
ASTRAY = "[Plugin]\nCommands=guest-ping;guest-sync;guest-info;guest-get-time;\nSocket=/no/such\n"


SIGNALS = [signal.SIGTERM, signal.SIGCHLD]


def start(*argv):
    """Children would inherit what is blocked."""
    return subprocess.Popen(
        argv, preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS))


def run(folder, argv):
    at = argv.index("-p") + 1
    inner = folder / "agent"
    (folder / "astray.plugin").write_text(ASTRAY)
    (folder / "none.conf").write_text("[general]\n")
    agent = start(STOCK, *argv[:at], inner, *argv[at + 1:])
    plugind = start(pathlib.Path(sys.argv[0]).parent / "qga-plugind", "-m", "unix-listen",
                    "-p", argv[at], "-s", inner, "-P", folder, "-c", folder / "none.conf")
    signal.sigwait(SIGNALS)
    for process in (plugind, agent):
        process.terminate()
    return plugind.wait() or agent.wait()


def main():
    if "-m" not in sys.argv:
        os.execv(STOCK, [STOCK, *sys.argv[1:]])
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    with tempfile.TemporaryDirectory(prefix="gnf-") as folder:
        return run(pathlib.Path(folder), sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
