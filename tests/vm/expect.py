# SPDX-License-Identifier: GPL-2.0-or-later
"""What must hold after a command, by its reply and, above all, by the guest's kernel."""
from tests.lab.channel import CommandError
from tests.runner.cases import Failed

STANDBY = "enp4s0"
INTERFACES = {"rp1": "enp1s0", "rp2": "enp2s0", "rp3": "enp3s0"}
PREPARED_STEPS = ["record", "switch", "drain", "detach"]
COMPLETED_STEPS = ["announce", "attach", "link", "activate", "drain", "restore"]


def same(actual, expected, what):
    if actual != expected:
        raise Failed(f"{what} is {actual!r}, not {expected!r}")


def holds(condition, what):
    if not condition:
        raise Failed(what)


def unchanged(before, after, what):
    """Two texts from the guest; says which lines differ."""
    old, new = before.splitlines(), after.splitlines()
    gone = [f"- {line}" for line in old if line not in new]
    came = [f"+ {line}" for line in new if line not in old]
    if old != new:
        raise Failed(f"{what} changed:\n" + "\n".join(gone + came))


def codes(warnings):
    return [warning["code"] for warning in warnings]


def the_device(report):
    """The only device of a report."""
    holds(len(report["devices"]) == 1, f"not one device: {report}")
    return report["devices"][0]


def done(report, verb, state, steps=None):
    """A report that ended as it should; its device."""
    same(report["status"], "done", f"status of {report}")
    same(report["verb"], verb, "verb")
    device = the_device(report)
    same(device["state"], state, f"state of {device}")
    holds("reason" not in device, f"a reason although it is done: {device}")
    if steps is not None:
        same([step["step"] for step in device["steps"]], steps, "steps")
    return device


def refused(code, call):
    """call() is refused with that code, and says so at the head of its text; the text."""
    try:
        reply = call()
    except CommandError as error:
        same(error.code, code, f"code of '{error.desc}'")
        return error.desc
    raise Failed(f"not refused with {code}: {reply}")


def on_standby(stage, interface):
    """The kernel says: interface is out of the bond, which sends through the standby."""
    bond = stage.guest.bond()
    same(sorted(bond.ports), [STANDBY], "the bond's ports")
    same(bond.active, STANDBY, "the bond's active port")
    holds(bond.up and bond.ports[STANDBY].up, f"the bond has no link: {bond}")
    if interface is not None:
        link = stage.guest.exec(["/sbin/ip", "-o", "link", "show", interface]).out
        holds("master" not in link, f"{interface} still has a controller: {link}")
    same(stage.option("all_slaves_active"), "0", "all_slaves_active")


def on_primary(stage, interface, option=True):
    """The kernel says: both are ports with a link, the bond sends through interface, and its
    primary option names it (option: False where there is to be none)."""
    bond = stage.guest.bond()
    same(sorted(bond.ports), sorted([STANDBY, interface]), "the bond's ports")
    holds(all(port.up for port in bond.ports.values()), f"a port without a link: {bond}")
    same(bond.active, interface, "the bond's active port")
    if option:
        same(bond.primary, interface, "the bond's primary option")
    same(stage.option("all_slaves_active"), "0", "all_slaves_active")
