# SPDX-License-Identifier: GPL-2.0-or-later
"""The agent channel, the engine's life, the guest's own command line, and a live migration."""
import json

from tests.lab.base import LabError
from tests.lab.guest import PRIMARY_MAC
from tests.runner.cases import Failed
from tests.vm import cases_channel, cases_channel_agent, cases_channel_end, cases_channel_freeze, expect
from tests.vm.cycle import complete, cycle, plug, prepare, unplug
from tests.vm.registry import VIRSH, case
from tests.vm.stage import PREFIX, SCHEMA

# What hosts do over the channel, by subject; played before the cases here.
CHANNEL = (cases_channel, cases_channel_agent, cases_channel_freeze, cases_channel_end)
ENGINE = "qga-net-failoverd"
IDLE_SECONDS = 10
# The stock agent alone, on the port itself, started as its package does without us; until a file
# says that it is enough, or for half a minute. The pauses leave the command that starts or ends it
# the time to come back over the channel.
ENOUGH = "/run/vm-test-enough"
STOCK_ONLY = f"""rm -f {ENOUGH}; systemd-run -q --collect --unit=vm-test-stock sh -c '
sleep 1
systemctl stop qga-plugind.service qemu-guest-agent.socket qemu-guest-agent.service
/usr/sbin/qemu-ga & agent=$!
for step in $(seq 60); do test -e {ENOUGH} && break; sleep 0.5; done
sleep 1
kill $agent; wait $agent
systemctl start qga-plugind.service'"""
# 1 is VMADDR_CID_LOCAL; 40 is AF_VSOCK. Two clients one after the other, as of qemu-ga.
VSOCK_START = """modprobe vsock_loopback
systemd-run -q --collect --unit=vm-test-vsock-agent /usr/sbin/qemu-ga -m unix-listen \\
    -p /run/vm-test-vsock -t /run
until test -S /run/vm-test-vsock; do sleep 0.1; done
systemd-run -q --collect --unit=vm-test-vsock-plugind /usr/sbin/qga-plugind -m vsock-listen \\
    -p 1:5000 -s /run/vm-test-vsock"""
VSOCK_ASK = r"""perl -e 'use Socket;
for my $command ("guest-ping", "guest-info") {
    my $end;
    for my $try (1..100) {
        socket($end, 40, SOCK_STREAM, 0) or die $!;
        last if connect($end, pack("SSLLx4", 40, 0, 5000, 1));
        select(undef, undef, undef, 0.1);
    }
    syswrite($end, "{\"execute\": \"$command\"}\n") or die $!;
    print scalar <$end>;
    close($end);
}'"""
# What is sent right after the resume still finds the switch's old entry, until the guest announces.
RESUME_SECONDS = 0.5


def wait_agent(stage):
    """Until the other agent answers on the channel."""
    if hasattr(stage.guest, "connect_agent"):
        stage.guest.connect_agent(60)
    else:
        stage.guest.wait_boot(60)


def stock_info(stage):
    """guest-info of qemu-ga by itself, in the same guest."""
    guest = stage.guest
    guest.sh(STOCK_ONLY)

    def ask():
        try:
            wait_agent(stage)
            info = guest.command("guest-info")
        except LabError:
            return None
        names = [entry["name"] for entry in info["supported_commands"]]
        return None if PREFIX + "query" in names else info

    info = guest.wait_for(ask, "the stock agent by itself", 60)
    guest.sh(f"touch {ENOUGH}")
    guest.wait_for(lambda: plugind_is_back(stage), "qga-plugind to be back", 60)
    return info


def plugind_is_back(stage):
    try:
        wait_agent(stage)
        names = [entry["name"] for entry in stage.guest.command("guest-info")["supported_commands"]]
    except LabError:
        return False
    return PREFIX + "query" in names


def lists_both(stage):
    ours = stage.guest.command("guest-info")
    stock = stock_info(stage)
    count = len(stock["supported_commands"])
    expect.holds(count > 20, f"the stock agent lists only {count} commands")
    expect.same(ours["supported_commands"][:count], stock["supported_commands"], "the stock part")
    added = {entry["name"]: entry for entry in ours["supported_commands"][count:]}
    expect.same(sorted(added), sorted(SCHEMA.commands), "what is added")
    expect.holds(all(entry["enabled"] and entry["success-response"] for entry in added.values()),
                 f"not all enabled: {added}")
    del ours["supported_commands"], stock["supported_commands"]
    expect.same(ours, stock, "the rest of guest-info")


@case("agent/guest-info-lists-both")
def guest_info(stage):
    lists_both(stage)


@case("virsh/guest-info-lists-both", VIRSH)
def virsh_guest_info(stage):
    lists_both(stage)


@case("agent/host-reconnects")
def host_reconnects(stage):
    agent = stage.guest.agent
    for rubbish in (b"", b'{"execute": "guest-pi', b'{"execute": "guest-info"}\n', b"\xff\x00}{"):
        agent.send(rubbish)
        agent.close()
        agent.open(20)
        expect.same(stage.guest.command("guest-ping"), {}, "the reply to guest-ping")
        stage.query()


@case("agent/host-leaves-in-the-middle")
def host_leaves(stage):
    """The host sends a command and goes away; the next one asks again and gets its end."""
    agent = stage.guest.agent
    with stage.traffic() as traffic:
        with traffic.phase("prepare"):
            agent.send(json.dumps({"execute": PREFIX + "prepare"}).encode() + b"\n")
            agent.close()
            agent.open(20)
            report = stage.prepare()
        expect.same(report["status"], "done", "status of the second prepare")
        expect.on_standby(stage, "enp1s0")
        with traffic.phase("cancel"):
            expect.done(stage.cancel(), "cancel", "attached")
        expect.on_primary(stage, "enp1s0")


def engine_runs(stage):
    found = stage.guest.exec(["/usr/bin/pgrep", "-f", f"/{ENGINE}"], check=False)
    return found.code == 0


@case("engine/exits-when-idle")
def engine_exits(stage):
    stage.query()
    expect.holds(engine_runs(stage), "the engine does not run right after a query")
    stage.guest.wait_for(lambda: not engine_runs(stage), "the engine to end", IDLE_SECONDS + 20)
    unit = ["/bin/systemctl", "show", "-p", "Result", "-p", "ActiveState", f"{ENGINE}.service"]
    state = stage.guest.exec(unit).out.split()
    expect.same(sorted(state), ["ActiveState=inactive", "Result=success"], "the engine's unit")
    stage.query()


@case("engine/stays-while-prepared")
def engine_stays(stage):
    """It is what keeps the NIC out; and when it is killed, the next one knows the operation."""
    with stage.traffic() as traffic:
        report = prepare(stage, traffic)
        with traffic.phase("killed"):
            stage.guest.sh(f"systemctl kill -s KILL {ENGINE}.service")
            operation = stage.query()["operation"]
        expect.same(operation["operation"], report["operation"], "the operation")
        expect.same(expect.the_device(operation)["state"], "detached", "state")
        unplug(stage, traffic)
        plug(stage, traffic, "rp1")
        complete(stage, traffic, "rp1")


def cli(stage, *words, code=0):
    """qga-net-failover in the guest; what it prints."""
    done = stage.guest.exec(["/usr/bin/env", "qga-net-failover", *words], timeout=90, check=False)
    expect.same(done.code, code, f"exit code of {words} (it said: {done.out}{done.err})")
    return done.out + done.err


@case("cli/query-and-cycle")
def cli_cycle(stage):
    info = json.loads(cli(stage, "query", "--json"))
    SCHEMA.check_return(PREFIX + "query", info.get("return", info))
    expect.holds("enp1s0" in cli(stage, "query"), "the table does not show the primary")
    cli(stage, "prepare", "--device", "interface=eth9", code=1)
    cli(stage, "prepare", "--no-such-option", code=2)
    with stage.traffic() as traffic:
        with traffic.phase("prepare"):
            cli(stage, "prepare", "--wait")
        expect.on_standby(stage, "enp1s0")
        unplug(stage, traffic)
        with traffic.phase("wait"):
            cli(stage, "complete", "--timeout-ms", "300", code=3)
        plug(stage, traffic, "rp2")
        with traffic.phase("complete"):
            report = json.loads(cli(stage, "complete", "--wait", "--json"))
        SCHEMA.check_return(PREFIX + "complete", report.get("return", report))
        expect.on_primary(stage, "enp2s0")
        with traffic.phase("cancel"):
            cli(stage, "prepare", "--wait")
            cli(stage, "cancel", "--wait")
        expect.on_primary(stage, "enp2s0")


@case("agent/by-vsock")
def by_vsock(stage):
    """A client by AF_VSOCK, as from a host with vhost-vsock; here through the guest's loopback."""
    guest = stage.guest
    guest.sh(VSOCK_START)
    try:
        said = guest.sh(VSOCK_ASK).out.splitlines()
    finally:
        guest.sh("systemctl stop vm-test-vsock-plugind vm-test-vsock-agent")
    expect.same(said[0], '{"return": {}}', "the reply to guest-ping")
    expect.holds(PREFIX + "query" in said[1], f"guest-info does not list ours: {said[1]}")


def kernel_died(guest):
    """The guest's kernel panicked: its console says so."""
    return guest.console.exists() and b"Kernel panic" in guest.console.read_bytes()


def once_more_if_kernel_died(stage, function):
    """function(stage), which migrates the guest.

    The emulator now and then (once in some 15 runs on a starved machine) loses a page that the
    running guest dirtied, and the destination's kernel panics over its own lists. Only that is
    tried again, once, with a new guest; it is said, and what we lose ourselves never panics a
    kernel.
    """
    try:
        function(stage)
    except Exception:
        if not kernel_died(stage.guest):
            raise
        stage.progress("the migrated guest's kernel panicked, see its console: once more")
        stage.drop()
        stage.begin()
        function(stage)


@case("migrate/cycle", uses_up=True)
def migrate(stage):
    """The main job. In the migration itself, only the stop-and-copy may cost probes."""
    once_more_if_kernel_died(stage, migrate_once)


def migrate_once(stage):
    source, stopped = stage.guest, []
    twin = source.twin("b")

    def while_stopped(sent):
        return stopped[0] - 0.05 <= sent <= stopped[1] + RESUME_SECONDS

    with stage.traffic(while_stopped) as traffic:
        prepare(stage, traffic)
        unplug(stage, traffic)
        with traffic.phase("migrate"):
            source.migrate(twin)
            stopped += [source.qmp.event_time("STOP"), twin.qmp.event_time("RESUME")]
            stage.guest = twin
            twin.connect_agent()
        plug(stage, traffic, "rp2", PRIMARY_MAC)
        complete(stage, traffic, "rp2")
    lost = {row["phase"]: row["lost"] for row in stage.rows}
    for phase in ("prepare", "unplug", "plug", "complete"):
        expect.same(lost[phase], 0, f"probes lost in {phase}")


@case("virsh/four-commands-in-its-default-timeout", VIRSH)
def virsh_commands(stage):
    """Each answers before virsh gives up (after 5 s), by itself or with `waiting`."""
    with stage.traffic() as traffic:
        with traffic.phase("query"):
            expect.holds(stage.query()["primaries"][0]["ready"], "not ready")
        prepare(stage, traffic)
        with traffic.phase("cancel"):
            expect.done(stage.cancel(), "cancel", "attached")
        expect.on_primary(stage, "enp1s0")
        prepare(stage, traffic)
        unplug(stage, traffic)
        with traffic.phase("wait"):
            report = stage.request("complete")
        expect.same(report["status"], "waiting", "status of complete without a NIC")
        plug(stage, traffic, "rp1")
        complete(stage, traffic, "rp1")


@case("virsh/cycle", VIRSH)
def virsh_cycle(stage):
    done = cycle(stage, "rp2")
    expect.holds("reboot-unsafe" in done.warnings, f"no reboot-unsafe among {done.warnings}")


@case("virsh/shows-the-reason", VIRSH)
def virsh_reason(stage):
    """All that a user of virsh sees of an error is its text: it starts with the code."""
    arguments = {"devices": [{"interface": "eth9"}]}
    text = json.dumps({"execute": PREFIX + "prepare", "arguments": arguments})
    done = stage.guest.agent_command(text)
    expect.holds(done.returncode != 0, "virsh did not fail")
    if ": no-such-device: " not in done.stderr:
        raise Failed(f"virsh shows no code: {done.stderr}")
