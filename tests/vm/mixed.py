# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that have several network managers: who owns the bond, and what query is to warn of.

A guest's name is its release and its mixture, as in registry.MIXED_GUESTS; what each is made of is in
tests/lab/mixed_profiles.py.
"""
from dataclasses import dataclass

from tests.lab import mixed_profiles
from tests.lab.mixed_profiles import DISPATCHED
from tests.vm.managers import MANAGERS, ManagerStage, Plain

BOOT_SECONDS = 70
FOLDERS = ("/etc/systemd/network", "/etc/NetworkManager", "/etc/network")


@dataclass(frozen=True, kw_only=True)
class Mixture(Plain):
    """warned: of each of query's manager-conflict warnings, words that it has to have."""

    variant: str = "mixed"
    folders: tuple = FOLDERS
    tool: str = ":"
    restart: str = ":"
    warned: tuple = ()


NETWORKD, NM = {"told": "networkd"}, {"told": "networkmanager"}
MIXTURES = {
    "networkd-beside-nm": Mixture(write=mixed_profiles.networkd_beside_nm, **NETWORKD),
    "networkd-untold-nm": Mixture(
        write=mixed_profiles.networkd_untold_nm, **NETWORKD,
        warned=(("NetworkManager", "enp1s0", "networkd", "unmanaged-devices"),
                ("NetworkManager", "enp4s0", "networkd", "unmanaged-devices"))),
    "nm-beside-networkd": Mixture(write=mixed_profiles.nm_beside_networkd, **NM),
    "nm-and-networkd": Mixture(
        write=mixed_profiles.nm_and_networkd, **NM,
        warned=(("networkd", "enp4s0", "networkmanager", "60-standby.network"),)),
    "bare-beside-nm": Mixture(write=mixed_profiles.bare_beside_nm, told="none"),
    "ifupdown-beside-nm": Mixture(write=mixed_profiles.ifupdown_beside_nm,
                                  told=MANAGERS["ifupdown-auto"].told),
    "nm-with-ifenslave": Mixture(
        write=mixed_profiles.nm_with_ifenslave, **NM,
        warned=(("ifenslave", "NetworkManager", f"chmod -x {DISPATCHED}"),)),
}


class MixedStage(ManagerStage):
    """A guest with that mixture."""

    known = MIXTURES

    def wait_network(self):
        """And until NetworkManager, too, has looked at all there is."""
        super().wait_network()
        self.guest.sh("nm-online --wait-for-startup --quiet --timeout 60", BOOT_SECONDS)
