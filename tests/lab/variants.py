# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest is configured by: the variants of an image, and what each has besides the common base.

The base is Debian with systemd and no network manager at all, no D-Bus either; a variant adds
packages, or takes some away. Files of the lab's own stand in guest-files/.
"""
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent / "guest-files"
BASE_PACKAGES = (
    "systemd systemd-sysv udev qemu-guest-agent linux-image-amd64 iproute2 iputils-ping "
    "libteam-utils libnl-3-200 libjson-glib-1.0-0 libudev1 kmod procps"
).split()
# bookworm's init-system-helpers wants a merged /usr, by default through usrmerge and 50 MB of perl.
EXTRA_PACKAGES = {"bookworm": ["usr-is-merged"], "trixie": []}
# Not every one of these waits until udev has given the NICs their names.
AFTER_UDEV = "[Unit]\nWants=systemd-udev-settle.service\nAfter=systemd-udev-settle.service\n"
NETWORKING_LATER = "etc/systemd/system/networking.service.d/after-udev.conf"


@dataclass(frozen=True)
class Variant:
    """releases: that have its packages. install, purge: packages. enable, mask: units. files:
    {path: text or the name of a file in guest-files}; programs: those of them to be executed."""

    releases: tuple
    install: tuple = ()
    purge: tuple = ()
    enable: tuple = ()
    mask: tuple = ()
    files: dict = field(default_factory=dict)
    programs: dict = field(default_factory=dict)

    def contents(self):
        """{path: (bytes, mode)} of the lab's own files."""
        texts = {path: (text.encode(), 0o644) for path, text in self.files.items()}
        return texts | {path: ((HERE / name).read_bytes(), 0o755)
                        for path, name in self.programs.items()}


DEBIAN_12, BOTH = ("bookworm",), ("bookworm", "trixie")
# What waits for a network that is online waits in vain where a NIC is away.
ONLINE = ("systemd-networkd-wait-online.service",)
NETWORKD = ("systemd-networkd.service",)
IFCFG_UNIT = """[Unit]
Description=Network of ifcfg files
DefaultDependencies=no
Wants=systemd-udev-settle.service network.target
After=systemd-udev-settle.service local-fs.target
Before=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/ifcfg start
ExecStop=/usr/local/sbin/ifcfg stop

[Install]
WantedBy=multi-user.target
"""
SCRIPT_UNIT = """[Unit]
Description=Network of /etc/rc.network
DefaultDependencies=no
ConditionFileIsExecutable=/etc/rc.network
Wants=systemd-udev-settle.service network.target
After=systemd-udev-settle.service local-fs.target
Before=network.target NetworkManager.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStartPre=/sbin/modprobe bonding max_bonds=0
ExecStart=/etc/rc.network

[Install]
WantedBy=multi-user.target
"""
VARIANTS = {
    "networkmanager": Variant(BOTH, ("network-manager", "libnm0", "dbus")),
    "networkd": Variant(BOTH, ("dbus",), enable=NETWORKD, mask=ONLINE),
    "netplan": Variant(("trixie",), ("netplan.io", "dbus"), enable=NETWORKD, mask=ONLINE),
    "ifupdown": Variant(DEBIAN_12, ("ifupdown", "ifenslave", "dbus")),
    "ifupdown2": Variant(DEBIAN_12, ("ifupdown2", "dbus"), files={NETWORKING_LATER: AFTER_UDEV}),
    "ifupdown-ng": Variant(DEBIAN_12, ("ifupdown-ng", "dbus"),
                           files={NETWORKING_LATER: AFTER_UDEV}),
    # Red Hat's scripts are no Debian package: something small that acts by the same files.
    "ifcfg": Variant(DEBIAN_12, enable=("network.service",),
                     files={"etc/systemd/system/network.service": IFCFG_UNIT},
                     programs={"usr/local/sbin/ifcfg": "ifcfg.sh"}),
    "bare": Variant(DEBIAN_12, purge=("systemd-sysv", "systemd"),
                    programs={"usr/sbin/init": "bare-init.sh"}),
    # Several managers; a guest's files say who has what (mixed_profiles.py).
    "mixed": Variant(DEBIAN_12, ("network-manager", "libnm0", "ifupdown", "ifenslave", "dbus"),
                     enable=(*NETWORKD, "rc-network.service"), mask=ONLINE,
                     files={"etc/systemd/system/rc-network.service": SCRIPT_UNIT}),
}
DEFAULT = "networkmanager"
