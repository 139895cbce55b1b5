#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Gives the agent's port to qga-plugind in a running guest, once its files are installed (take), or
# back to the stock agent, once they are removed (return). A guest that boots needs neither.
#
# Either way the stock agent is restarted, which would end whatever the host runs in it by
# guest-exec: not least the package manager that runs this. So while the agent has children, or the
# file systems are frozen, it is left to a unit in the background, until the agent has had nothing
# to do for a while: the host fetches the result of its command meanwhile.
set -eu

AGENT=qemu-guest-agent.service
SOCKET=qemu-guest-agent.socket
PLUGIND=qga-plugind.service
WAITER=qga-plugind-handover.service
PORT=/dev/virtio-ports/org.qemu.guest_agent.0
# Where the agent keeps that it is frozen, unless told otherwise by --statedir.
FROZEN=/run/qga.state.isfrozen
RUNTIME=/run/qga-plugind
POLICY=/usr/sbin/policy-rc.d
# Hosts that wait for a command ask for its result every second or so; some only every five.
QUIET_SECONDS=10

usage() {
    echo "usage: qga-plugind-handover take|return" >&2
    exit 2
}

active() { systemctl --quiet is-active "$1"; }

# Debian's policy-rc.d may forbid it, as it would to deb-systemd-invoke; which takes its time, while
# the channel has no owner, and starts no unit that is enabled statically.
control() { # ACTION UNIT...
    for unit in "$@"; do
        [ "$unit" != "$1" ] || continue
        status=0
        [ ! -x "$POLICY" ] || "$POLICY" "$unit" "$1" || status=$?
        [ "$status" -ne 101 ] || return 0
    done
    systemctl --quiet "$@"
}

# Other processes than the agent in its control group: what guest-exec started.
agent_has_children() {
    main=$(systemctl show --property=MainPID --value "$AGENT")
    group=$(systemctl show --property=ControlGroup --value "$AGENT")
    [ -n "$group" ] || return 1
    cat "/sys/fs/cgroup$group/cgroup.procs" "/sys/fs/cgroup/systemd$group/cgroup.procs" \
        2>/dev/null | grep -qvx "$main"
}

agent_is_busy() { [ -e "$FROZEN" ] || agent_has_children; }

wait_until_quiet() {
    quiet=0
    while [ "$quiet" -lt "$QUIET_SECONDS" ]; do
        # No event tells that a control group is down to one process.
        sleep 1
        if agent_is_busy; then quiet=0; else quiet=$((quiet + 1)); fi
    done
}

# Whether there is anything to be done. Without a port, there is when one is plugged in, by udev.
due() {
    case $1 in
    # Started by udev in the middle of an installation, it waits for the port, and for its socket.
    take) [ -e "$PORT" ] && { ! active "$PLUGIND" || ! active "$SOCKET"; } ;;
    return) active "$PLUGIND" || active "$SOCKET" ;;
    esac
}

# What systemd would have taken away, had the units not gone before what they describe: the socket
# (RemoveOnStop=) and empty mount points (RuntimeDirectory=).
tidy() {
    if ! active "$SOCKET"; then rm -f /run/qemu-guest-agent.sock; fi
    if [ -d "$RUNTIME" ] && ! active "$PLUGIND"; then
        find "$RUNTIME" -xdev -depth -empty -delete
    fi
}

hand_over() {
    case $1 in
    take)
        # By the drop-in, its socket and qga-plugind come with it, in one transaction. One that
        # does not run is started by its socket.
        if active "$AGENT"; then control restart "$AGENT"; else control start "$PLUGIND"; fi
        ;;
    return)
        control stop "$PLUGIND" "$SOCKET"
        # Without the port, starting it would be a wait for the device.
        [ ! -e "$PORT" ] || control reload-or-restart "$AGENT"
        tidy
        ;;
    esac
}

begin() {
    systemctl stop "$WAITER" 2>/dev/null || true
    systemctl daemon-reload
    # After an upgrade, qga-plugind alone: the agent and what it runs are left in peace.
    [ "$1" != take ] || ! active "$PLUGIND" || control try-restart "$PLUGIND"
    if due "$1" && agent_is_busy; then
        echo "qemu-guest-agent is at work: it is restarted when it has had nothing to do for" \
            "$QUIET_SECONDS s"
        systemd-run --quiet --collect --unit="$WAITER" \
            --description="Hand-over of the Guest Agent's Port ($1)" \
            /bin/sh "$(readlink -f "$0")" "$1" quiet
        exit 0
    fi
}

case ${1-} in take | return) ;; *) usage ;; esac
[ -d /run/systemd/system ] || exit 0
case ${2-} in
'') begin "$1" ;;
quiet) wait_until_quiet ;;
*) usage ;;
esac
if due "$1"; then hand_over "$1"; fi
# Of a package that is gone, this is a copy.
case $0 in /run/*) rm -f "$0" ;; esac
