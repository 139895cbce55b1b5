# SPDX-License-Identifier: GPL-2.0-or-later
"""What networkd's backend does where no file of the administrator's puts the NIC into its bond: the
file of its own in /run, when networkd is told of it and when not.
"""
import contextlib

from tests.lab.guest import PRIMARY_MAC
from tests.vm import expect
from tests.vm.cases_prepare import line_of
from tests.vm.cycle import OTHER_MAC, complete, cycle, plug, prepare, replacement, unplug
from tests.vm.registry import MANAGERS, case

GUESTS = ("debian-12-networkd", "debian-13-networkd")
PRIMARY_FILE = "/etc/systemd/network/20-primary.network"
STANDBY_FILE = "/etc/systemd/network/20-standby.network"
DHCP_FILE = "/etc/systemd/network/90-all.network"
DHCP = "[Match]\nName=en*\n\n[Network]\nDHCP=yes\n"
OWN = "/run/systemd/network/05-qga-net-failover-*.network"


def own_files(stage):
    return stage.guest.sh(f"ls {OWN} 2>/dev/null; true").out.split()


def network_file(stage, interface):
    """The file that networkd has for the interface."""
    index = stage.guest.read(f"/sys/class/net/{interface}/ifindex").strip()
    script = f"sed -n 's/^NETWORK_FILE=//p' /run/systemd/netif/links/{index}"
    return stage.guest.sh(script).out.strip()


def reboot_unsafe(report):
    """The detail of that warning, or None."""
    warnings = expect.the_device(report)["warnings"]
    return next((entry["detail"] for entry in warnings if entry["code"] == "reboot-unsafe"), None)


def restart(stage):
    """The NIC where its file fits it; networkd has read its files as they are, and none of ours
    from the case before."""
    stage.configure()
    stage.guest.sh(f"rm -f {OWN}; systemctl restart systemd-networkd")
    stage.wait_network()
    stage.wait_whole("enp1s0")


@contextlib.contextmanager
def dhcp_on_everything(stage):
    """A file that fits every NIC, read by networkd or not."""
    stage.guest.write(DHCP_FILE, DHCP)
    try:
        yield
    finally:
        stage.guest.sh(f"rm -f {DHCP_FILE}")


@case("networkd/own-file-comes-and-goes", kind=MANAGERS, guests=GUESTS)
def own_file(stage):
    """It is networkd's file for the NIC in the meantime, and names the one that it stands for."""
    restart(stage)
    there = cycle(stage, "rp2")
    detail = reboot_unsafe(there.completed)
    expect.holds(detail and detail.startswith(f"{PRIMARY_FILE} is not for this NIC: Name=enp1s0 "
                                              "(this NIC: enp2s0);"), f"reboot-unsafe: {detail}")
    files = own_files(stage)
    expect.same(len(files), 1, f"the number of own files ({files})")
    expect.same(network_file(stage, "enp2s0"), files[0], "networkd's file for the NIC")
    text = stage.guest.read(files[0])
    expect.holds(f"Origin={PRIMARY_FILE}\n" in text and "Bond=bond0\n" in text, f"it says {text}")
    primary = expect.the_device({"devices": stage.query()["primaries"]})
    expect.same(primary["manager"], "networkd", "the NIC's manager")
    again = cycle(stage, "rp3", OTHER_MAC)
    detail = reboot_unsafe(again.completed)
    expect.holds(detail and detail.startswith(PRIMARY_FILE), f"reboot-unsafe: {detail}")
    back = cycle(stage, "rp1")
    expect.same(reboot_unsafe(back.completed), None, "reboot-unsafe")
    expect.same(own_files(stage), [], "own files")
    expect.same(network_file(stage, "enp1s0"), PRIMARY_FILE, "networkd's file for the NIC")


@case("networkd/cancel-keeps-own-file", kind=MANAGERS, guests=GUESTS)
def cancel_keeps_own_file(stage):
    """Taken away at the prepare, it is there again when the NIC is."""
    restart(stage)
    cycle(stage, "rp2")
    before = own_files(stage)
    with stage.traffic() as traffic:
        prepare(stage, traffic)
        expect.same(own_files(stage), [], "own files of a prepared NIC")
        with traffic.phase("cancel"):
            report = stage.cancel()
        expect.done(report, "cancel", "attached")
        expect.on_primary(stage, "enp2s0")
    expect.same(own_files(stage), before, "own files")
    expect.holds(reboot_unsafe(report), "no reboot-unsafe")


@case("networkd/dhcp-on-everything", kind=MANAGERS, guests=GUESTS)
def other_file(stage):
    """A file that fits every NIC fits the new one as well: networkd is taken off that."""
    with dhcp_on_everything(stage):
        restart(stage)
        done = cycle(stage, "rp2")
        detail = reboot_unsafe(done.completed)
        expect.holds(detail and detail.startswith(PRIMARY_FILE), f"reboot-unsafe: {detail}")
        expect.same([network_file(stage, "enp2s0")], own_files(stage), "networkd's file")
        addresses = stage.guest.exec(["/sbin/ip", "-o", "addr", "show", "enp2s0"]).out
        expect.same(addresses, "", "addresses on the NIC")


@case("networkd/changed-files-are-not-read", kind=MANAGERS, guests=GUESTS)
def changed_files(stage):
    """The standby's file was touched: networkd is not told to read anything, and the NIC is in."""
    restart(stage)
    stage.guest.sh(f"touch {STANDBY_FILE}")
    mark = stage.mark_log()
    done = cycle(stage, "rp2")
    log = stage.kernel_log(mark)
    expect.same(line_of(log, "enp4s0", "link status definitely down"), None, "the standby's link")
    expect.holds(reboot_unsafe(done.completed), "no reboot-unsafe")
    expect.same(len(own_files(stage)), 1, "the number of own files")
    expect.same(network_file(stage, "enp2s0"), "", "networkd's file for the NIC")
    primary = expect.the_device({"devices": stage.query()["primaries"]})
    expect.same(primary["manager"], "networkd", "the NIC's manager")
    # A third place: what the first one was is still known.
    again = cycle(stage, "rp3")
    detail = reboot_unsafe(again.completed)
    expect.holds(detail and detail.startswith(PRIMARY_FILE), f"reboot-unsafe: {detail}")


@case("networkd/changed-files-and-dhcp", kind=MANAGERS, guests=GUESTS)
def changed_files_and_dhcp(stage):
    """networkd does DHCP on the NIC and may not be told otherwise: it stays out, and the reply says
    what to do; after that it is in."""
    with dhcp_on_everything(stage):
        restart(stage)
        stage.guest.sh(f"touch {STANDBY_FILE}")
        with stage.traffic() as traffic:
            prepare(stage, traffic)
            unplug(stage, traffic)
            plug(stage, traffic, "rp2", OTHER_MAC)
            arguments = replacement(OTHER_MAC, PRIMARY_MAC)
            with traffic.phase("complete"):
                report = stage.complete(arguments)
            device = expect.the_device(report)
            expect.same(device["reason"]["code"], "manager-failed", f"code of {device}")
            expect.holds("networkctl reload" in device["reason"]["detail"]
                         and STANDBY_FILE in device["reason"]["detail"], f"detail of {device}")
            expect.on_standby(stage, "enp2s0")
            with traffic.phase("reload", judged=False):
                stage.guest.sh("networkctl reload")
                # Which takes the standby's link down and up, and the NIC has none at first.
                stage.guest.wait_bond(
                    lambda bond: "enp2s0" in bond.ports
                    and all(port.up for port in bond.ports.values()), "the NIC to join")
                stage.guest.wait_for(stage.lab.network.ping, "the bond to answer")
            complete(stage, traffic, "rp2", arguments)
