# SPDX-License-Identifier: GPL-2.0-or-later
"""What a stage asks of whoever configures its guest's network: NetworkManager, or one of managers.py.

Files are guest files, {path: (text, mode)}. Scripts are text for the guest's shell.
"""
from tests.lab import profiles

SHADOWS = "/run/NetworkManager/system-connections"


class Manager:
    """The part that all share. variant: of the image (tests/lab/variants.py). unit: of systemd, if
    there is one. folders: of its files. snapshot: a script that shows what it has in memory.
    activation: of its journal's lines, those that tell of a NIC being taken into use."""

    variant = ""
    unit = ""
    folders = ()
    snapshot = ":"
    activation = r"(?!)"

    def files(self, primary, **options):
        """The files of the standard state, with the primary called so."""
        raise NotImplementedError

    def is_clean(self, guest):
        """Whether it holds nothing in memory that its files do not say."""
        return bool(guest)

    def forget(self, guest):
        """Back to the files, whatever it holds in memory."""

    def join(self, guest, interface, whole_bond):
        """Have it take the primary, plugged in again, into the bond as at boot; whole_bond: its
        file was changed, too."""
        raise NotImplementedError

    def has_primary_option(self, files):
        """Whether the bond's primary option is to name the primary."""
        return bool(files)

    def bytes(self, guest):
        """Every file of its folders: what is in it, its inode and times."""
        where = " ".join(self.folders)
        return guest.sh(f"find {where} -type f -exec sha256sum {{}} + -exec ls -li {{}} +").out


class NetworkManager(Manager):
    """See tests/lab/profiles.py."""

    variant = "networkmanager"
    unit = "NetworkManager"
    folders = (profiles.FOLDER,)
    snapshot = f"""nmcli -g NAME,UUID,TYPE,DEVICE,STATE connection show
nmcli -g DEVICE,STATE,CONNECTION device
sha256sum {profiles.FOLDER}/* {SHADOWS}/* 2>/dev/null"""
    activation = r"-> prepare|(?i:dhcp)"
    bond_file = f"{profiles.FOLDER}/bond0.nmconnection"
    forget_script = f"""for uuid in {profiles.PRIMARY_UUID} {profiles.STANDBY_UUID} {profiles.BOND_UUID}; do
    grep -l $uuid {SHADOWS}/* 2>/dev/null | xargs -r rm -f
done
nmcli connection reload
nmcli -g UUID,NAME connection show | sed -n 's/:Wired connection.*//p' |
    xargs -r nmcli connection delete"""

    def files(self, primary, **options):
        return profiles.bond_profiles(primary=primary, **options)

    def is_clean(self, guest):
        return not guest.sh(f"grep -l bond0 {SHADOWS}/* 2>/dev/null; true").out

    def forget(self, guest):
        guest.sh(self.forget_script)

    def join(self, guest, interface, whole_bond):
        guest.wait_for(lambda: self._knows(guest, interface), f"NetworkManager to know {interface}")
        if whole_bond:
            guest.sh("nmcli connection down bond0; nmcli -w 30 connection up standby")
        guest.sh("nmcli -w 30 connection up primary")

    @staticmethod
    def _knows(guest, interface):
        argv = ["/usr/bin/nmcli", "-g", "GENERAL.STATE", "device", "show", interface]
        state = guest.exec(argv, check=False).out.partition(" ")[0].strip()
        return state.isdigit() and int(state) > 10  # more than unmanaged

    def has_primary_option(self, files):
        return "\nprimary=" in files[self.bond_file][0]
