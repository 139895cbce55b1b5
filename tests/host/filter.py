# SPDX-License-Identifier: GPL-2.0-or-later
"""An operator's filter program, for bridges that pin a MAC to a port: it moves the pin, and notes
what it was called with and how the NIC stood in the guest at that moment.

CONFIG ACTION; CONFIG has the log, the NICs' aliases, and the network namespace of each host's URI.
"""
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree


def virsh(*words):
    """What virsh says of the host that is meant; None if it fails."""
    argv = ["virsh", "-q", "-c", os.environ["GNF_URI"], *words]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def nic_state():
    """None: there is no guest."""
    answer = virsh("qemu-agent-command", os.environ["GNF_DOMAIN"],
                   '{"execute":"guest-net-failover-query"}')
    return json.loads(answer)["return"]["primaries"][0]["state"] if answer else None


def tap_of(alias):
    """None: it has no such NIC, or is not there at all."""
    text = virsh("dumpxml", os.environ["GNF_DOMAIN"])
    for interface in ElementTree.fromstring(text).iter("interface") if text else ():
        if interface.find("alias").get("name") == alias:
            return interface.find("target").get("dev")
    return None


def move(namespace, tap, *how):
    subprocess.run(["bridge", "-n", namespace, "fdb", "replace", os.environ["GNF_MAC"], "dev", tap,
                    "master", *how], check=True)


def main(path, *arguments):
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    call = {name: value for name, value in os.environ.items() if name.startswith("GNF_")}
    with open(config["log"], "a", encoding="utf-8") as log:
        log.write(json.dumps(call | {"arguments": arguments, "state": nic_state()}) + "\n")
    namespace = config["namespaces"][os.environ["GNF_URI"]]
    if arguments == ("to-primary",):
        # Sticky, else the guest's frames through the other port would move it.
        move(namespace, tap_of(config["primary"]), "static", "sticky")
    elif tap := tap_of(config["standby"]):
        # Not pinned: it is to follow the guest to another host.
        move(namespace, tap, "dynamic")


if __name__ == "__main__":
    main(*sys.argv[1:])
