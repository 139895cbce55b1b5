# SPDX-License-Identifier: GPL-2.0-or-later
"""The host suite: virt-net-failover on two real libvirt hosts."""
