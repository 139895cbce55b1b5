# SPDX-License-Identifier: GPL-2.0-or-later
"""Unpacked Debian: one base a release, from the machine's own mirror, and a variant of it for every
network manager (variants.py), made from a copy of the base.

Both are kept in build/cache, keyed by all that goes into them, and appear there whole or not at all;
others of the same name are removed.
"""

import hashlib
import os
import shutil

from tests.lab.base import CACHE, LOGS, LabError, run
from tests.lab.variants import BASE_PACKAGES, EXTRA_PACKAGES

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
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


def digest(*parts):
    """What changes with any of the parts."""
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
    # A variant's packages are found by them.
    options += ["--skip=cleanup/apt/lists"]
    options += [f"--include={','.join(BASE_PACKAGES + EXTRA_PACKAGES[release])}"]
    if release == "bookworm":
        options += ["--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr"]
    return options + [release]


def _environment():
    # The kernel's own initramfs would never be booted.
    return dict(os.environ, INITRD="No", LC_ALL="C", DEBIAN_FRONTEND="noninteractive")


def _remove(path):
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def made(target, stale, make):
    """Have make(folder) make the target, if it is not there, and remove what is stale."""
    if not target.exists():
        for old in stale:
            _remove(old)
        partial = target.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        make(partial)
        partial.rename(target)
    return target


# -- the base --------------------------------------------------------------------------------

def _make_base(release, folder):
    run(
        ["mmdebstrap", *_mmdebstrap_options(release), folder, _mirror()],
        timeout=600,
        log=LOGS / f"mmdebstrap-{release}.log",
        env=_environment(),
    )
    (folder / "dev").mkdir(exist_ok=True)


def ensure_base(release, progress):
    """(folder, key) of a release without any network manager."""
    key = digest(*_mmdebstrap_options(release))

    def make(folder):
        progress(f"image {release}: unpacking Debian (once)")
        _make_base(release, folder)

    # With a dash: as an older lab kept them.
    stale = [*CACHE.glob(f"base.{release}.*"), *CACHE.glob(f"root-{release}-*"),
             *CACHE.glob(f"disk-{release}-*")]
    return made(CACHE / f"base.{release}.{key}", stale, make), key


# -- a variant of it -------------------------------------------------------------------------

def _apt(folder, *words, log):
    """This machine's apt, on the packages in the folder, as mmdebstrap has it."""
    options = {"Dir": folder, "Dir::State::status": folder / "var/lib/dpkg/status",
               "DPkg::Chroot-Directory": folder, "Dir::Bin::dpkg": "dpkg",
               "Dpkg::Options::": "--force-unsafe-io", "APT::Sandbox::User": "root",
               # a modem manager, say, at each boot of an emulated machine
               "APT::Install-Recommends": "false"}
    argv = ["apt-get", "-qy"]
    for name, value in options.items():
        argv += ["-o", f"{name}={value}"]
    run([*argv, *words], timeout=300, log=log, env=_environment())


def _install_packages(folder, packages, log):
    try:
        _apt(folder, "install", *packages, log=log)
    except LabError:
        # The archive may have moved on since the base was made.
        _apt(folder, "update", log=log)
        _apt(folder, "install", *packages, log=log)


def _make_variant(base, variant, folder, log):
    run(["cp", "-a", "--reflink=auto", base, folder], timeout=120)
    if variant.install:
        _install_packages(folder, variant.install, log)
    if variant.purge:
        run(["chroot", folder, "dpkg", "--purge", "--force-remove-protected",
             "--force-remove-essential", *variant.purge], env=_environment())
    for path, (data, mode) in variant.contents().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(mode)
    for verb, units in (("mask", variant.mask), ("enable", variant.enable)):
        if units:
            run(["chroot", folder, "systemctl", verb, *units], env=_environment())
    for cache in ("var/lib/apt/lists", "var/cache/apt"):
        shutil.rmtree(folder / cache)
        (folder / cache / "partial").mkdir(parents=True)


def variant_key(base_key, variant):
    return digest("no-recommends", base_key, variant.install, variant.purge, variant.enable,
                  variant.mask, sorted(variant.contents().items()))


def ensure_variant(release, name, variant, progress):
    """(folder, key, folder of its kernel) of a release as configured by that manager."""
    base, base_key = ensure_base(release, progress)
    key = variant_key(base_key, variant)

    def make(folder):
        progress(f"image {release}, {name}: installing its packages (once)")
        _make_variant(base, variant, folder, LOGS / f"apt-{release}-{name}.log")

    target = CACHE / f"root.{release}.{name}.{key}"
    return made(target, CACHE.glob(f"root.{release}.{name}.*"), make), key, base
