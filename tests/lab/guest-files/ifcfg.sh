#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What acts by network-scripts' ifcfg files in a guest of the lab, in their order of things:
# ifcfg start|stop: all of them; ifcfg up|down DEVICE: one. No daemon.
set -e
folder=/etc/sysconfig/network-scripts
net=/sys/class/net

fail() {
    echo "ifcfg: $*" >&2
    exit 1
}

# The files are shell by definition; this guest's are the lab's own.
load() {
    DEVICE='' TYPE='' MASTER='' SLAVE='' BONDING_OPTS='' IPADDR='' PREFIX='' IPV6ADDR='' HWADDR=''
    [ -e "$folder/ifcfg-$1" ] || fail "no $folder/ifcfg-$1"
    # shellcheck source=/dev/null
    . "$folder/ifcfg-$1"
}

# port_up DEVICE MASTER
port_up() {
    [ -e "$net/$1" ] || fail "there is no $1"
    read -r found 2>/dev/null <"$net/$1/bonding_slave/perm_hwaddr" ||
        read -r found <"$net/$1/address"
    [ -z "$HWADDR" ] || [ "$found" = "$(echo "$HWADDR" | tr A-F a-f)" ] ||
        fail "$1 has MAC address $found instead of $HWADDR"
    grep -qsw "$1" "$net/$2/bonding/slaves" && return
    ip link set "$1" down
    ip addr flush dev "$1"
    echo "+$1" >"$net/$2/bonding/slaves"
    ip link set "$1" up
}

bond_up() {
    [ -e "$net/$1" ] || ip link add "$1" type bond
    ip link set "$1" down
    for option in $BONDING_OPTS; do
        case $option in
        primary=*) primary=${option#*=} ;;
        *) echo "${option#*=}" >"$net/$1/bonding/${option%%=*}" ;;
        esac
    done
    ip addr replace "$IPADDR/$PREFIX" dev "$1"
    [ -z "$IPV6ADDR" ] || ip addr replace "$IPV6ADDR" dev "$1"
    ip link set "$1" up
    bond=$1
    for file in "$folder"/ifcfg-*; do
        load "${file#*/ifcfg-}"
        # One that is away does not keep the others.
        [ "$MASTER" != "$bond" ] || (port_up "$DEVICE" "$bond") || :
    done
    echo "$primary" >"$net/$bond/bonding/primary"
}

up() {
    load "$1"
    if [ "$TYPE" = Bond ]; then
        bond_up "$DEVICE"
    elif [ "$SLAVE" = yes ]; then
        port_up "$DEVICE" "$MASTER"
    fi
}

down() {
    load "$1"
    if [ "$TYPE" = Bond ]; then
        [ ! -e "$net/$DEVICE" ] || ip link del "$DEVICE"
    elif [ "$SLAVE" = yes ]; then
        ip link set "$DEVICE" nomaster
        ip link set "$DEVICE" down
    fi
}

case $1 in
up | down) "$1" "$2" ;;
start) up bond0 ;;
stop) down bond0 ;;
*) fail "start, stop, up DEVICE or down DEVICE" ;;
esac
