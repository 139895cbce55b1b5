# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite conformance: what a host sees through qga-plugind is what it sees of qemu-ga alone.

README.md says what is compared and which file holds what. Nothing that a case sends changes the
machine it runs on.
"""
