# SPDX-License-Identifier: GPL-2.0-or-later
"""A team device instead of a bond, made by NetworkManager and by teamd alone.

Some probes may be lost: a team drops what still arrives on the port that it has left, and has no
option against that. How many is told; afterwards the NIC must be a port of the team, and its active
one by teamd's own word.
"""
from tests.lab.guest import PRIMARY
from tests.lab.network import GUEST_IPV4, GUEST_IPV6
from tests.lab.profiles import BOND_UUID, FOLDER, PRIMARY_UUID, STANDBY_UUID
from tests.vm import expect
from tests.vm.cases_bonds import PHASES, TABLE, steps_of
from tests.vm.cycle import plug, unplug
from tests.vm.expect import INTERFACES, STANDBY
from tests.vm.registry import TEAM, case
from tests.vm.stage import Stage

CONFIG = '{"runner": {"name": "activebackup"}, "link_watch": {"name": "ethtool"}}'
TEAM_FILE = f"""[connection]
id=team0
uuid={BOND_UUID}
type=team
interface-name=team0

[team]
config={CONFIG}

[ipv4]
method=manual
address1={GUEST_IPV4}/24

[ipv6]
method=manual
address1={GUEST_IPV6}/64
"""
PORT_FILE = """[connection]
id={name}
uuid={uuid}
type=ethernet
interface-name={interface}
master={team}
slave-type=team
"""
BY_HAND = f"""nic=%s
nmcli connection down team0
for profile in team0 primary standby; do rm -f {FOLDER}/$profile.nmconnection; done
printf '[keyfile]\\nunmanaged-devices=*\\n' >/etc/NetworkManager/conf.d/unmanaged.conf
systemctl restart NetworkManager
ip link set $nic down; ip link set {STANDBY} down
systemd-run -q --collect --unit=vm-test-teamd teamd -U -t team0 -c '{CONFIG}'
until teamdctl -U team0 state >/dev/null 2>&1; do sleep 0.1; done
ip link set $nic master team0; ip link set {STANDBY} master team0
ip addr add {GUEST_IPV4}/24 dev team0; ip link set team0 up"""
# At 1 kHz: teamd takes the old port out before it takes the new one in, and the network is told after
# that. On a busy machine this is a few hundred milliseconds, twice.
MOST_LOST = 1000


class TeamStage(Stage):
    """A guest whose NICs are ports of team0, managed by NetworkManager."""

    def make(self):
        ports = {"primary": (PRIMARY_UUID, "enp1s0"), "standby": (STANDBY_UUID, STANDBY)}
        texts = {"team0": TEAM_FILE}
        texts |= {name: PORT_FILE.format(name=name, uuid=uuid, interface=interface, team=BOND_UUID)
                  for name, (uuid, interface) in ports.items()}
        files = {f"{FOLDER}/{name}.nmconnection": (text, 0o600) for name, text in texts.items()}
        return self.lab.guest(self.disk, files=files)

    def wait_network(self):
        nic = nic_of(self)
        self.guest.wait_for(lambda: ports_of(self) == [nic, STANDBY], "the team's ports")
        carriers = f"cat /sys/class/net/{nic}/carrier /sys/class/net/{STANDBY}/carrier"
        self.guest.wait_for(lambda: self.guest.sh(carriers).out.split() == ["1", "1"], "both links")
        self.guest.sh(f"teamdctl -U team0 state item set runner.active_port {nic}")
        self.guest.wait_for(lambda: active_port(self) == nic, "the team to send through the NIC")
        self.guest.wait_for(self.lab.network.ping, "the team to answer a ping")

    def configure(self, **_options):
        self.settle("cancel", self.request("cancel"))

    def notes(self, name):
        return self.guest.sh("teamdctl -U team0 state; ip -o link; journalctl -n 30 --no-pager",
                             check=False).out.splitlines() if self.guest else []


def nic_of(stage):
    return INTERFACES[stage.guest.nics[PRIMARY].port]


def ports_of(stage):
    argv = ["/bin/sh", "-c", "ls -d /sys/class/net/team0/lower_*"]
    text = stage.guest.exec(argv, check=False).out
    return sorted(line.rpartition("lower_")[2] for line in text.split())


def active_port(stage):
    return stage.guest.sh("teamdctl -U team0 state item get runner.active_port").out.strip()


def cycle(stage, manager):
    """Prepare, unplug, plug into another slot, complete."""
    port = "rp2" if nic_of(stage) == "enp1s0" else "rp1"
    stage.query()  # what the engine's start takes from an emulated guest is not the team's
    forgiven = set()  # one probe is asked about for each phase that it fell into
    with stage.traffic(lambda sent: forgiven.add(sent) or True) as traffic:
        with traffic.phase("prepare"):
            report = stage.prepare()
        prepared = expect.done(report, "prepare", "detached", ["record", "switch", "detach"])
        expect.same(prepared["manager"], manager, "the manager")
        expect.holds("load-balancing" in expect.codes(prepared["warnings"]), "no warning")
        expect.same((ports_of(stage), active_port(stage)), ([STANDBY], STANDBY), "the team")
        unplug(stage, traffic)
        plug(stage, traffic, port)
        with traffic.phase("complete"):
            report = stage.complete()
        completed = expect.done(report, "complete", "attached")
        expect.same(ports_of(stage), sorted([INTERFACES[port], STANDBY]), "the team's ports")
        expect.same(active_port(stage), INTERFACES[port], "the team's active port")
    expect.holds(len(forgiven) <= MOST_LOST, f"{len(forgiven)} probes lost")
    add_row(stage, f"team/{manager.replace('none', 'teamd')}", prepared, completed)


def add_row(stage, name, prepared, completed):
    lost = {row["phase"]: row["lost"] for row in stage.rows}
    told = expect.codes(prepared["warnings"] + completed["warnings"])
    stage.add_row(TABLE, {
        "shape": name, "debian": stage.name.rpartition("-")[2], "prepare": steps_of(prepared),
        **{f"lost-{phase}": lost[phase] for phase in PHASES}, "active": "the NIC", "drift": "-",
        "remark": ", ".join(sorted(set(told)))})


@case("bonds/team/networkmanager", TEAM)
def by_networkmanager(stage):
    primary = expect.the_device({"devices": stage.query()["primaries"]})
    expect.same(primary["bond"]["mode"], "team", "the mode")
    cycle(stage, "networkmanager")


@case("bonds/team/teamd", TEAM, uses_up=True)
def by_teamd(stage):
    stage.guest.sh(BY_HAND % nic_of(stage), timeout=60)
    stage.wait_network()
    cycle(stage, "none")
    # Nobody is there to move the traffic: nobody is told that it was moved.
    stage.guest.sh("systemctl kill -s KILL vm-test-teamd")
    expect.refused("load-balancing", lambda: stage.prepare({"stage": "switch"}))
    expect.same(ports_of(stage), sorted([nic_of(stage), STANDBY]), "the team's ports")
