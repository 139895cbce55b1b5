# SPDX-License-Identifier: GPL-2.0-or-later
"""The bond of profiles.py in guests that have several managers (variant "mixed"): guest files of one
that has the bond, and of the others beside it. Each function gives {path: (text, mode)}.
"""
from tests.lab import plain_profiles, profiles
from tests.lab.profiles import BOND

DISPATCHED = "/etc/NetworkManager/dispatcher.d/01-ifupdown"
NETWORKD = "/etc/systemd/network"
# Debian's own, executable, is in the image; this hides it.
QUIET = {DISPATCHED: ("#!/bin/sh\n", 0o644)}
UNMANAGED = f"""[keyfile]
unmanaged-devices=interface-name:en*;interface-name:{BOND}
"""
LEFT_ALONE = QUIET | {"/etc/NetworkManager/conf.d/10-unmanaged.conf": (UNMANAGED, 0o644)}
OWN_OF_NM = """[connection]
id=own
type=dummy
interface-name=own0

[ipv4]
method=manual
address1=10.99.0.1/24

[ipv6]
method=ignore
"""
OWN_OF_NETWORKD = {
    f"{NETWORKD}/50-own.netdev": ("[NetDev]\nName=own0\nKind=dummy\n", 0o644),
    f"{NETWORKD}/50-own.network": ("[Match]\nName=own0\n\n[Network]\nAddress=10.99.0.1/24\n", 0o644),
}
# As harmless as such a file can be: it takes no port out of its bond, and gives it no address.
SEES_STANDBY = f"""[Match]
Name={plain_profiles.STANDBY}

[Network]
KeepMaster=yes
LinkLocalAddressing=no
IPv6AcceptRA=no
"""


def networkd_beside_nm():
    """networkd has the bond; NetworkManager an interface of its own, and is told to leave the rest."""
    own = {f"{profiles.FOLDER}/own.nmconnection": (OWN_OF_NM, 0o600)}
    return plain_profiles.networkd() | LEFT_ALONE | own


def networkd_untold_nm():
    """As above, but nobody has told NetworkManager."""
    return plain_profiles.networkd() | QUIET


def nm_beside_networkd():
    """NetworkManager has the bond; networkd has an interface of its own."""
    return profiles.bond_profiles() | QUIET | OWN_OF_NETWORKD


def nm_and_networkd():
    """As above, but a file of networkd's matches the standby, too."""
    return nm_beside_networkd() | {f"{NETWORKD}/60-standby.network": (SEES_STANDBY, 0o644)}


def bare_beside_nm():
    """A script made the bond, once; NetworkManager is told to leave it."""
    return plain_profiles.bare() | LEFT_ALONE


def ifupdown_beside_nm():
    """ifupdown has the bond: NetworkManager leaves what its files name, as Debian configures it."""
    return plain_profiles.ifupdown() | QUIET


def nm_with_ifenslave():
    """NetworkManager has the bond, and its dispatcher runs ifenslave's scripts."""
    return profiles.bond_profiles()
