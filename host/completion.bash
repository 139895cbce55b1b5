# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for virt-net-failover. Commands and options are read from --help, so that there is
# no second list to keep; domains are libvirt's.
# shellcheck shell=bash

_virt_net_failover() {
    local current=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD - 1]}
    local program=${COMP_WORDS[0]}
    local word command='' help commands choices

    help=$("$program" --help 2>/dev/null)
    commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        if grep -qxF -- "$word" <<<"$commands"; then
            command=$word
            break
        fi
    done
    case $previous in
    --device-xml | --candidate | --filter | restore)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    esac
    if [[ $current == -* ]]; then
        help=$("$program" ${command:+"$command"} --help 2>/dev/null)
        choices=$(sed -n 's/^ *\(-., \)\?\(--[a-z][a-z0-9-]*\).*/\2/p' <<<"$help" | sort -u)
    elif [ -z "$command" ]; then
        choices=$commands
    else
        choices=$(virsh -q list --all --name 2>/dev/null)
    fi
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}

complete -F _virt_net_failover virt-net-failover
