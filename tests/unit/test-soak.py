#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of what the soak suite judges by: that it sees a lost probe, and anything left behind."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)
sys.dont_write_bytecode = True

from tests.lab.probe import Phase, ProbeLog
from tests.runner import cases
from tests.soak.footprint import Footprint, Process, problems
from tests.soak.probing import Probing, between

PROCESSES = {'qga-plugind': Process('1', 200, 7), 'qga-net-failoverd': Process('2', 1600, 11),
             'qemu-ga': Process('3', 490, 10), 'NetworkManager': Process('4', 3000, 24)}
CONNECTIONS = 'bond0\nprimary\nstandby'


def found(connections=CONNECTIONS, **changed):
    """What is found when only this is other than before."""
    changed = {name.replace('_', '-'): Process(*value) for name, value in changed.items()}
    return list(problems(Footprint(PROCESSES, CONNECTIONS),
                         Footprint(PROCESSES | changed, connections), 'later'))


def check_same():
    assert not found()
    assert not found(qga_net_failoverd=('9', 1600, 11)), 'it ends when idle, and comes back'


def check_processes():
    for changed in ({'qga_plugind': ('9', 200, 7)}, {'qga_net_failoverd': ('absent', 0, 11)},
                    {'qemu_ga': ('3', 490, 11)}, {'qga_plugind': ('1', 300, 7)},
                    {'NetworkManager': ('4', 9000, 24)}):
        assert len(found(**changed)) == 1, changed


def check_connections():
    for text in ('bond0\nprimary', CONNECTIONS + '\nprimary', CONNECTIONS + ' 1'):
        assert found(text), text


def check_probes():
    probing = Probing(None)
    probing.began, probing.probed_seconds = 0, 3
    sent = [number / 1000 for number in range(3000)]
    received = [None if at in (1.5, 2.5) else at + 0.001 for at in sent]
    phases = [Phase('prepare', 1.0, 2.0)]
    for phase in [*phases, *between(phases, 0, 3)]:
        probing._add(ProbeLog(sent, received), phase)
    counted = {name: (tally.sent, tally.lost) for name, tally in probing.tallies.items()}
    assert counted == {'prepare': (1000, 1), 'between': (2000, 1)}, counted
    said = list(probing.problems())
    assert len(said) == 1 and said[0].startswith('2 of 3000 probes lost'), said
    probing.probed_seconds = 30
    assert len(list(probing.problems())) == 2, 'too few probes prove nothing'


if __name__ == '__main__':
    cases.main({'footprint/same': check_same, 'footprint/process-differs': check_processes,
                'footprint/connections-differ': check_connections, 'probing/lost': check_probes})
