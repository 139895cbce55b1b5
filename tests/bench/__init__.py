# SPDX-License-Identifier: GPL-2.0-or-later
"""Suite bench: what the product costs, always measured beside what it is compared to."""
