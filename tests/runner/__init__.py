# SPDX-License-Identifier: GPL-2.0-or-later
"""The test runner behind ./test: suites are programs that print TAP.

suites.py knows which programs there are, tap.py runs one and reads what it prints, report.py
counts and tells. A new suite is a folder tests/NAME with a run.py that prints TAP, lists its tests
with --list and runs only those named as arguments; or meson tests of the suite NAME.
"""
