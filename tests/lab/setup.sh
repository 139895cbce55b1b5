#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Makes a fresh Debian machine ready for ./demo and ./test: says what is lacking (root, disk,
# memory), installs the missing packages, configures and builds build/meson.
# Every step is a no-op when it was done before. The package list below is the only one; arguments
# are names of packages that the caller needs besides. LAB_DISK_MB: how much disk it needs, if more
# than one guest of each release.
# All output of the tools goes to build/logs; the terminal shows one line a step.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

packages=(
    # the build
    meson ninja-build gcc libc6-dev pkg-config libglib2.0-dev libjson-glib-dev
    libnl-3-dev libudev-dev libnm-dev libvirt-dev libxml2-dev
    # guests and their images
    qemu-system-x86 qemu-utils mmdebstrap debian-archive-keyring busybox-static zstd
    e2fsprogs kmod iproute2 iputils-ping procps util-linux
    # libvirt as a second host tool
    libvirt-daemon libvirt-daemon-driver-qemu libvirt-clients
    # scripts, tests on a private bus, pictures
    python3 python3-matplotlib dbus
    "$@"
)
started=$SECONDS
logs=build/logs

say() { printf '[%4d s] %s\n' $((SECONDS - started)) "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

run_logged() { # NAME COMMAND...: the log is build/logs/NAME.log, its end is shown on failure
    local log="$logs/$1.log"
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 25 "$log" >&2
        die "\"$*\" failed; the whole log is $log"
    fi
}

check_machine() {
    [ "$(id -u)" = 0 ] || die "needs root (network namespaces, packages): run it with sudo"
    command -v apt-get >/dev/null || die "needs Debian 12 or newer (apt-get is not here)"
    mkdir -p "$logs" || die "cannot write to $PWD/build"
    local need_mb=${LAB_DISK_MB:-4000} free_mb memory_mb
    if [ -d build/cache ]; then need_mb=1500; fi
    free_mb=$(($(stat -f -c '%a * %S' build) / 1048576))
    [ "$free_mb" -ge "$need_mb" ] ||
        die "needs $need_mb MB of free disk under $PWD/build, there are $free_mb MB"
    memory_mb=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    [ "$memory_mb" -ge 2500 ] ||
        die "needs 2500 MB of available memory for four guests, there are $memory_mb MB"
}

missing_packages() {
    local installed package
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
    for package in "${packages[@]}"; do
        grep -qxF -- "$package" <<<"$installed" || echo "$package"
    done
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${#missing[@]} packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    run_logged apt-update apt-get -q update
    run_logged apt-install apt-get -qy --no-install-recommends \
        -o Dpkg::Options::=--force-unsafe-io install "${missing[@]}"
}

build() {
    if [ ! -f build/meson/build.ninja ]; then
        say "configuring build/meson"
        run_logged meson-setup meson setup build/meson --prefix=/usr -Dhost=enabled
    fi
    say "building"
    run_logged ninja ninja -C build/meson
}

check_machine
install_packages
build
