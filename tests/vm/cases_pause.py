# SPDX-License-Identifier: GPL-2.0-or-later
"""Between prepare and complete the guest is saved and restored, suspended, or rebooted."""
import base64

from tests.lab.base import LabError
from tests.lab.channel import CommandError
from tests.lab.guest import BOOT_SECONDS, PRIMARY
from tests.vm import expect
from tests.vm.expect import INTERFACES
from tests.vm.oneshot import OneShot
from tests.vm.registry import VIRSH, case
from tests.vm.ways import virsh

SAVE_SECONDS = 120
REBOOT_SECONDS = BOOT_SECONDS + 90  # until a service is killed that does not end
SUSPEND = "systemd-run -q --collect sh -c 'sleep 0.5; echo mem >/sys/power/state'"
REBOOT = {"path": "/bin/systemctl", "arg": ["reboot"]}
ENOUGH = "/run/vm-test-enough"
HALF = b'{"execute": "guest-get-osinfo", "id": "of the host that was"'


def prepare(stage, unplug=True):
    """The NIC out of its bond, and out of the guest; the operation's name."""
    report = stage.prepare()
    expect.done(report, "prepare", "detached")
    if unplug:
        stage.guest.unplug()
    return report["operation"]


def complete(stage, operation, port):
    """The operation is the same one, and comes to its end."""
    expect.same(stage.query()["operation"]["operation"], operation, "the operation")
    if PRIMARY not in stage.guest.nics:
        stage.guest.plug(port)
    report = stage.complete({"operation": operation})
    expect.done(report, "complete", "attached")
    expect.on_primary(stage, INTERFACES[port])
    stage.guest.wait_for(stage.lab.network.ping, "the bond to answer")


# -- saved, which to the guest is a migration ---------------------------------------------------

def save(guest, path):
    """As `virsh save` does it: the machine stops, its state goes to a file."""
    guest.pause()
    guest.qmp.command("migrate-set-capabilities",
                      {"capabilities": [{"capability": "events", "state": True}]})
    since = len(guest.qmp.events)
    guest.qmp.command("migrate", {"uri": f"exec:cat >{path}"})
    guest.qmp.wait_event("MIGRATION", SAVE_SECONDS, since, status="completed")
    guest.agent.close()


def restore(source, path):
    """The guest in another QEMU, running."""
    restored = source.twin("b")
    restored.qmp.command("migrate-incoming", {"uri": f"exec:cat {path}"})
    restored.wait_for(
        lambda: restored.qmp.command("query-status")["status"] == "paused", "the state to be read",
        SAVE_SECONDS)
    restored.resume()
    return restored


def start_program(guest):
    """One that the host starts, and that runs until it is told to end; its pid."""
    guest.sh(f"rm -f {ENOUGH}")
    script = f"until test -e {ENOUGH}; do sleep 0.5; done; echo it ran on"
    arguments = {"path": "/bin/sh", "arg": ["-c", script], "capture-output": True}
    return guest.command("guest-exec", arguments)["pid"]


def end_program(guest, pid):
    """It still runs, ends when it is told to, and what it printed is there."""

    def status():
        done = guest.command("guest-exec-status", {"pid": pid})
        return done if done["exited"] else None  # told once only

    expect.same(status(), None, "how the program ended too early")
    guest.sh(f"touch {ENOUGH}")
    done = guest.wait_for(status, "the program to end")
    output = base64.b64decode(done["out-data"])
    expect.same((done["exitcode"], output), (0, b"it ran on\n"), "how the program ended")


def first_host(guest):
    """Its very first command is answered, and nothing else is: not what the last host left."""
    before, reply = OneShot(guest).exchange("guest-ping", lead=b"\xff", id="new")
    expect.same(reply, b'{"return": {}, "id": "new"}', "the first reply")
    expect.holds(b"of the host that was" not in before, f"half a request was answered: {before!r}")


@case("pause/saved-and-restored", uses_up=True)
def saved(stage):
    """With half a request on its way, and a program of the host's running."""
    source, path = stage.guest, stage.guest.folder / "saved"
    operation = prepare(stage)
    program = start_program(source)
    source.agent.send(HALF)
    save(source, path)
    stage.guest = restore(source, path)
    first_host(stage.guest)
    stage.guest.connect_agent()
    end_program(stage.guest, program)
    expect.on_standby(stage, None)
    complete(stage, operation, "rp2")


@case("virsh/saved-and-restored", VIRSH)
def virsh_saved(stage):
    guest, path = stage.guest, stage.guest.folder / "saved"
    operation = prepare(stage)
    program = start_program(guest)
    virsh(guest, "save", path, timeout=SAVE_SECONDS)
    guest.host.virsh("restore", path, timeout=SAVE_SECONDS)
    guest.wait_boot()
    end_program(guest, program)
    expect.on_standby(stage, None)
    complete(stage, operation, "rp2")


# -- rebooted, suspended ------------------------------------------------------------------------

@case("pause/rebooted")
def rebooted(stage):
    """The record is gone, the boot profile wins, and complete says so in plain words."""
    guest = stage.guest
    operation = prepare(stage)
    boot = guest.read("/proc/sys/kernel/random/boot_id")
    guest.command("guest-exec", REBOOT)
    guest.wait_for(lambda: has_rebooted(guest, boot), "the reboot", REBOOT_SECONDS)
    report = stage.complete({"operation": operation})
    expect.same((report["status"], report["devices"]), ("done", []), "status and devices")
    expect.same(expect.codes(report["warnings"]), ["operation-unknown"], "warnings")
    text = report["warnings"][0]["detail"]
    expect.holds("rebooted" in text and "configuration" in text, f"no plain words: {text}")
    guest.plug("rp1")
    guest.wait_network()
    expect.on_primary(stage, "enp1s0")


def has_rebooted(guest, boot):
    try:
        guest.connect_agent(10)
        return guest.read("/proc/sys/kernel/random/boot_id") != boot
    except (LabError, CommandError):
        return False  # on its way down, or not up yet


@case("pause/suspended", uses_up=True)
def suspended(stage):
    """The NIC stays plugged in, and out of the bond, through a suspend to memory. After one, the
    emulated ACPI neither unplugs nor switches off."""
    guest = stage.guest
    operation = prepare(stage, unplug=False)
    since, mark = len(guest.qmp.events), stage.mark_log()
    guest.sh(SUSPEND)
    guest.qmp.wait_event("SUSPEND", 60, since)
    guest.qmp.command("system_wakeup")
    guest.qmp.wait_event("WAKEUP", 60, since)
    guest.connect_agent()
    if any("virtnet_freeze" in line for line in stage.kernel_log(mark)):
        stage.progress("the kernel broke its virtio NIC in the suspend (seen with Linux 6.12)")
    else:
        guest.wait_for(stage.lab.network.ping, "the bond to answer")
    expect.on_standby(stage, "enp1s0")
    complete(stage, operation, "rp1")
