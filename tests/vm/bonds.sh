#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The guest's part of bonds.py: bonds.sh NIC TEXT runs the text, which has all of these functions.
# Many steps to a call, since a guest that answers 1000 probes a second is slow to start a program.
nic=$1
net=/sys/class/net
options=$net/bond0/bonding
standby=enp4s0
third=enp5s0

fail() {
    echo "bonds.sh: $*" >&2
    exit 1
}

# wait_until CONDITION [ARGUMENT…]: for 10 s.
wait_until() {
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "waited in vain until $*"
        sleep 0.1
    done
}

# Whatever a shape left.
tear_down() {
    for name in bond0 bridge0 inner0; do
        [ ! -e $net/$name ] || ip link del $name
    done
    if [ -e /run/netns/inner ]; then
        ip netns pids inner | xargs -r kill
        ip netns del inner
    fi
    for name in $standby $third "$nic"; do
        ip link set "$name" down
    done
}

# has PORT CARRIER STATUS: by itself, and by the bond's word.
has() {
    read -r carrier <$net/"$1"/carrier && read -r status <$net/"$1"/bonding_slave/mii_status &&
        [ "$carrier" = "$2" ] && [ "$status" = "$3" ]
}

whole() {
    for name in "$@"; do
        has "$name" 1 up || return 1
    done
}

# The kernel's file; "@ PORT CARRIER", which it does not tell without a monitor; then, behind "=",
# what is to be as it was in the end. ad_… is negotiated.
look() {
    cat /proc/net/bonding/bond0
    read -r ports <$options/slaves
    for name in $ports; do
        read -r carrier <$net/"$name"/carrier
        echo "@ $name $carrier"
    done
    for path in "$options"/*; do
        case ${path##*/} in
            ad_* | active_slave | mii_status | queue_id | slaves) ;;
            *)
                value=
                read -r value <"$path" || :  # an empty one has no line
                echo "= ${path##*/} $value"
                ;;
        esac
    done
    read -r ports <$options/queue_id
    for port in $ports; do
        echo "= queue_id of $port"
    done
    ip -d -o link show master bond0 | sed -E \
        's/^[0-9]+: ([^:@]+).* mtu ([0-9]+) .* prio (-?[0-9]+) .*/= \1 mtu \2 prio \3/'
}

# An unrelated port joins, with a link by the bond's word unless told otherwise, and leaves; the
# active port after each.
join_and_leave() {
    ip link add unrelated type veth peer name unrelated0
    ip link set unrelated0 up
    ip link set unrelated master bond0
    wait_until has unrelated 1 "${1:-up}"
    cat $options/active_slave
    ip link del unrelated
    cat $options/active_slave
}

eval "$2"
