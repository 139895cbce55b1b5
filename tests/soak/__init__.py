# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite soak: the same again and again in one guest, with nothing lost and nothing left behind."""
