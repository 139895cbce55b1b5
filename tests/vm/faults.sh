#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs in the guest: commands of the engine, stopped at a step (failover/fault.h), and what breaks
# there. See tests/vm/faults.py.
#
#   faults.sh start STEP LIMIT WORD…   give the command WORD…, until the engine has stopped at STEP
#   faults.sh kill|restart-manager|stop-manager|no-record|no-client   break it
#   faults.sh wait-client              until the command has been answered: "waiting", in time
#   faults.sh go STEP                  let the engine go on
#   faults.sh settle                   until nothing is under way; prints what query and kernel say
#   faults.sh client                   how the command ended
folder=/run/qga-net-failover
client=/run/fault-client
engine=qga-net-failoverd.service

# Until "$@" succeeds, for half a minute. An emulated CPU that asks all the time does nothing else.
await() {
    for _ in $(seq 300); do
        "$@" && return 0
        sleep 0.1
    done
    echo "still not so after 30 s: $*" >&2
    exit 1
}

# A command that was answered with "waiting" (3) goes on.
reached() {
    if [ -e "$client.code" ] && [ "$(cat "$client.code")" != 3 ]; then
        echo "the command ended before it reached the step: $(cat "$client.out" "$client.err")" >&2
        exit 1
    fi
    [ -e "$folder/reached-$1" ]
}

start() {
    step=$1 limit=$2
    shift 2
    rm -f "$folder"/fault-* "$folder"/reached-* "$client".*
    printf %s "$limit" >"$folder/fault-$step"
    (
        qga-net-failover "$@" --json >"$client.out" 2>"$client.err" &
        echo $! >"$client.pid"
        wait $!
        echo $? >"$client.code"
    ) </dev/null >/dev/null 2>&1 &
    await reached "$step"
}

# A command that waits for a NIC that is gone is at its end, too, as far as the guest can tell.
settled() {
    query=$(qga-net-failover query --json) || return 1
    status=$(printf %s "$query" | grep -o '"status" *: *"[a-z]*"' | cut -d'"' -f4)
    states=$(printf %s "${query#*\"operation\"}" | grep -o '"state" *: *"[a-z]*"' | cut -d'"' -f4)
    [ "$status" != waiting ] || [ "$states" = absent ]
}

case $1 in
start) shift && start "$@" ;;
kill) systemctl kill -s KILL $engine && await test -e "$client.code" ;;
restart-manager) systemctl restart NetworkManager ;;
stop-manager) systemctl stop NetworkManager ;;
no-record) chmod 0500 $folder ;;
no-client) kill -KILL "$(cat $client.pid)" && await test -e "$client.code" ;;
wait-client) await test -e "$client.code" ;;
go) rm -f "$folder/reached-$2" ;;
settle)
    await settled
    printf '%s\n' "$query"
    cat /proc/net/bonding/bond0
    ;;
client) await test -e "$client.code" && cat "$client.code" "$client.out" "$client.err" ;;
esac
