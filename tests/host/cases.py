# SPDX-License-Identifier: GPL-2.0-or-later
"""The cases: what virt-net-failover does on real hosts, and each row of its failure table."""
import os
import signal
import statistics

from tests.host.world import NAME, World, phase_is
from tests.lab import profiles
from tests.lab.base import LabError, dump_json
from tests.lab.channel import CommandError
from tests.lab.guest import PRIMARY_MAC, STANDBY
from tests.runner.cases import Failed
from tests.vm.tables import RESULTS, columns

LONG = bool(os.environ.get("LONG"))
LEGS = 20 if LONG else 4
DEATHS = 2  # of guests' kernels under the emulator, see migrate_legs
OTHER_PRIMARY_MAC = "52:54:00:77:00:11"
CASES = {}
# So slow that a migration is not over before it is cut short.
SLOW = ("--bandwidth", "2")
PLUGIN = "/usr/share/qga-plugins/net-failover.plugin"


def case(name, long=False, alone=False):
    """long: only with LONG=1. alone: boots what it needs by itself, and finds no guest."""
    def register(function):
        function.alone = alone
        if LONG or not long:
            CASES[name] = function
        return function
    return register


def phase_times(rows):
    """Median and largest of every phase's time, for the table."""
    names = list(dict.fromkeys(name for row in rows for name in row["phases"]))
    table = []
    for name in names:
        times = [row["phases"][name] for row in rows if name in row["phases"]]
        table.append({"phase": name, "median-ms": round(statistics.median(times)),
                      "max-ms": max(times), "legs": len(times)})
    return table


def show(rows):
    table = phase_times(rows)
    lost = sum(row["lost"] for row in rows)
    figures = {"legs": {"value": len(rows), "unit": "migrations"},
               "probes-lost": {"value": lost, "unit": "probes", "budget": 0, "holds": lost == 0}}
    dump_json(RESULTS / "host-migrate.json", {"name": "host-migrate", "rows": table,
                                              "legs": rows, "figures": figures})
    print("\n".join(f"#| {line}" for line in columns(table).splitlines()), flush=True)
    sent, inside = (sum(row[key] for row in rows) for key in ("sent", "stop-and-copy"))
    print(f"# {len(rows)} migrations, {sent} probes, {lost} lost, {inside} more in the stop-and-copy",
          flush=True)


@case("check/ready")
def check_ready(world):
    check = world.tool("check", NAME, world.there.uri())
    world.expect(check, 0)
    nic = check.events[0]["nics"][0]
    if (nic["mac"], nic["interface"], nic["ready"]) != (PRIMARY_MAC, "enp1s0", True):
        raise Failed(f"the NIC is {nic}")
    if "plan" not in check.events[0]:
        raise Failed("no plan")


@case("check/standby-has-no-link")
def check_standby(world):
    world.guest.set_link(STANDBY, False)
    world.guest.wait_bond(lambda bond: not bond.ports["enp4s0"].up, "the standby's link to be down")
    check = world.tool("check", NAME)
    world.expect(check, 1)
    problems = check.events[0]["problems"]
    if not any(problem.startswith("no-standby: ") for problem in problems):
        raise Failed(f"problems are {problems}")


def name_remark(check):
    """What check says of a profile that is tied to a name; None."""
    return next((remark for remark in check.events[0]["remarks"] if "reboot-unsafe: " in remark), None)


@case("check/profile-bound-to-a-name")
def check_bound_to_name(world):
    """What the operator is told to do is done, and then there is nothing more to tell."""
    file = f"{profiles.FOLDER}/primary.nmconnection"
    check = world.expect(world.tool("check", NAME), 0)
    remark = name_remark(check)
    wanted = ("enp1s0: ", f"{file}) has connection.interface-name=enp1s0", PRIMARY_MAC)
    if not remark or any(words not in remark for words in wanted):
        raise Failed(f"the remarks are {check.events[0]['remarks']}")
    modify = f"nmcli connection modify {profiles.PRIMARY_UUID} "
    world.guest.sh(remark[remark.index(modify):])
    try:
        told = name_remark(world.expect(world.tool("check", NAME), 0))
        if told or f"mac-address={PRIMARY_MAC}" not in world.guest.read(file).lower():
            raise Failed(f"it is told all the same: {told}")
    finally:
        world.guest.sh(f"{modify} connection.interface-name enp1s0 802-3-ethernet.mac-address ''")
    if not name_remark(world.tool("check", NAME)):
        raise Failed("it is not told again")


@case("check/not-marked")
def check_unmarked(world):
    world.expect(world.tool("unmark", NAME, PRIMARY_MAC), 0)
    try:
        world.expect(world.tool("detach", NAME), 1, "the domain has no primary", "'mark'")
    finally:
        world.expect(world.tool("mark", NAME, PRIMARY_MAC), 0)


def check_replaced(world, result, before, mac):
    """Another MAC is told to the guest, which says so; the same one is not."""
    expected = mac if mac != before else None
    nic = world.nic(result, before)
    if nic["state"] != "attached" or nic.get("replaced-by") != expected:
        raise Failed(f"{before} was to be replaced by {expected}: {nic}")
    device = world.query()["operation"]["devices"][0]
    told = (device["mac"], device.get("replaces"))
    if told != (mac, before if expected else None):
        raise Failed(f"the guest has {told} as the NIC and what it replaces")


def migrate_leg(world, leg, before):
    """To the other host, at another slot each time, once in four there with another MAC; (the row,
    the NIC's MAC)."""
    target = world.there if world.guest.host is world.here else world.here
    port = ("rp2", "rp1", "rp3", "rp1")[leg % 4]
    mac = OTHER_PRIMARY_MAC if leg % 4 == 2 else PRIMARY_MAC
    file = world.device_file(port, mac)
    result, sent, lost, inside = world.traffic(
        lambda: world.migrate("--device-xml", file, target=target))
    world.active(mac)
    check_replaced(world, result, before, mac)
    phases = {entry["phase"]: entry["elapsed-ms"] for entry in result.result["phases"]}
    print(f"# leg {leg + 1}: to {target.name} at {port}, {lost} of {sent} lost, {inside} more "
          "in the stop-and-copy", flush=True)
    return {"leg": leg + 1, "to": target.name, "port": port, "sent": sent, "lost": lost,
            "stop-and-copy": inside, "phases": phases}, mac


@case("migrate/legs")
def migrate_legs(world):
    """There and back. A kernel that the emulator made panic is told, and its leg played once more
    by a new guest (vm/cases_agent.py says why): twice at the most."""
    rows, deaths = [], 0
    before = PRIMARY_MAC
    while len(rows) < LEGS:
        try:
            row, before = migrate_leg(world, len(rows), before)
            rows.append(row)
        except Exception as error:  # whatever it came to, see the console
            if not world.kernel_died() or deaths == DEATHS:
                raise
            deaths += 1
            world.say(f"leg {len(rows) + 1}: the guest's kernel panicked, see its console: once "
                      f"more ({type(error).__name__})")
            world.boot_again()
            before = PRIMARY_MAC
    show(rows)
    world.restored(world.guest.host)
    if bad := [row for row in rows if row["lost"]]:
        raise Failed(f"probes were lost outside the stop-and-copy: {bad}")


@case("detach-attach")
def detach_attach(world):
    """As separate steps, each of which may be given again."""
    for _ in range(2):
        world.expect(world.tool("detach", NAME), 0)
    if not world.on_record():
        raise Failed("the unplugged NIC is on no record")
    for _ in range(2):
        world.expect(world.tool("attach", NAME), 0)
    world.restored()


@case("save-restore")
def save_restore(world):
    path = world.lab.folder / "saved"
    world.expect(world.tool("save", NAME, path), 0)
    world.expect(world.tool("restore", path), 0)
    path.unlink()
    world.restored()


# -- the failure table -----------------------------------------------------------------------

@case("refused/prepare")
def refused_prepare(world):
    """The guest says no: nothing has happened, here or there."""
    world.guest.set_link(STANDBY, False)
    world.guest.wait_bond(lambda bond: not bond.ports["enp4s0"].up, "the standby's link to be down")
    world.migrate("--prepare-timeout", "5", code=1)
    world.guest.set_link(STANDBY, True)
    world.restored()


@case("refused/no-such-network-there")
def refused_network(world):
    """A NIC that the other host has not is missed before anything is unplugged here."""
    path = world.lab.folder / "network.xml"
    path.write_text("<interface type='network'><source network='vfs'/></interface>")
    result = world.migrate("--device-xml", path, code=1)
    world.expect(result, 1, "there is no network 'vfs'", "refused")
    world.restored()


@case("put-back/unplug-never-completes", alone=True)
def unplug_never_completes(world):
    """A guest without a hotplug driver lets go of nothing: called off at the limit. QEMU's request
    stands, so that the record is kept until attach has seen the NIC in its place."""
    with World(world.say, "host-stuck", ["acpiphp.disable=1"]) as own:
        own.boot()
        result = own.migrate("--unplug-timeout", "5", code=1)
        own.expect(result, 1, '"put-back"', "did not let go of it within 5 s", "acpiphp", "'attach'")
        called_off(own, result)
        if not own.on_record():
            raise Failed("what may still leave is on no record")
        own.expect(own.tool("attach", NAME), 0)
        own.restored()


def called_off(world, result):
    """The guest has cancelled, and is as before."""
    world.active()
    nic = world.nic(result, PRIMARY_MAC)
    if (nic["state"], nic["active"]) != ("attached", True):
        raise Failed(f"the table has {nic}")
    info = world.query()
    ended = (info["operation"]["verb"], info["operation"]["status"])
    primary = info["primaries"][0]
    if ended != ("cancel", "done") or (primary["state"], primary["ready"]) != ("attached", True):
        raise Failed(f"the guest has {ended} and {primary}")


@case("put-back/migration-interrupted")
def interrupted(world):
    tool = world.start_migration(*SLOW)
    tool.until(lambda event: event["event"] == "progress")
    tool.signal(signal.SIGINT)
    world.expect(tool.end(), 1, '"put-back"')
    world.restored()


@case("put-back/destination-dies")
def destination_dies(world):
    tool = world.start_migration(*SLOW)
    tool.until(lambda event: event["event"] == "progress")
    world.there.kill()
    result = tool.end()
    world.there.run()
    world.expect(result, 1, '"put-back"')
    world.restored()
    # The host's part of the guest that never came is over with its daemon's start.
    world.guest.wait_for(lambda: _absent(world.there), "the guest to be gone there")


def _absent(host):
    return host.virsh("domstate", NAME, check=False).returncode != 0


@case("degraded/no-such-bridge-there")
def degraded(world):
    """Only the attempt can tell: the guest runs there without its NIC, until attach."""
    result = world.migrate("--device-xml", world.device_file("rp2", bridge="nowhere"), code=4)
    world.expect(result, 4, '"degraded"', "attach a")
    if not world.lab.network.ping():
        raise Failed("the guest does not answer a ping")
    if not world.on_record():
        raise Failed("the missing NIC is on no record")
    world.expect(world.tool("attach", NAME, "--device-xml", world.device_file("rp2")), 0)
    world.restored(world.there)
    world.migrate("--device-xml", world.device_file(), target=world.here)


@case("unaided")
def unaided(world):
    """A guest without the commands: refused, or by plain hotplug."""
    move_plugin(world, PLUGIN, "/root/", without=True)
    try:
        world.expect(world.migrate(code=1), 1, "has not been found", "--unaided")
        world.migrate("--unaided")
    finally:
        world.guest.wait_boot()
        move_plugin(world, "/root/net-failover.plugin", PLUGIN, without=False)
    # Nobody has put the NIC anywhere, but NetworkManager, whose profile it fits.
    world.active()


def move_plugin(world, origin, target, without):
    """Take the commands from the guest, or give them back. The agent's channel goes away with
    qga-plugind, and the answer to whoever restarts it: so it is done a moment later."""
    world.guest.sh(f"mv {origin} {target}; "
                   "systemd-run --quiet --on-active=1 systemctl restart qga-plugind")
    world.guest.wait_for(lambda: is_without(world) is without, "other commands")


def is_without(world):
    """None: the agent does not answer now."""
    try:
        info = world.guest.command("guest-info")
    except (LabError, CommandError):
        return None
    names = {entry["name"] for entry in info["supported_commands"]}
    return "guest-net-failover-query" not in names


def kill_after(world, phase, event="phase-ended"):
    """SIGKILL at this point, then resume until it says done."""
    tool = world.start_migration(*(SLOW if phase == "migrate" else ()))
    tool.until(phase_is(phase, event) if phase != "migrate" else
               lambda found: found["event"] == "progress")
    tool.signal(signal.SIGKILL)
    tool.end()
    world.guest.wait_for(lambda: _no_job(world), "the migration to have ended", 60)
    result = world.tool("resume", NAME, world.there.uri(), host=world.here)
    world.expect(result, 0)
    world.guest.host = world.whereabouts()
    world.restored(world.guest.host)


def _no_job(world):
    states = [host.virsh("domstate", NAME, check=False).stdout.strip()
              for host in (world.here, world.there)]
    jobs = [host.virsh("domjobinfo", NAME, check=False).stdout for host in (world.here, world.there)]
    return "paused" not in states and not any("bounded" in job for job in jobs)


def _kill_cases():
    for phase, long in (("record", True), ("prepare", False), ("unplug", False),
                        ("migrate", False), ("plug", False), ("agent", True), ("complete", True)):
        case(f"killed/{phase}", long)(lambda world, phase=phase: kill_after(world, phase))


_kill_cases()
