# SPDX-License-Identifier: GPL-2.0-or-later
"""Guest images: Debian as roots.py unpacks it, plus exactly what `meson install` installs.

A disk is keyed by the Debian below and every installed byte. It is never written to: guests work
on overlays.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.lab import initramfs, roots
from tests.lab.base import CACHE, LOGS, MESON, LabError, locked, run, silent
from tests.lab.roots import digest
from tests.lab.variants import DEFAULT, VARIANTS

RELEASES = ("bookworm", "trixie")
DISK_SIZE = "1200M"
DISKS_KEPT = 2  # per release and variant, the least recently used go
# What makes the image a guest of the lab, whatever the test.
GUEST_FILES = {
    "etc/machine-id": "6c61622d67756573742d69642d303031\n",
    "etc/fstab": "/dev/vda / ext4 defaults 0 0\n",
    "etc/hostname": "guest\n",
}
# Timers and consoles that only burn emulated cycles.
MASKED = (
    "apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer "
    "e2scrub_reap.service fstrim.timer getty@tty1.service serial-getty@ttyS0.service "
    "systemd-tmpfiles-clean.timer"
).split()


@dataclass(frozen=True)
class Image:
    """A bootable guest: kernel, initramfs and a disk that is only ever the base of an overlay."""

    release: str
    kernel: Path
    initrd: Path
    disk: Path


def _install(destination):
    """Exactly what a user's `meson install` does; the configured prefix is /usr."""
    run(
        ["meson", "install", "-C", MESON, "--no-rebuild"],
        timeout=120,
        log=LOGS / "meson-install.log",
        env=dict(os.environ, DESTDIR=str(destination)),
    )


def _tree_digest(folder):
    """Depends on every path, mode, link target and byte below folder."""
    parts = []
    for path in sorted(folder.rglob("*")):
        content = ""
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        parts += [path.relative_to(folder), path.lstat().st_mode, content]
    return digest(*parts)


def _configure(root):
    """The lab's own part of the guest, and the presets that a package's postinst would apply."""
    for name, text in GUEST_FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    units = root / "etc/systemd/system"
    for unit in MASKED:
        link = units / unit
        link.unlink(missing_ok=True)
        link.symlink_to("/dev/null")


def _make_disk(root, disk, product):
    """One ext4 file system made from a folder, with no mount; appears whole or not at all."""
    with tempfile.TemporaryDirectory(prefix="layer-", dir=CACHE) as layer:
        tree = Path(layer) / "root"
        run(["cp", "-a", "--reflink=auto", root, tree], timeout=120)
        if product:
            _install(tree)
        _configure(tree)
        partial = disk.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        features = "^has_journal,^metadata_csum,^64bit"
        run(
            ["mke2fs", "-q", "-t", "ext4", "-L", "root", "-O", features, "-E",
             "lazy_itable_init=1,nodiscard", "-m", "0", "-d", tree, partial, DISK_SIZE],
            timeout=120,
        )
        partial.rename(disk)


def _prune(name):
    disks = sorted(CACHE.glob(f"disk.{name}.*.img"), key=lambda disk: disk.stat().st_mtime)
    for disk in disks[:-DISKS_KEPT]:
        disk.unlink(missing_ok=True)


def _ensure_disk(name, root, root_key, product, progress):
    with tempfile.TemporaryDirectory(prefix="stage-", dir=CACHE) as stage:
        if product:
            _install(stage)
        key = digest(root_key, _tree_digest(Path(stage)), GUEST_FILES, MASKED, DISK_SIZE)
    disk = CACHE / f"disk.{name}.{key}.img"
    if not disk.exists():
        how = "installing the product" if product else "without the product"
        progress(f"image {name}: {how}, making the disk")
        _make_disk(root, disk, product)
    disk.touch()
    _prune(name)
    return disk


def _ensure_boot_files(root):
    """(kernel, initramfs) of an unpacked Debian."""
    kernel = next(root.glob("boot/vmlinuz-*"))
    version = kernel.name.removeprefix("vmlinuz-")
    blob = initramfs.build(root / "usr/lib/modules" / version)
    initrd = root.parent / f"{root.name}.{hashlib.sha256(blob).hexdigest()[:8]}.initrd"
    if not initrd.exists():
        partial = initrd.with_suffix(".partial")
        partial.write_bytes(blob)
        partial.rename(initrd)
    return kernel, initrd


def ensure(release="bookworm", progress=silent, product=True, variant=DEFAULT):
    """The Image of a Debian release with the product as built in build/meson; made if needed.

    product=False: as Debian made it, with the stock agent on its port. variant: whose network
    manager it has, a name of variants.VARIANTS.
    """
    if release not in RELEASES:
        raise LabError(f"no such release: {release} (there are: {', '.join(RELEASES)})")
    if variant not in VARIANTS or release not in VARIANTS[variant].releases:
        raise LabError(f"{release} has no variant {variant} (see tests/lab/variants.py)")
    with locked(release):
        root, key, base = roots.ensure_variant(release, variant, VARIANTS[variant], progress)
        kernel, initrd = _ensure_boot_files(base)
        disk = _ensure_disk(f"{release}.{variant}", root, key, product, progress)
        return Image(release, kernel, initrd, disk)


def make_overlay(image, path):
    """A throw-away qcow2 over the image's disk; its writes go to path alone."""
    run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, path])
