# SPDX-License-Identifier: GPL-2.0-or-later
"""The two ways in which hosts talk to an agent, so that a case can be played in both.

"channel/NAME": over the raw channel after Proxmox's manner, a connection for every command;
"virsh/NAME": under libvirt, by qemu-agent-command and virsh's own commands.
"""
import subprocess

from tests.vm import expect
from tests.vm.oneshot import OneShot
from tests.vm.registry import VIRSH, case
from tests.vm.shell import Shell


def on_both(name, **options):
    """Register a function of (stage, machine, shell): machine is the way, shell the second one."""

    def register(function):

        @case(f"channel/{name}", **options)
        def over_the_channel(stage):
            with Shell(stage) as shell, OneShot(stage.guest) as host:
                function(stage, host, shell)

        @case(f"virsh/{name}", VIRSH, **options)
        def by_virsh(stage):
            with Shell(stage) as shell:
                function(stage, stage.guest, shell)

        return over_the_channel, by_virsh

    return register


def virsh(machine, *words, **options):
    """virsh's own command for a domain; what it prints."""
    return machine.host.virsh(words[0], machine.name, *words[1:], **options).stdout


def kill_virsh(machine, seconds, *words):
    """Start virsh, and kill it after so long; whether it was still at work."""
    argv = ["virsh", "-q", "-c", machine.host.uri(), words[0], machine.name, *words[1:]]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        return True
    finally:
        process.kill()
        process.wait()


def freeze(machine):
    """Freeze the file systems of a guest, and see that they are."""
    if hasattr(machine, "host"):
        virsh(machine, "domfsfreeze")
    else:
        expect.same(machine.command("guest-fsfreeze-freeze"), 1, "the number of frozen file systems")
    expect.same(machine.command("guest-fsfreeze-status"), "frozen", "the state")


def thaw(machine):
    if hasattr(machine, "host"):
        virsh(machine, "domfsthaw")
    else:
        expect.same(machine.command("guest-fsfreeze-thaw"), 1, "the number of thawed file systems")
    expect.same(machine.command("guest-fsfreeze-status"), "thawed", "the state")
