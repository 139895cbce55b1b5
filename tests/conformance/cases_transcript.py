# SPDX-License-Identifier: GPL-2.0-or-later
"""The same exchanges with qemu-ga alone and through qga-plugind, on every channel; the same lines
come back."""
import itertools
import pathlib
import subprocess
import tempfile
import unittest

from tests.conformance import commands, corpus, results
from tests.conformance.agents import QEMU_GA, SANITIZED, Agents, Stock
from tests.conformance.exchange import Conversation, byte_by_byte, differences, play
from tests.conformance.randoms import Randoms, seed_of_this_run

RANDOM = 2_000 if SANITIZED else 10_000
QGA_READ_COUNT = 4096  # qga/main.c: QGA_READ_COUNT_DEFAULT


def sized(size):
    return lambda data: [data[i:i + size] for i in range(0, len(data), size)]


class Same(unittest.TestCase):
    """tell() plays something to a host and returns the rows; it is called for both."""

    def compare(self, part, tell, method="unix-listen", alone_method=None, agent_options=()):
        with tempfile.TemporaryDirectory(prefix="gnf-") as folder:
            alone = self.record(Stock(alone_method or method, agent_options), tell, folder)
            agents = Agents(method=method, agent_options=agent_options)
            through = self.record(agents, tell, folder)
            self.assertEqual(agents.plugin.requests, [], "the plugin got a command of qemu-ga's")
        found = differences(alone, through)
        results.add(part, method, alone, len(found))
        if found:
            raise AssertionError(f"{len(found)} differ:\n" + "\n".join(found[:5]))

    def record(self, agents, tell, folder):
        self.addCleanup(agents.close)
        host = agents.host()
        self.addCleanup(host.close)
        rows = tell(host, pathlib.Path(folder))
        self.assertTrue(host.is_silent(0.1), "more came than was asked for")
        host.close()
        return rows


def converse(conversation):
    def tell(host, folder):
        talk = Conversation(host)
        conversation(talk, folder)
        return talk.rows
    return tell


def playing(exchanges, **how):
    return lambda host, folder: play(host, list(exchanges()), **how)


def allowing(*names):
    """qemu-ga has --allow-rpcs since 8.1; before, its other list does as well."""
    text = subprocess.run([QEMU_GA, "--help"], check=True, capture_output=True, text=True).stdout
    if "--allow-rpcs" in text:
        return "--allow-rpcs", ",".join(names)
    return "--block-rpcs", ",".join(name for name in commands.NAMES if name not in names)


class Commands(Same):
    def test_every_command_of_guest_info_is_in_the_tables(self):
        agents = Agents()
        self.addCleanup(agents.close)
        host = agents.host()
        info = host.ask("guest-info")["return"]["supported_commands"]
        host.close()
        names = {entry["name"] for entry in info if not entry["name"].startswith("guest-test")}
        self.assertGreater(len(names), 30)
        self.assertLessEqual(names, set(commands.NAMES))

    def test_calls(self):
        self.compare("calls", playing(commands.calls))

    def test_refused_arguments(self):
        self.compare("refused arguments", playing(commands.refused_arguments))

    def test_wrong_types(self):
        self.compare("wrong types", playing(commands.wrong_types))

    def test_blocked_by_a_list(self):
        self.compare("blocked", playing(lambda: [*commands.calls(), *commands.refused_arguments()]),
                     agent_options=("--block-rpcs", "guest-ping,guest-sync,guest-get-time"))

    def test_allowed_by_a_list(self):
        self.compare("allowed", playing(lambda: [*commands.calls(), *commands.refused_arguments()]),
                     agent_options=allowing("guest-sync-delimited", "guest-info",
                                            "guest-get-osinfo", "guest-fsfreeze-status"))

    def test_files(self):
        self.compare("files", converse(commands.files))

    def test_programs(self):
        self.compare("programs", converse(commands.programs))

    def test_writes_in_chunks(self):
        self.compare("writes in chunks", converse(commands.writes))

    def test_reads_of_48_mib(self):
        self.compare("reads of 48 MiB", converse(commands.big_reads))


class Protocol(Same):
    def test_single_bytes(self):
        self.compare("single bytes", playing(corpus.single_bytes))

    def test_ids(self):
        self.compare("ids", playing(corpus.ids))

    def test_values(self):
        self.compare("values", playing(corpus.alone))

    def test_structures(self):
        self.compare("structures", playing(corpus.structures))

    def test_syncs(self):
        self.compare("syncs", playing(corpus.syncs))

    def test_pipelines(self):
        self.compare("pipelines", playing(corpus.pipelines))

    def test_pipelines_a_hundred_at_a_time(self):
        self.compare("pipelines, 100 at a time",
                     playing(lambda: [*corpus.syncs(), *corpus.structures(), *corpus.pipelines()],
                             depths=itertools.repeat(100)))

    def test_limits(self):
        self.compare("limits", playing(corpus.limits))

    def test_byte_by_byte(self):
        self.compare("byte by byte", playing(
            lambda: [*commands.calls(), *corpus.syncs(),
                     *(one for one in corpus.structures() if len(one.request) < 2000)],
            cut=byte_by_byte))

    def test_random(self):
        seed = seed_of_this_run()
        print(f"# {RANDOM} random exchanges; CONFORMANCE_SEED={seed} plays them again", flush=True)
        results.figure("seed", seed, "")

        def tell(host, _folder):
            randoms = Randoms(seed)
            exchanges = [randoms.exchange() for _ in range(RANDOM)]
            return play(host, exchanges, cut=randoms.cut, depths=randoms.depths())

        try:
            self.compare("random", tell,
                         agent_options=("--block-rpcs", ",".join(commands.CHANGING)))
        except Exception as error:
            raise AssertionError(f"with CONFORMANCE_SEED={seed}: {error}") from error


def everything(host, folder):
    return [*play(host, [*commands.calls(), *corpus.everything()]),
            *converse(commands.files)(host, folder), *converse(commands.writes)(host, folder)]


def short(host, _folder):
    """What a qemu-ga on a character device has read whole before it answers. Of what is longer it
    loses replies: GLib seeks back on such a device before it writes, which fails, while its channel
    holds bytes that qemu-ga has not taken yet (g_io_channel_write_chars, is_seekable)."""
    exchanges = [*commands.calls(), *corpus.everything()]
    return play(host, [one for one in exchanges if len(one.request) < QGA_READ_COUNT - 100])


class Channels(Same):
    """Everything again by the other methods that both have, with the same option letters.

    What stands in for a serial line is a pty; -m virtio-serial takes it too.
    """

    def test_activated(self):
        self.compare("everything", everything, "activated")

    def test_isa_serial(self):
        self.compare("everything, alone on a socket", everything, "isa-serial", "unix-listen")

    def test_isa_serial_alone_too(self):
        self.compare("short ones", short, "isa-serial")

    def test_virtio_serial(self):
        self.compare("everything, alone on a socket", everything, "virtio-serial", "unix-listen")

    def test_virtio_serial_alone_too(self):
        self.compare("short ones", short, "virtio-serial")
