# SPDX-License-Identifier: GPL-2.0-or-later
"""The vm suite: the whole path on real guests.

run.py is the program; stage.py a booted guest that many cases share, traffic.py the probes that
every change of the guest is watched with, expect.py what must hold afterwards, cases_*.py the
cases. A case is a function of a Stage, named by @case.
"""
