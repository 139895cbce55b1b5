# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest under plain QEMU: boot, hot-plug, links, live migration.

The pass-through NIC ("primary") is an e1000e and the para-virtual one ("standby") a virtio-net,
each alone on a PCIe root port. Ports rp1 to rp4 are the guest's enp1s0 to enp4s0.
"""

import contextlib
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.lab import initramfs
from tests.lab.base import LabError, stop_process, tail, wait_until
from tests.lab.channel import Agent, Qmp
from tests.lab.image import Image, make_overlay
from tests.lab.machine import Machine

PRIMARY = "primary"
STANDBY = "standby"
PRIMARY_MAC = "52:54:00:77:00:01"
STANDBY_MAC = "52:54:00:77:00:02"
ROOT_PORTS = {"rp1": 0x10, "rp2": 0x11, "rp3": 0x12, "rp4": 0x13}
MORE_PORTS = {"rp5": 0x14, "rp6": 0x15, "rp7": 0x16, "rp8": 0x17}  # only where a NIC boots there
# Nothing here needs them, and each is a second or so of an emulated boot.
MASKED = (
    "dev-hugepages.mount", "dev-mqueue.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    "sys-fs-fuse-connections.mount", "sys-kernel-config.mount", "modprobe@configfs.service",
    "modprobe@dm_mod.service", "modprobe@drm.service", "modprobe@efi_pstore.service",
    "modprobe@fuse.service", "modprobe@loop.service", "systemd-random-seed.service", "ldconfig.service",
    "systemd-update-utmp.service", "systemd-journal-catalog-update.service",
)
KERNEL_LINE = (
    "console=ttyS0 quiet panic=-1 mitigations=off systemd.show_status=auto "
    # on a busy machine the emulated timer may not tick while the kernel checks it
    "no_timer_check "
    # -cpu max offers what makes udev load these; none is of use here, and ciphers test themselves
    "module_blacklist=kvm,kvm_amd,kvm_intel,aesni_intel,ghash_clmulni_intel,sha512_ssse3,sha256_ssse3,"
    "sha1_ssse3,crct10dif_pclmul,crc32_pclmul,acpi_cpufreq,powernow_k8,ccp,iTCO_wdt,lpc_ich,"
    "psmouse,i2c_i801 "
    # else replies count against the kernel's ICMP socket until QEMU has sent them, and some 200 ms
    # of a busy host make it refuse more (Icmp OutErrors)
    "virtio_net.napi_tx=0 "
    # else the guest itself drops a frame (CoDel) that waited 100 ms for a QEMU that had no processor
    "sysctl.net.core.default_qdisc=pfifo_fast "
    + " ".join(f"systemd.mask={unit}" for unit in MASKED)
)
BOOT_SECONDS = 300  # 17 s on an idle machine; four guests on two busy cores were seen to need 150
UNPLUG_SECONDS = 30  # native pciehp takes 6.3 s of it


def favour(pid):
    """Where the kernel schedules by session (sched_autogroup_enabled), nice only counts within one:
    this is the same for a whole session."""
    with contextlib.suppress(FileNotFoundError):
        Path(f"/proc/{pid}/autogroup").write_text("-10")


@dataclass
class Nic:
    """A NIC to boot with or to plug: its device id, its root port, its MAC, its kind, or QEMU's name
    of another; and what else QEMU is told of one to boot with ("addr=0x0.1")."""

    id: str
    port: str
    mac: str
    paravirtual: bool = False
    model: str = "e1000e"
    properties: str = ""

    @property
    def driver(self):
        """QEMU's name of the device."""
        return "virtio-net-pci" if self.paravirtual or self.id == STANDBY else self.model


@dataclass
class Config:
    """What a guest is made of; NICs are those it starts with."""

    image: Image
    files: dict = field(default_factory=dict)
    nics: list = field(default_factory=list)
    memory: int = 512
    options: list = field(default_factory=list)
    kernel_line: str = KERNEL_LINE


class Guest(Machine):
    """One QEMU process. Made by Lab.guest(); Lab ends it."""

    def __init__(self, lab, name, config, shared=None):
        self.lab = lab
        self.name = name
        self.config = config
        self.folder = lab.folder / name
        self.folder.mkdir()
        self.overlay = shared.overlay if shared else self.folder / "disk.qcow2"
        self.initrd = shared.initrd if shared else self.folder / "initrd"
        self.console = self.folder / "console.log"
        self.qmp = Qmp(self.folder / "qmp", name)
        self.agent = Agent(self.folder / "agent", name)
        self.nics = {nic.id: nic for nic in config.nics}
        self.process = None

    # -- life -------------------------------------------------------------------------------

    def start(self, incoming=False):
        """Start QEMU (and nothing more: see wait_boot). incoming: wait for a migration."""
        if not incoming:
            make_overlay(self.config.image, self.overlay)
            files = initramfs.files_archive(self.config.files)
            self.initrd.write_bytes(self.config.image.initrd.read_bytes() + files)
        for nic in self.nics.values():
            self.lab.network.add_tap(self.tap(nic.id))
        argv = self._argv() + (["-incoming", "defer"] if incoming else [])
        with open(self.folder / "qemu.log", "wb") as log:
            # Ahead of compilers and the like: a starved guest loses packets of its own accord.
            self.process = subprocess.Popen(
                ["nice", "-n", "-10", *self.lab.network.inside(*argv)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        favour(self.process.pid)
        self.qmp.open(20)
        return self

    def wait_boot(self, timeout=BOOT_SECONDS):
        """Wait until an agent in the guest has opened its port and answers."""
        self.qmp.wait_event("VSERPORT_CHANGE", timeout, open=True)
        return self.connect_agent(timeout)

    def connect_agent(self, timeout=60):
        """(Re)connect to the agent channel; asks again while the guest's side is starting."""

        def attempt():
            try:
                return self.agent.open(5)
            except LabError:
                return None

        wait_until(attempt, timeout, f"the agent of {self.name} to answer")
        return self

    def pause(self):
        """Stop the guest's CPU, and its clock, until resume()."""
        self.qmp.command("stop")

    def resume(self):
        self.qmp.command("cont")

    def stop(self):
        """End the QEMU process, as by pulling the plug."""
        self.agent.close()
        self.qmp.close()
        stop_process(self.process)
        for nic in self.nics:
            self.lab.network.remove_tap(self.tap(nic))

    def failure_notes(self):
        """What to print when a test with this guest failed."""
        return f"--- {self.name}: end of the console\n{tail(self.console, 30)}\n" \
               f"--- {self.name}: QEMU said\n{tail(self.folder / 'qemu.log', 10)}"

    # -- agent ------------------------------------------------------------------------------

    def command(self, name, arguments=None, timeout=10):
        return self.agent.command(name, arguments, timeout)

    # -- devices ----------------------------------------------------------------------------

    def unplug(self, device=PRIMARY, timeout=UNPLUG_SECONDS):
        """Hot-unplug a NIC and wait until the guest has let go. Returns the seconds it took."""
        start, since = time.monotonic(), len(self.qmp.events)
        self.qmp.command("device_del", {"id": device})
        self.gone(device, timeout, since)
        return time.monotonic() - start

    def gone(self, device=PRIMARY, timeout=UNPLUG_SECONDS, since=0):
        """Wait until the guest has let go of a NIC, asked to or by itself, and take it away. since:
        as for wait_event."""
        self.qmp.wait_event("DEVICE_DELETED", timeout, since, device=device)
        self.qmp.command("netdev_del", {"id": f"net-{device}"})
        self.lab.network.remove_tap(self.tap(device))
        del self.nics[device]

    def plug(self, port="rp1", mac=PRIMARY_MAC, device=PRIMARY, model="e1000e", **properties):
        """Hot-plug a NIC into a root port. Returns at once; the guest sees it later. properties: more
        of device_add's arguments."""
        tap, nic = self.tap(device), Nic(device, port, mac, model=model)
        self.lab.network.add_tap(tap)
        self.qmp.command("netdev_add", {
            "type": "tap", "id": f"net-{device}", "ifname": tap, "script": "no",
            "downscript": "no",
        })
        self.qmp.command("device_add", {
            "driver": nic.driver, "id": device, "bus": port, "mac": mac,
            "netdev": f"net-{device}", "romfile": "", **properties,
        })
        self.nics[device] = nic

    def tap(self, device):
        """The name of the tap behind a NIC."""
        return f"{self.name}-{device}"

    def set_link(self, device, up):
        """Pull or plug a NIC's cable."""
        self.qmp.command("set_link", {"name": device, "up": up})

    # -- migration --------------------------------------------------------------------------

    def twin(self, name="b"):
        """A destination for this guest: same machine, same disk, waiting; with the standby only
        (a guest that holds a pass-through device cannot be migrated)."""
        nics = [nic for nic in self.config.nics if nic.id != PRIMARY]
        other = Guest(self.lab, name, replace(self.config, nics=nics), shared=self)
        self.lab.guests.append(other)
        return other.start(incoming=True)

    def migrate(self, target, timeout=60):
        """Migrate live to a twin and wait until it runs there and its agent channel is up.

        This QEMU process stays, paused, as a source host does until it cleans up: its taps stay
        on the wire. Returns what QEMU says of the migration (total-time, downtime, in ms).
        """
        if PRIMARY in self.nics:
            raise LabError(f"{self.name} still holds its pass-through NIC")
        uri = f"unix:{target.folder / 'migration'}"
        target.qmp.command("migrate-incoming", {"uri": uri})
        events = {"capabilities": [{"capability": "events", "state": True}]}
        self.qmp.command("migrate-set-capabilities", events)
        self.qmp.command("migrate-set-parameters", {"max-bandwidth": 1 << 30})
        since = len(self.qmp.events)
        self.qmp.command("migrate", {"uri": uri})
        status = ""
        while status != "completed":
            event = self.qmp.wait_event("MIGRATION", timeout, since)
            since = self.qmp.events.index(event) + 1
            status = event["data"]["status"]
            if status in ("failed", "cancelled"):
                raise LabError(f"migration of {self.name} {status}")
        target.qmp.wait_event("RESUME", timeout)
        self.agent.close()
        return self.qmp.command("query-migrate")

    # -- command line -----------------------------------------------------------------------

    def _argv(self):
        image = self.config.image
        argv = ["qemu-system-x86_64", "-name", self.name, "-nodefaults", "-no-user-config"]
        argv += ["-display", "none", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"]
        argv += ["-smp", "1", "-m", str(self.config.memory)]
        argv += ["-kernel", image.kernel, "-initrd", self.initrd, "-append",
                 self.config.kernel_line]
        argv += ["-qmp", f"unix:{self.qmp.path},server=on,wait=off"]
        argv += ["-serial", f"file:{self.console}"]
        argv += ["-drive", f"file={self.overlay},format=qcow2,if=none,id=disk,cache=unsafe,"
                 "file.locking=off"]
        argv += ["-device", "virtio-blk-pci,drive=disk,addr=0x3"]
        # Not the usual 31: at a resume each is a notifier for the emulator and an interrupt. Tests add
        # some to the one.
        argv += ["-device", "virtio-serial-pci,max_ports=8,addr=0x4"]
        argv += ["-chardev", f"socket,id=agent,path={self.agent.path},server=on,wait=off"]
        argv += ["-device", "virtserialport,id=agent,chardev=agent,name=org.qemu.guest_agent.0"]
        more = {nic.port for nic in self.nics.values()} & set(MORE_PORTS)
        ports = ROOT_PORTS | (MORE_PORTS if more else {})
        for number, (port, address) in enumerate(ports.items(), 1):
            argv += ["-device", f"pcie-root-port,id={port},chassis={number},slot={number},"
                     f"addr={address:#x}"]
        for nic in self.nics.values():
            argv += ["-netdev", f"tap,id=net-{nic.id},ifname={self.tap(nic.id)},script=no,"
                     "downscript=no"]
            argv += ["-device", f"{nic.driver},id={nic.id},netdev=net-{nic.id},"
                     f"mac={nic.mac},bus={nic.port},romfile=" + (nic.properties and
                                                                 f",{nic.properties}")]
        return [str(word) for word in argv + self.config.options]
