#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Process 1 of a guest that has nothing: no systemd, no D-Bus, no network manager. udevd gives the
# NICs their names and loads their drivers, /etc/rc.network makes the network, once; then the agent,
# qga-plugind and the engine are kept running, from the command line alone.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
port=/dev/virtio-ports/org.qemu.guest_agent.0
agent=/run/qemu-guest-agent.sock

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=755 tmpfs /run
mount -o remount,rw /
mkdir -p /run/lock /run/qga-net-failover /var/log
hostname "$(cat /etc/hostname)"
ip link set lo up

/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add --type=subsystems
udevadm trigger --action=add --type=devices
udevadm settle
# Else the module makes a bond0 of its own accord.
modprobe bonding max_bonds=0
[ ! -x /etc/rc.network ] || /etc/rc.network >/var/log/network.log 2>&1

# keep NAME PROGRAM [ARGUMENT…]
keep() {
    name=$1
    shift
    while :; do
        "$@" >>"/var/log/$name.log" 2>&1
        echo "$name ended: $?" | tee -a "/var/log/$name.log" >/dev/console
        sleep 0.2
    done
}

keep qga-net-failoverd /usr/libexec/qga-net-failoverd --socket /run/qga-net-failover/socket --idle-exit 0 &
keep qemu-ga sh -c "rm -f $agent; exec qemu-ga -m unix-listen -p $agent" &
# With the port open the host begins to ask.
tries=0
until [ -S $agent ] || [ $tries -ge 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done
keep qga-plugind qga-plugind -m virtio-serial -p $port -s $agent &
# It also collects what others leave.
while :; do
    wait
    sleep 1
done
