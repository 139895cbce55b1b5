#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of what the lab computes without a guest: phases and gaps, the bond's file, archives.

A measurement is only as good as these: what is lost, when, and what the kernel's text says.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)
sys.dont_write_bytecode = True

from tests.lab import bond, flow, initramfs, plain_profiles, profiles, roots
from tests.lab.base import Deadline, LabError
from tests.lab.channel import CommandError
from tests.lab.probe import Phase, ProbeLog
from tests.lab.story import IN_FLIGHT, WARM_UP, Outcome
from tests.lab.variants import VARIANTS, Variant
from tests.runner import cases

BOTH = """Ethernet Channel Bonding Driver: v6.1.0

Bonding Mode: fault-tolerance (active-backup)
Primary Slave: enp1s0 (primary_reselect always)
Currently Active Slave: enp4s0
MII Status: up

Slave Interface: enp4s0
MII Status: up
Permanent HW addr: 52:54:00:77:00:02

Slave Interface: enp1s0
MII Status: down
Permanent HW addr: 52:54:00:77:00:01
"""
NO_PORT = """Bonding Mode: fault-tolerance (active-backup)
Primary Slave: None
Currently Active Slave: None
MII Status: down
"""


def log_of(replies):
    """A log of one probe a second; a reply is how long it took, None if lost."""
    sent = [float(second) for second in range(len(replies))]
    return ProbeLog(sent, [None if r is None else s + r for s, r in zip(sent, replies)])


def check_lost():
    """A lost probe belongs to the phase that it was sent in, also at the border."""
    log = log_of([0.1, None, None, 0.1, 0.1])
    assert log.statistics(Phase('a', 0, 2))['lost'] == 1
    assert log.statistics(Phase('b', 2, 5)) == {'sent': 3, 'lost': 1, 'longest-gap-ms': 3000.0}
    assert log.lost_times() == [1.0, 2.0]


def check_gap():
    """A gap that spans a border counts on both sides, and nowhere else."""
    log = log_of([0.1, 0.1, None, 0.1, 0.1, 0.1])
    gaps = [log.statistics(Phase('x', start, start + 0.5))['longest-gap-ms']
            for start in (0.2, 1.2, 2.8, 3.2)]
    assert gaps == [1000.0, 2000.0, 2000.0, 1000.0], gaps


def check_late():
    """A reply that is late, or overtaken, is no loss."""
    log = log_of([2.5, 0.1, 0.1, 0.1])
    assert log.statistics(Phase('x', 0, 4)) == {'sent': 4, 'lost': 0, 'longest-gap-ms': 1100.0}


def check_never():
    """No reply at all: the gap is as long as the probing."""
    figures = log_of([None, None, None]).statistics(Phase('x', 0, 3))
    assert figures == {'sent': 3, 'lost': 3, 'longest-gap-ms': 2000.0}, figures


def check_load():
    with tempfile.NamedTemporaryFile('w+') as file:
        file.write('1000000 1000500\n1001000 0\n')
        file.flush()
        log = ProbeLog.load(Path(file.name))
    assert (log.sent, log.received) == ([1.0, 1.001], [1.0005, None])


def ends(lost_to_guest=(), lost_to_host=(), count=10):
    """Two ends that send once a second; the guest's clock is 1000 s ahead, the way takes 0.1 s."""
    sent = [float(second) for second in range(count)]
    return (flow.End(sent, {n: s + 0.1 for n, s in enumerate(sent) if n not in lost_to_host}),
            flow.End([1000 + s for s in sent],
                     {n: 1000 + s + 0.1 for n, s in enumerate(sent) if n not in lost_to_guest}))


def check_flow():
    """Each way is counted by itself; what the guest's clock says does not matter."""
    both = flow.directions(*ends([2, 3], [5]), 0)
    to_guest, to_host = both[flow.TO_GUEST], both[flow.TO_HOST]
    assert to_guest.lost_times() == [2.0, 3.0], to_guest.lost_times()
    assert [round(place, 6) for place in to_host.lost_times()] == [5.1], to_host.lost_times()
    early, late = Phase('a', 0, 4), Phase('b', 4, 11)
    assert to_guest.statistics(early) == {'sent': 4, 'lost': 2, 'longest-gap-ms': 3000.0}
    assert to_guest.statistics(late) == {'sent': 6, 'lost': 0, 'longest-gap-ms': 1000.0}
    assert to_host.statistics(early) == {'sent': 4, 'lost': 0, 'longest-gap-ms': 1000.0}
    assert to_host.statistics(late) == {'sent': 6, 'lost': 1, 'longest-gap-ms': 2000.0}


def check_flow_begin():
    """What was sent before both ends heard each other is neither sent nor lost, either way."""
    both = flow.directions(*ends([0, 1], [0, 2, 4]), 3.5)
    assert both[flow.TO_GUEST].statistics(Phase('x', 0, 20))['sent'] == 6
    assert both[flow.TO_GUEST].lost_times() == []
    assert both[flow.TO_HOST].statistics(Phase('x', 0, 20)) == {
        'sent': 6, 'lost': 1, 'longest-gap-ms': 1000.0}, both[flow.TO_HOST]


def check_flow_stall():
    """A guest that sent nothing for a while: what was lost lies where it was sent, not halfway."""
    sent = [0.0, 0.001, 0.002, 5.0, 5.001]
    places = flow.placed_by_arrival(sent, {0: 100.0, 1: 100.001, 4: 105.001})
    assert [round(place, 6) for place in places] == [100.0, 100.001, 100.002, 105.0, 105.001]


def check_flow_edges():
    """The first and the last are lost, or all of them: the gap lasts from end to end."""
    both = flow.directions(*ends([0, 1, 8, 9], range(10)), 0)
    to_guest, to_host = both[flow.TO_GUEST], both[flow.TO_HOST]
    figures = to_guest.statistics(Phase('x', 0, 1))
    assert figures == {'sent': 1, 'lost': 1, 'longest-gap-ms': 2000.0}, figures
    assert to_guest.statistics(Phase('x', 8, 10))['longest-gap-ms'] == 2000.0
    places = flow.placed_by_arrival([0, 1, 2, 3], {1: 11.5, 2: 12.5})
    assert places == [10.5, 11.5, 12.5, 13.5], places
    # Nothing came at all: there is no telling when, and Flow's start has refused it long before.
    assert to_host.statistics(Phase('x', 0, 9))['sent'] == 0
    deaf = flow.directions(*ends(range(10)), 0)[flow.TO_GUEST]
    assert deaf.statistics(Phase('x', 0, 10)) == {'sent': 10, 'lost': 10, 'longest-gap-ms': 9000.0}


def check_flow_order():
    """Overtaken is not lost, and the gap is between arrivals in the order in which they came."""
    one_way = flow.Direction([0.0, 1.0, 2.0, 3.0], {0: 50.0, 1: 52.5, 2: 52.0, 3: 53.0})
    assert one_way.statistics(Phase('x', 0, 4)) == {'sent': 4, 'lost': 0, 'longest-gap-ms': 2000.0}


def check_flow_log():
    end = flow.End.parse('s 1000000\ns 1001000\nr 0 2000000\nr 7 2007000\n')
    assert end == flow.End([1.0, 1.001], {0: 2.0, 7: 2.007}), end


def check_stop():
    """Of the losses in migrate, only those that the stop-and-copy explains are excused."""
    lost = [9.9, 10.1, 20 - 2 * IN_FLIGHT, 20 - IN_FLIGHT / 2, 20.2, 21, 20.3 + WARM_UP / 2,
            20.3 + WARM_UP + 0.1, 25, 30]
    outcome = Outcome(aided=True, phases=[Phase('unplug', 0, 10), Phase('migrate', 10, 30)],
                      log=ProbeLog(lost + [24, 25], [None] * len(lost) + [24.1, 25.1]),
                      stopped=(20, 20.3))
    assert outcome.lost_in_migrate() == (4, 4), outcome.lost_in_migrate()


def check_bond():
    parsed = bond.parse(BOTH)
    assert (parsed.active, parsed.primary, parsed.up) == ('enp4s0', 'enp1s0', True)
    assert parsed.ports == {'enp4s0': bond.Port('enp4s0', True, '52:54:00:77:00:02'),
                            'enp1s0': bond.Port('enp1s0', False, '52:54:00:77:00:01')}


def check_bond_empty():
    assert bond.parse(NO_PORT) == bond.Bond(None, None, False, {})


def check_archive():
    """cpio itself, from busybox, reads the archive; folders are made, modes kept."""
    files = initramfs.files_archive({'/etc/a/b': ('secret', 0o600), '/etc/c': 'x' * 5})
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(['/bin/busybox', 'cpio', '-idm'], input=files, cwd=folder, check=True,
                       stderr=subprocess.DEVNULL)
        path = os.path.join(folder, 'overlay/etc/a/b')
        assert open(path, encoding='ascii').read() == 'secret'
        assert os.stat(path).st_mode & 0o777 == 0o600
        assert open(os.path.join(folder, 'overlay/etc/c'), encoding='ascii').read() == 'xxxxx'


def check_profiles():
    """A port bound by MAC has no interface name; an option of None is left out."""
    files = profiles.bond_profiles(primary_mac='02:00:00:00:00:01', bond_options={'primary': None})
    text, mode = files[f'{profiles.FOLDER}/primary.nmconnection']
    assert mode == 0o600 and 'interface-name' not in text
    assert 'mac-address=02:00:00:00:00:01\n' in text
    assert 'primary=' not in files[f'{profiles.FOLDER}/bond0.nmconnection'][0]


def check_plain_profiles():
    """Whoever configures the guest: both ports, the bond and its address are there."""
    writers = (plain_profiles.networkd, plain_profiles.networkd_by_mac, plain_profiles.netplan,
               plain_profiles.ifupdown, plain_profiles.ifupdown_hotplug, plain_profiles.ifupdown2,
               plain_profiles.ifupdown_ng, plain_profiles.ifcfg, plain_profiles.bare)
    for write in writers:
        text = '\n'.join(content for content, _mode in write().values())
        assert 'bond0' in text and '10.77.0.2' in text and '{' not in text.replace('{}', ''), write
        by_mac = 'PermanentMACAddress=52:54:00:77:00:01' in text
        assert ('enp1s0' in text and 'enp4s0' in text) != by_mac, write
    hotplug = plain_profiles.ifupdown_hotplug()[plain_profiles.INTERFACES][0]
    assert 'allow-hotplug enp1s0' in hotplug and '\nauto enp1s0' not in hotplug


def check_variant_key():
    """Everything that makes a variant changes its key; two managers never share one."""
    plain = Variant(('bookworm',), ('a',), ('b',), ('c',), ('d',), {'e': 'f'})
    others = (plain, Variant(('bookworm',), ('A',), ('b',), ('c',), ('d',), {'e': 'f'}),
              Variant(('bookworm',), ('a',), ('B',), ('c',), ('d',), {'e': 'f'}),
              Variant(('bookworm',), ('a',), ('b',), ('C',), ('d',), {'e': 'f'}),
              Variant(('bookworm',), ('a',), ('b',), ('c',), ('D',), {'e': 'f'}),
              Variant(('bookworm',), ('a',), ('b',), ('c',), ('d',), {'e': 'F'}),
              Variant(('bookworm',), ('a',), ('b',), ('c',), ('d',), {'e': 'f'},
                      {'g': 'ifcfg.sh'}), *VARIANTS.values())
    keys = {roots.variant_key('base', variant) for variant in others}
    keys |= {roots.variant_key('other base', plain)}
    assert len(keys) == len(others) + 1, keys


def check_variant_stale():
    """What is made replaces what was made before, and a maker that fails leaves nothing."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / 'root.x.old').mkdir()
        roots.made(place / 'root.x.new', place.glob('root.x.*'), lambda path: path.mkdir())
        assert [path.name for path in place.iterdir()] == ['root.x.new']
        try:
            roots.made(place / 'root.y.new', [], lambda path: path / 0)
        except TypeError:
            pass
        assert not (place / 'root.y.new').exists()
        roots.made(place / 'root.x.new', place.glob('root.x.*'), lambda path: path / 0)
        assert (place / 'root.x.new').exists()


def check_code():
    error = CommandError('x', {'class': 'GenericError', 'desc': 'no-standby: bond0 has none'})
    assert error.code == 'no-standby'
    assert CommandError('x', {'desc': 'The command x has not been found'}).code == ''


def check_deadline():
    try:
        Deadline(0, 'the moon').left()
    except LabError as error:
        assert 'the moon' in str(error)
    else:
        raise AssertionError('a deadline of 0 s has time left')


def tests():
    return {'probe/lost': check_lost, 'probe/gap': check_gap, 'probe/late': check_late,
            'probe/never-answered': check_never, 'probe/load': check_load,
            'flow/each-way': check_flow, 'flow/begin': check_flow_begin,
            'flow/stalled-guest': check_flow_stall, 'flow/edges': check_flow_edges,
            'flow/order': check_flow_order, 'flow/log': check_flow_log,
            'story/stop-and-copy': check_stop,
            'bond/parse': check_bond, 'bond/parse/no-port': check_bond_empty,
            'initramfs/archive': check_archive, 'profiles/variants': check_profiles,
            'profiles/every-manager': check_plain_profiles,
            'variants/key': check_variant_key, 'variants/stale': check_variant_stale,
            'channel/error-code': check_code, 'deadline/says-what-for': check_deadline}


if __name__ == '__main__':
    cases.main(tests())
