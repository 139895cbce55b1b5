# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest's kernel says of its bond, parsed from /proc/net/bonding/NAME."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Port:
    """A member of the bond: its MII status and permanent MAC."""

    name: str
    up: bool
    mac: str


@dataclass(frozen=True)
class Bond:
    """The bond at one moment. active and primary are None where the kernel names none.

    primary is the bond's primary option as it is in force: a port that is in the bond.
    """

    active: str | None
    primary: str | None
    up: bool
    ports: dict = field(default_factory=dict)


def _value(text, label):
    match = re.search(rf"^{label}: (.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else ""


def _name(value):
    """"enp1s0 (primary_reselect always)" is enp1s0; "None" is None."""
    word = value.split(" ")[0]
    return None if word in ("", "None") else word


def parse(text):
    """A Bond from the text of the kernel's file."""
    head, *sections = re.split(r"^Slave Interface: ", text, flags=re.MULTILINE)
    ports = {}
    for section in sections:
        name = section.splitlines()[0].strip()
        up = _value(section, "MII Status") == "up"
        ports[name] = Port(name, up, _value(section, "Permanent HW addr"))
    return Bond(
        active=_name(_value(head, "Currently Active Slave")),
        primary=_name(_value(head, "Primary Slave")),
        up=_value(head, "MII Status") == "up",
        ports=ports,
    )
