# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests under libvirt: a libvirtd of the lab's own, and a Machine driven by virsh alone.

The daemon runs in the lab's network namespace and in a mount namespace where /run, /etc/libvirt,
/var/lib/libvirt and /var/log/libvirt are the lab's folders: it knows nothing of the machine's own
libvirt, nor the other way round. Domains die with the lab.
"""

import contextlib
import json
import re
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

from tests.lab import initramfs
from tests.lab.base import LabError, stop_process, tail, wait_until
from tests.lab.channel import CommandError
from tests.lab.guest import (
    BOOT_SECONDS,
    PRIMARY,
    PRIMARY_MAC,
    ROOT_PORTS,
    STANDBY,
    UNPLUG_SECONDS,
    Nic,
    favour,
)
from tests.lab.image import make_overlay
from tests.lab.machine import Machine
from tests.lab.network import BRIDGE

PRIVATE = ("/run", "/etc/libvirt", "/var/lib/libvirt", "/var/log/libvirt", "/var/cache/libvirt")
QEMU_CONF = """security_driver = "none"
user = "+0"
group = "+0"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = [ ]
stdio_handler = "file"
namespaces = [ ]
"""
DAEMON_CONF = """auth_unix_rw = "none"
log_outputs = "3:stderr"
host_uuid = "{uuid}"
"""
NIC = """<interface type='bridge'>
  <mac address='{mac}'/>
  <source bridge='{bridge}'/>
  <model type='{model}'/>
  <rom enabled='no'/>
  <alias name='ua-{id}'/>
  <address type='pci' domain='0x0000' bus='{bus:#04x}' slot='0x00' function='0x0'/>
</interface>
"""
ROOT_PORT = """<controller type='pci' index='{index}' model='pcie-root-port'>
  <target chassis='{index}' port='{slot:#x}'/>
  <address type='pci' domain='0x0000' bus='0x00' slot='{slot:#04x}' function='0x0'/>
</controller>
"""
DOMAIN = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{line}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='unsafe'/>
      <source file='{disk}'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x03' function='0x0'/>
    </disk>
    <controller type='virtio-serial' index='0'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x04' function='0x0'/>
    </controller>
    <controller type='usb' model='none'/>
    <controller type='pci' index='0' model='pcie-root'/>
    {ports}{nics}
    <serial type='file'><source path='{console}'/><target port='0'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <memballoon model='none'/>
  </devices>
</domain>
"""
ACCOUNTS = {
    "/etc/passwd": "libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin\n",
    "/etc/group": "libvirt-qemu:x:64055:\n",
}
MODELS = {PRIMARY: "e1000e", STANDBY: "virtio"}
ERROR = re.compile(r"unable to execute QEMU agent command '[^']*': (.*)", re.DOTALL)


def nic_xml(nic):
    """A NIC, as libvirt plugs it in."""
    bus = list(ROOT_PORTS).index(nic.port) + 1
    return NIC.format(mac=nic.mac, bridge=BRIDGE, model=MODELS[nic.id], id=nic.id, bus=bus)


class Libvirt:
    """One host: a libvirtd on the lab's wire. Lab.libvirt_guest() starts it when needed, and
    Lab.other_host() another one, to migrate to."""

    def __init__(self, lab, name="libvirt", network=None):
        self.network = network or lab.network
        self.name = name
        self.folder = lab.folder / name
        self.log = self.folder / "libvirtd.log"
        self.process = None
        self.script = ""

    def start(self):
        self._prepare()
        self.run()
        return self

    def _prepare(self):
        binds = [f"hostname {self.name}"]
        for path in PRIVATE:
            inside = self.folder / path.lstrip("/")
            inside.mkdir(parents=True)
            binds.append(f"mkdir -p {path} && mount --bind {inside} {path}")
        binds += [self._bind_account_file(path) for path in ("/etc/passwd", "/etc/group")]
        (self.folder / "etc/libvirt/qemu.conf").write_text(QEMU_CONF)
        # libvirt does not migrate to a host of the same name or UUID.
        uuid = uuid5(NAMESPACE_DNS, self.name)
        (self.folder / "etc/libvirt/libvirtd.conf").write_text(DAEMON_CONF.format(uuid=uuid))
        self.script = " && ".join([*binds, "exec /usr/sbin/libvirtd"])

    def run(self):
        """Start the daemon, the first time or after kill(): its domains have run on."""
        with open(self.log, "ab") as log:
            # As guest.py: its guests run as it does.
            self.process = subprocess.Popen(
                ["nice", "-n", "-10", *self.network.inside("unshare", "--uts", "sh", "-c",
                                                           self.script)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        try:
            wait_until(self._answers, 30, "libvirtd to answer")
        except LabError as error:
            raise LabError(f"{error}\n{tail(self.log)}") from error

    def kill(self):
        """As if it had crashed."""
        self.process.kill()
        self.process.wait()

    def _bind_account_file(self, path):
        """libvirtd insists on Debian's user for QEMU, which only its system package creates."""
        inside = self.folder / path.lstrip("/")
        text = Path(path).read_text()
        inside.write_text(text + ("" if "\nlibvirt-qemu:" in text else ACCOUNTS[path]))
        return f"mount --bind {inside} {path}"

    def _answers(self):
        if self.process.poll() is not None:
            raise LabError(f"libvirtd ended ({self.process.returncode})")
        return self.virsh("uri", check=False).returncode == 0

    def uri(self):
        return f"qemu:///system?socket={self.folder}/run/libvirt/libvirt-sock"

    def virsh(self, *arguments, timeout=60, check=True):
        """Run virsh against this host; the CompletedProcess."""
        argv = ["virsh", "-q", "-c", self.uri(), *[str(word) for word in arguments]]
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout
        )
        if check and done.returncode != 0:
            raise LabError(f"'virsh {' '.join(argv[4:])}' failed: {done.stderr.strip()}")
        return done

    def favour(self, name):
        """As guest.py does with its own: a guest of this host, which may just be coming here."""
        with contextlib.suppress(FileNotFoundError):
            favour((self.folder / f"run/libvirt/qemu/{name}.pid").read_text().strip())

    def stop(self):
        stop_process(self.process)


class LibvirtGuest(Machine):
    """A domain. The same surface as guest.Guest, as far as a host tool has it."""

    def __init__(self, lab, host, name, config):
        self.lab = lab
        self.host = host
        self.name = name
        self.config = config
        self.folder = lab.folder / name
        self.folder.mkdir()
        self.console = self.folder / "console.log"
        self.nics = {nic.id: nic for nic in config.nics}

    def start(self):
        image = self.config.image
        disk, initrd = self.folder / "disk.qcow2", self.folder / "initrd"
        make_overlay(image, disk)
        files = initramfs.files_archive(self.config.files)
        initrd.write_bytes(image.initrd.read_bytes() + files)
        ports = [
            ROOT_PORT.format(index=index, slot=slot)
            for index, slot in enumerate(ROOT_PORTS.values(), 1)
        ]
        xml = self.folder / "domain.xml"
        xml.write_text(DOMAIN.format(
            name=self.name, memory=self.config.memory, kernel=image.kernel, initrd=initrd,
            line=self.config.kernel_line, disk=disk, console=self.console, ports="".join(ports),
            nics="".join(nic_xml(nic) for nic in self.nics.values()),
        ))
        self.host.virsh("create", xml)
        self.host.favour(self.name)
        return self

    def stop(self):
        self.host.virsh("destroy", self.name, check=False)

    def failure_notes(self):
        """What to print when a test with this guest failed."""
        return f"--- {self.name}: end of the console\n{tail(self.console, 30)}\n" \
               f"--- libvirtd said\n{tail(self.host.log, 10)}"

    # -- agent ------------------------------------------------------------------------------

    def agent_command(self, text, *options):
        """virsh qemu-agent-command with that very text; the CompletedProcess."""
        return self.host.virsh("qemu-agent-command", self.name, text, *options, check=False)

    def command(self, name, arguments=None, timeout=None):
        """As Machine.command, by virsh; timeout None is virsh's own default (5 s)."""
        message = {"execute": name} | ({"arguments": arguments} if arguments is not None else {})
        options = ["--timeout", timeout] if timeout is not None else []
        done = self.agent_command(json.dumps(message), *options)
        if done.returncode == 0:
            return json.loads(done.stdout)["return"]
        found = ERROR.search(done.stderr)
        if not found:
            raise LabError(f"virsh qemu-agent-command {name}: {done.stderr.strip()}")
        raise CommandError(name, {"desc": found.group(1).strip()})

    def wait_boot(self, timeout=BOOT_SECONDS):
        """Wait until the agent answers through libvirt."""

        def attempt():
            return self.agent_command('{"execute":"guest-ping"}').returncode == 0

        wait_until(attempt, timeout, f"the agent of {self.name} to answer virsh", 0.5)
        return self

    # -- devices ----------------------------------------------------------------------------

    def unplug(self, device=PRIMARY, timeout=UNPLUG_SECONDS):
        """virsh detach-device, and wait until the domain is without it. Returns the seconds."""
        start = time.monotonic()
        self.host.virsh("detach-device", self.name, self._nic_file(device), "--live")
        self.gone(device, timeout)
        return time.monotonic() - start

    def gone(self, device=PRIMARY, timeout=UNPLUG_SECONDS):
        """Wait until the domain is without a NIC that the guest was asked, or wants, to let go."""
        mac = self.nics[device].mac
        wait_until(
            lambda: not self._has_alias(f"ua-{device}"), timeout, f"the guest to let go of {mac}"
        )
        del self.nics[device]

    def plug(self, port="rp1", mac=PRIMARY_MAC, device=PRIMARY):
        """virsh attach-device into a root port; the guest sees it later."""
        self.nics[device] = Nic(device, port, mac)
        self.host.virsh("attach-device", self.name, self._nic_file(device), "--live")

    def set_link(self, device, up):
        """Pull or plug a NIC's cable."""
        state = "up" if up else "down"
        self.host.virsh("domif-setlink", self.name, self.nics[device].mac, state)

    def _nic_file(self, device):
        path = self.folder / f"{device}.xml"
        path.write_text(nic_xml(self.nics[device]))
        return path

    def _has_alias(self, alias):
        domain = ElementTree.fromstring(self.host.virsh("dumpxml", self.name).stdout)
        return any(node.get("name") == alias for node in domain.findall(".//interface/alias"))
