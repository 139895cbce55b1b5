# SPDX-License-Identifier: GPL-2.0-or-later
"""A 2 MB initramfs: a static busybox, the modules that mount the root disk, and a guest's files.

A guest's own files (NetworkManager profiles, hostname) travel in it below /overlay and are copied
over the root before switch_root: guests differ without a disk image for each.
"""

import gzip
import lzma
import stat
import subprocess
from pathlib import Path

from tests.lab.base import LabError

BUSYBOX = Path("/bin/busybox")
MODULES = ("virtio_pci", "virtio_blk", "crc32c_generic", "ext4")
INIT = """#!/bin/busybox sh
# Mounts the root disk, lays the guest's own files over it, and gives way to systemd.
b=/bin/busybox
$b mount -t devtmpfs devtmpfs /dev
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
exec >/dev/console 2>&1 </dev/console
while read -r module; do
    $b insmod "/modules/$module" || echo "lab-init: insmod $module failed"
done </modules/order
tries=0
until [ -b /dev/vda ] || [ $tries -ge 100 ]; do $b usleep 100000; tries=$((tries + 1)); done
$b mount -t ext4 /dev/vda /root || { echo "lab-init: no root disk"; $b sleep 3; $b poweroff -f; }
[ ! -d /overlay ] || $b cp -a /overlay/. /root/
$b umount /sys /proc
$b mount -o move /dev /root/dev
exec $b switch_root /root /sbin/init
"""


def cpio(entries):
    """A newc archive of {path: (mode, bytes)}; directories are added as needed, owner is root."""
    full = {}
    for path in sorted(entries):
        for parent in reversed(Path(path).parents[:-1]):
            full.setdefault(str(parent), (stat.S_IFDIR | 0o755, b""))
        full[path] = entries[path]
    blob = bytearray()
    for inode, (path, (mode, data)) in enumerate([*full.items(), ("TRAILER!!!", (0, b""))], 1):
        name = path.encode() + b"\0"
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0)
        blob += b"070701" + b"".join(b"%08X" % field for field in fields) + name
        blob += b"\0" * (-len(blob) % 4) + data
        blob += b"\0" * (-len(blob) % 4)
    return bytes(blob)


def files_archive(files):
    """The archive that brings a guest's own files: {"/etc/…": content or (content, mode)}, the
    content text or bytes."""
    entries = {}
    for path, content in files.items():
        text, mode = content if isinstance(content, tuple) else (content, 0o644)
        data = text if isinstance(text, bytes) else text.encode()
        entries[f"overlay/{path.lstrip('/')}"] = (stat.S_IFREG | mode, data)
    return cpio(entries)


def _uncompressed(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    return data


def _dependencies(modules):
    """{name: (file, [files it needs, in the order of modules.dep])} of a module tree."""
    table = {}
    for line in (modules / "modules.dep").read_text().splitlines():
        file, needs = line.split(":")
        table[Path(file).name.split(".")[0].replace("-", "_")] = (file, needs.split())
    return table


def _load_order(modules):
    """The files to insmod, each after what it needs; built-in modules are left out."""
    table = _dependencies(modules)
    builtin = (modules / "modules.builtin").read_text()
    order = []
    for name in MODULES:
        if name in table:
            file, needs = table[name]
            # modules.dep lists the nearest need first
            order += [entry for entry in [*reversed(needs), file] if entry not in order]
        elif f"/{name}.ko" not in builtin and name != "crc32c_generic":
            raise LabError(f"the guest's kernel has no module {name}")
    return order


def build(modules):
    """The initramfs of a kernel, bytes; modules is its lib/modules/VERSION folder."""
    if not BUSYBOX.exists():
        raise LabError(f"{BUSYBOX} is missing (package busybox-static)")
    order = _load_order(modules)
    names = [Path(file).name.split(".ko")[0] + ".ko" for file in order]
    entries = {
        "init": (stat.S_IFREG | 0o755, INIT.encode()),
        "bin/busybox": (stat.S_IFREG | 0o755, BUSYBOX.read_bytes()),
        "modules/order": (stat.S_IFREG | 0o644, "".join(f"{name}\n" for name in names).encode()),
    }
    for folder in ("dev", "proc", "sys", "root"):
        entries[folder] = (stat.S_IFDIR | 0o755, b"")
    for file, name in zip(order, names):
        entries[f"modules/{name}"] = (stat.S_IFREG | 0o644, _uncompressed(modules / file))
    return cpio(entries)
