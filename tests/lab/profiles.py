# SPDX-License-Identifier: GPL-2.0-or-later
"""NetworkManager profiles of the lab's guests: an active-backup bond of two ports, as keyfiles.

What a guest admin would write: the bond has static addresses, each port is bound to its NIC by
interface name or by MAC. UUIDs are fixed, so that a test can tell a profile from an imitation.
"""

from tests.lab.network import GUEST_IPV4, GUEST_IPV6

FOLDER = "/etc/NetworkManager/system-connections"
BOND = "bond0"
BOND_UUID = "5a3c1f00-77a0-4c5e-9b00-000000000001"
PRIMARY_UUID = "5a3c1f00-77a0-4c5e-9b00-000000000002"
STANDBY_UUID = "5a3c1f00-77a0-4c5e-9b00-000000000003"

BOND_FILE = """[connection]
id=bond0
uuid={uuid}
type=bond
interface-name={bond}

[bond]
{options}

[ipv4]
method=manual
address1={ipv4}/24

[ipv6]
method=manual
address1={ipv6}/64
addr-gen-mode=0
"""
PORT_FILE = """[connection]
id={name}
uuid={uuid}
type=ethernet
{interface}master={bond_uuid}
slave-type=bond

[ethernet]
{mac}"""


def _port(name, uuid, interface, mac):
    return PORT_FILE.format(
        name=name,
        uuid=uuid,
        interface=f"interface-name={interface}\n" if interface else "",
        bond_uuid=BOND_UUID,
        mac=f"mac-address={mac}\n" if mac else "",
    )


def bond_profiles(
    primary="enp1s0", standby="enp4s0", primary_mac=None, standby_mac=None, bond_options=None
):
    """Guest files {path: (text, mode)} of the bond and its two ports.

    A port is bound to its interface name, or to the MAC instead where one is given.
    bond_options replaces or adds options of the bond; None as a value removes one.
    """
    options = {"mode": "active-backup", "miimon": "100", "primary": primary}
    options.update(bond_options or {})
    lines = "\n".join(f"{key}={value}" for key, value in options.items() if value is not None)
    texts = {
        "bond0": BOND_FILE.format(
            uuid=BOND_UUID, bond=BOND, options=lines, ipv4=GUEST_IPV4, ipv6=GUEST_IPV6
        ),
        "primary": _port(
            "primary", PRIMARY_UUID, None if primary_mac else primary, primary_mac
        ),
        "standby": _port(
            "standby", STANDBY_UUID, None if standby_mac else standby, standby_mac
        ),
    }
    return {f"{FOLDER}/{name}.nmconnection": (text, 0o600) for name, text in texts.items()}
