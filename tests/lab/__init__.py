# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: real guests under emulation, on a network of their own, driven over QMP and the agent.

README.md in this folder is the API in one page.
"""
