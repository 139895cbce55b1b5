# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite conformance: what a host sees through qga-plugind is what it sees of qemu-ga alone.

run.py is the program, cases.py the tests, agents.py the processes they start. Needs the Debian
package qemu-guest-agent; nothing that a case sends changes the machine it runs on.
"""
