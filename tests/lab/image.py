# SPDX-License-Identifier: GPL-2.0-or-later
"""Guest images: Debian from the machine's own mirror, plus exactly what `meson install` installs.

Two caches under build/cache: the unpacked Debian, keyed by how it is made; and the disk with the
product in it, keyed by the Debian below and every installed byte. A disk is never written to:
guests work on overlays.
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.lab import initramfs
from tests.lab.base import CACHE, LOGS, MESON, LabError, locked, run, silent

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
RELEASES = ("bookworm", "trixie")
PACKAGES = (
    "systemd systemd-sysv udev dbus network-manager qemu-guest-agent linux-image-amd64 iproute2 "
    "iputils-ping libteam-utils libnl-3-200 libjson-glib-1.0-0 libnm0 libudev1 kmod procps"
).split()
# bookworm's init-system-helpers wants a merged /usr, by default through usrmerge and 50 MB of perl.
EXTRA_PACKAGES = {"bookworm": ["usr-is-merged"], "trixie": []}
UNUSED_DRIVERS = (
    "accel ata bluetooth comedi firewire gpu hid hwmon i2c iio infiniband input isdn leds md media "
    "message mfd mmc mtd net/wireless nfc nvme platform power scsi soundwire staging target "
    "thunderbolt usb video"
).split()
UNUSED_KERNEL = (
    "fs/btrfs fs/ceph fs/cifs fs/f2fs fs/gfs2 fs/jfs fs/nfs fs/nfsd fs/ocfs2 fs/reiserfs fs/smb "
    "fs/xfs net/bluetooth net/mac80211 net/sctp net/wireless sound"
).split()
UNUSED_SHARE = "doc locale man zoneinfo".split()
DISK_SIZE = "1200M"
DISKS_KEPT = 4  # per release, the least recently used go
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


def _digest(*parts):
    return hashlib.sha256("\0".join(str(part) for part in parts).encode()).hexdigest()[:16]


def _mirror():
    """The Debian archive that this machine's apt uses (not its security archive)."""
    listing = run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(ORIGIN)|$(LABEL)"])
    rows = [line.split("|") for line in listing.splitlines()]
    for uri, origin, label in rows:
        if (origin, label) == ("Debian", "Debian"):
            return uri
    for uri, *_ in rows:
        if uri.endswith("/debian/"):
            return uri
    raise LabError("apt knows no Debian archive (see /etc/apt/sources.list*)")


def _mmdebstrap_options(release):
    excluded = [f"*/modules/*/kernel/drivers/{name}/*" for name in UNUSED_DRIVERS]
    excluded += [f"*/modules/*/kernel/{name}/*" for name in UNUSED_KERNEL]
    excluded += [f"/usr/share/{name}/*" for name in UNUSED_SHARE]
    options = ["--variant=minbase", "--mode=root", "--format=directory", f"--keyring={KEYRING}"]
    options += ['--aptopt=APT::Install-Recommends "false"']
    options += [f"--dpkgopt=path-exclude={pattern}" for pattern in excluded]
    options += [f"--include={','.join(PACKAGES + EXTRA_PACKAGES[release])}"]
    if release == "bookworm":
        options += ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"]
    return options + [release]


def _make_root(release, target, progress):
    progress(f"image {release}: unpacking Debian (once)")
    partial = target.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    # The kernel's own initramfs would never be booted.
    environment = dict(os.environ, INITRD="No", LC_ALL="C")
    run(
        ["mmdebstrap", *_mmdebstrap_options(release), partial, _mirror()],
        timeout=600,
        log=LOGS / f"mmdebstrap-{release}.log",
        env=environment,
    )
    (partial / "dev").mkdir(exist_ok=True)
    partial.rename(target)


def _ensure_root(release, progress):
    """(folder, key) of the unpacked Debian."""
    key = _digest(*_mmdebstrap_options(release))
    root = CACHE / f"root-{release}-{key}"
    if not root.exists():
        for stale in CACHE.glob(f"root-{release}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        _make_root(release, root, progress)
    return root, key


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
    return _digest(*parts)


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


def _prune(release):
    disks = sorted(CACHE.glob(f"disk-{release}-*.img"), key=lambda disk: disk.stat().st_mtime)
    for disk in disks[:-DISKS_KEPT]:
        disk.unlink(missing_ok=True)


def _ensure_disk(release, root, root_key, product, progress):
    with tempfile.TemporaryDirectory(prefix="stage-", dir=CACHE) as stage:
        if product:
            _install(stage)
        key = _digest(root_key, _tree_digest(Path(stage)), GUEST_FILES, MASKED, DISK_SIZE)
    disk = CACHE / f"disk-{release}-{key}.img"
    if not disk.exists():
        how = "installing the product" if product else "without the product"
        progress(f"image {release}: {how}, making the disk")
        _make_disk(root, disk, product)
    disk.touch()
    _prune(release)
    return disk


def _ensure_boot_files(root):
    """(kernel, initramfs) of the unpacked Debian."""
    kernel = next(root.glob("boot/vmlinuz-*"))
    version = kernel.name.removeprefix("vmlinuz-")
    blob = initramfs.build(root / "usr/lib/modules" / version)
    initrd = root.parent / f"{root.name}.{hashlib.sha256(blob).hexdigest()[:8]}.initrd"
    if not initrd.exists():
        partial = initrd.with_suffix(".partial")
        partial.write_bytes(blob)
        partial.rename(initrd)
    return kernel, initrd


def ensure(release="bookworm", progress=silent, product=True):
    """The Image of a Debian release with the product as built in build/meson; made if needed.

    product=False: as Debian made it, with the stock agent on its port.
    """
    if release not in RELEASES:
        raise LabError(f"no such release: {release} (there are: {', '.join(RELEASES)})")
    with locked(release):
        root, key = _ensure_root(release, progress)
        kernel, initrd = _ensure_boot_files(root)
        return Image(release, kernel, initrd, _ensure_disk(release, root, key, product, progress))


def make_overlay(image, path):
    """A throw-away qcow2 over the image's disk; its writes go to path alone."""
    run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image.disk, path])
