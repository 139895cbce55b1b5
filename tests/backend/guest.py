# SPDX-License-Identifier: GPL-2.0-or-later
"""A kernel with bonding for the backend suite: Debian's own, booted over this machine's files.

The guest's root is this machine's root directory, read-only by 9p, so test programs and their
libraries run from where they were built; /tmp and /run are its own. Kernel and busybox come from
the machine's apt sources, once, into build/cache/backend.
"""

import lzma
import os
import re
import shlex
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from tests.lab.base import locked  # noqa: E402  (needs the path above)
from tests.lab.initramfs import cpio  # noqa: E402

CACHE = ROOT / "build" / "cache" / "backend"
# What mounts the root and carries the output, then what the tests use.
MODULES = (
    "virtio_pci",
    "9pnet_virtio",
    "9p",
    "virtio_console",
    "virtio_net",
    "e1000e",
    "bonding",
    "veth",
    "dummy",
    "bridge",
    "macvlan",
    "8021q",
)
OPTIONS = {"bonding": "max_bonds=0"}
# What build/cache/backend was made of: anything else is made anew.
STAMP = "vmlinux " + " ".join(MODULES)
BOOT_SECONDS = 60
FIRST = "addr=10.0,multifunction=on"  # both of the primaries in one slot
INIT = """#!/bin/busybox sh
# Loads the modules, mounts the host's root read-only, runs each program, powers off.
b=/bin/busybox
$b mount -t devtmpfs devtmpfs /dev
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
exec >/dev/console 2>&1 </dev/console
while read -r line; do $b insmod $line; done </modules/order
$b mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=524288 host /root
# A build that lies below /tmp is not to be hidden by the guest's own.
$b mount -o bind /root{folder} /programs-folder
for folder in tmp run; do $b mount -t tmpfs tmpfs /root/$folder; done
$b mkdir -p /root{folder}
$b mount -o bind /programs-folder /root{folder}
for folder in dev proc sys; do $b mount -o bind /$folder /root/$folder; done
exec >/dev/vport0p1 2>&1
while read -r program; do
    echo "#program $program"
    $b timeout {seconds} $b chroot /root /usr/bin/env {environment} $program
    echo "#exit $?"
done </programs
$b poweroff -f
"""


class GuestError(Exception):
    """The guest could not be made or booted: no test has been run."""


def _run(argv, **options):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise GuestError(f"'{shlex.join(map(str, argv))}' failed: {done.stderr.strip()[-1000:]}")
    return done.stdout


def _download(package, folder):
    """The .deb of a package, from the machine's own apt sources."""
    command = ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package]
    try:
        _run(command, cwd=folder)
    except GuestError:
        _run(["apt-get", "-q", "update"])
        _run(command, cwd=folder)
    return next(Path(folder).glob(f"{package}_*.deb"))


def _extract(package, into):
    """Unpack what of a package the guest needs."""
    with tempfile.TemporaryDirectory() as folder:
        deb = _download(package, folder)
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb], stdout=subprocess.PIPE) as tar:
            wanted = ("./boot/vmlinuz-*", "*.ko", "*.ko.xz", "./bin/busybox", "./usr/bin/busybox")
            # tar complains of the patterns that match nothing
            command = ["tar", "-xC", into, "--wildcards", "--no-anchored", *wanted]
            subprocess.run(command, stdin=tar.stdout, stderr=subprocess.DEVNULL, check=False)


def _kernel_package():
    text = _run(["apt-cache", "depends", "linux-image-amd64"])
    match = re.search(r"Depends: (linux-image-\S+)", text)
    if not match:
        raise GuestError("apt knows no linux-image-amd64: run 'apt-get update'")
    return match[1]


def _module_files(tree):
    return {path.name.split(".ko")[0].replace("-", "_"): path for path in tree.rglob("*.ko*")}


def _load_order(files):
    """The modules and what they need, each after what it needs."""
    order = []

    def add(name):
        if name not in files:
            raise GuestError(f"the guest's kernel has no module {name}")
        needs = re.search(rb"\0depends=([^\0]*)\0", files[name].read_bytes())
        for need in needs[1].decode().split(",") if needs and needs[1] else ():
            add(need.replace("-", "_"))
        if name not in order:
            order.append(name)

    for module in MODULES:
        add(module)
    return order


def _uncompressed(image):
    """
    The ELF kernel within a bzImage (Documentation/x86/boot.rst: setup_sects, payload_offset,
    payload_length), which QEMU boots by PVH: emulated, xz takes 4 s of the 6 s to /init. An image
    compressed otherwise is left as it is.
    """
    sectors = (image[0x1F1] or 4) + 1
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[sectors * 512 + offset :][:length]
    if not payload.startswith(b"\xfd7zXZ\0"):
        return image
    return lzma.LZMADecompressor(format=lzma.FORMAT_XZ).decompress(payload)


def _make_base(target):
    """kernel and base.cpio: everything of the guest that is the same each time."""
    with tempfile.TemporaryDirectory() as folder:
        for package in (_kernel_package(), "busybox-static"):
            _extract(package, folder)
        tree = Path(folder)
        files = _module_files(tree)
        order = _load_order(files)
        lines = [f"/modules/{name}.ko {OPTIONS.get(name, '')}".rstrip() + "\n" for name in order]
        entries = {
            "bin/busybox": (stat.S_IFREG | 0o755, next(tree.rglob("bin/busybox")).read_bytes()),
            "modules/order": (stat.S_IFREG | 0o644, "".join(lines).encode()),
        }
        for name in order:
            entries[f"modules/{name}.ko"] = (stat.S_IFREG | 0o644, files[name].read_bytes())
        for empty in ("dev", "proc", "sys", "root"):
            entries[empty] = (stat.S_IFDIR | 0o755, b"")
        (target / "base.cpio").write_bytes(cpio(entries))
        image = next(tree.glob("boot/vmlinuz-*")).read_bytes()
        (target / "kernel").write_bytes(_uncompressed(image))
        (target / "stamp").write_text(STAMP)


def ensure():
    """The folder with kernel and base.cpio, made on the first call."""
    made = CACHE / "stamp"
    with locked("backend"):
        if not made.exists() or made.read_text() != STAMP:
            CACHE.mkdir(parents=True, exist_ok=True)
            _make_base(CACHE)
    return CACHE


def _build_of(folder):
    """The build that a folder of programs is in: they load modules of it, too."""
    return folder.removesuffix("/tests/backend")


def _initramfs(programs, environment, seconds):
    folders = {str(Path(program.split()[0]).parent) for program in programs}
    if len(folders) != 1:
        raise GuestError(f"the programs are not in one folder, but in {sorted(folders)}")
    init = INIT.replace("{seconds}", str(seconds))
    init = init.replace("{folder}", shlex.quote(_build_of(folders.pop())))
    init = init.replace("{environment}", shlex.join(environment))
    return cpio(
        {
            "init": (stat.S_IFREG | 0o755, init.encode()),
            "programs-folder": (stat.S_IFDIR | 0o755, b""),
            "programs": (stat.S_IFREG | 0o644, "".join(f"{p}\n" for p in programs).encode()),
        }
    )


def _command(base, initramfs, console):
    return [
        "qemu-system-x86_64",
        *("-accel", "tcg,thread=multi", "-cpu", "max", "-machine", "q35", "-m", "768"),
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-kernel", base / "kernel", "-initrd", initramfs),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off no_timer_check random.trust_cpu=on"),
        *("-serial", f"file:{console}"),
        *("-chardev", "file,id=tap,path=/dev/stdout", "-device", "virtio-serial-pci"),
        *("-device", "virtserialport,chardev=tap,nr=1"),
        *("-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"),
        # One NIC directly on PCI and one on virtio: what tells a primary from a standby.
        *("-netdev", "user,restrict=on,id=net0", "-netdev", "user,restrict=on,id=net1"),
        *("-device", f"e1000e,netdev=net0,mac=52:54:00:00:00:01,{FIRST},romfile="),
        *("-device", "virtio-net-pci,netdev=net1,mac=52:54:00:00:00:02,addr=11,romfile="),
        *("-netdev", "user,restrict=on,id=net2", "-netdev", "user,restrict=on,id=net3"),
        *("-device", "e1000e,netdev=net2,mac=52:54:00:00:00:03,addr=10.1,romfile="),
        *("-device", "virtio-net-pci,netdev=net3,mac=52:54:00:00:00:04,addr=13,romfile="),
    ]


def boot(programs, environment=(), seconds=240, options=()):
    """
    Run each program (an absolute path and its arguments, one string) as root in one guest; yields
    the lines of their output as they come, with a line "#program PATH" before and "#exit STATUS"
    after each. seconds: the longest that one program may take; options: more of QEMU's. GuestError
    if the guest does not get as far as the first program.
    """
    if os.geteuid() != 0:
        raise GuestError("the guest's root is this machine's: run the backend suite as root")
    base = ensure()
    with tempfile.TemporaryDirectory() as folder:
        initramfs, console = Path(folder) / "initramfs", Path(folder) / "console"
        extra = _initramfs(programs, environment, seconds)
        initramfs.write_bytes((base / "base.cpio").read_bytes() + extra)
        command = [*_command(base, initramfs, console), *options]
        started = False
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as qemu:
            alarm = threading.Timer(BOOT_SECONDS + seconds * len(programs), qemu.kill)
            alarm.start()
            try:
                for line in qemu.stdout:
                    started = True
                    yield line.decode(errors="replace").rstrip("\r\n")
            finally:
                alarm.cancel()
                qemu.kill()
        if not started:
            raise GuestError("the guest did not start:\n" + console.read_text(errors="replace"))
