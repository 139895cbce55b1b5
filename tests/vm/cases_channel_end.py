# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands that get no reply, and virsh's own commands for an agent.

Shutdown comes last in a stage: there is no guest afterwards.
"""
from tests.lab.channel import CommandError
from tests.runner.cases import Failed
from tests.vm import expect
from tests.vm.oneshot import OneShot
from tests.vm.registry import VIRSH, case
from tests.vm.stage import PREFIX
from tests.vm.ways import virsh

SLEEP_SECONDS = 60  # a guest on a busy machine takes some to go down, and up again


@case("virsh/commands-of-its-own", VIRSH)
def virsh_commands(stage):
    """Those that ask the agent, as a table or a word each; then the channel is as before."""
    guest = stage.guest
    info = virsh(guest, "guestinfo")
    for words in ("os.id", "hostname", "timezone.offset", "fs.count", "if.count"):
        expect.holds(words in info, f"guestinfo says nothing of {words}:\n{info}")
    there = int(guest.sh("date +%s").out)
    asked = int(virsh(guest, "domtime").split()[1])
    expect.holds(abs(asked - there) < 60, f"domtime says {asked}, date {there}")
    virsh(guest, "domtime", "--sync")
    expect.same(virsh(guest, "domhostname", "--source", "agent").strip(), "guest", "the host name")
    expect.holds("10.77." in virsh(guest, "domifaddr", "--source", "agent"), "no address")
    expect.holds("ext4" in virsh(guest, "domfsinfo"), "no root file system")
    guest.command(PREFIX + "query")


@case("channel/suspend-and-shutdown", uses_up=True)
def suspend_and_shutdown(stage):
    host = OneShot(stage.guest)
    stage.guest.agent.close()
    # On failure they do answer.
    refused(host, "guest-shutdown", {"mode": "sideways"}, "mode is invalid")
    refused(host, "guest-suspend-ram", {"now": True}, "Parameter 'now' is unexpected")
    suspend(stage.guest, host)
    expect.same(host.command("guest-ping"), {}, "the reply to guest-ping")
    host.command(PREFIX + "query")
    shut_down(stage.guest, host)


def refused(machine, name, arguments, words):
    try:
        reply = machine.command(name, arguments)
    except CommandError as error:
        expect.holds(error.desc.startswith(words), f"{name} says {error.desc!r}")
        return
    raise Failed(f"{name} with {arguments} was not refused: {reply}")


def suspend(guest, host):
    since = len(guest.qmp.events)
    host.silent("guest-suspend-ram", None,
                lambda: guest.qmp.wait_event("SUSPEND", SLEEP_SECONDS, since))
    guest.qmp.command("system_wakeup")
    guest.qmp.wait_event("WAKEUP", SLEEP_SECONDS, since)


def shut_down(guest, host):
    """After a sleep the emulated ACPI switches nothing off any more: the guest's kernel, at its
    end, resets instead. Either way QEMU ends, by the guest's doing."""
    guest.qmp.command("set-action", {"reboot": "shutdown"})
    since = len(guest.qmp.events)
    host.silent("guest-shutdown", {"mode": "powerdown"}, lambda: guest.process.wait(SLEEP_SECONDS))
    guest.qmp.wait_event("SHUTDOWN", 5, since, guest=True)


@case("virsh/shutdown", VIRSH, uses_up=True)
def virsh_shutdown(stage):
    guest = stage.guest
    virsh(guest, "shutdown", "--mode", "agent")
    guest.wait_for(lambda: state(guest) == "", "power off", SLEEP_SECONDS)


def state(guest):
    """libvirt's word for it; "" for a domain that is no more."""
    return guest.host.virsh("domstate", guest.name, check=False).stdout.strip()
