# SPDX-License-Identifier: GPL-2.0-or-later
#
# bash completion for qga-net-failover. Options and their choices are read from --help, so that
# there is no second list to keep.
# shellcheck shell=bash

_qga_net_failover() {
    local current=${COMP_WORDS[COMP_CWORD]}
    local previous=${COMP_WORDS[COMP_CWORD - 1]}
    local program=${COMP_WORDS[0]}
    local word command='' help choices

    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        query | prepare | complete | cancel)
            command=$word
            break
            ;;
        esac
    done
    case $previous in
    --device)
        # Hardware only.
        choices=$(cd /sys/class/net 2>/dev/null && printf '%s\n' */device | sed 's,/device$,,')
        ;;
    --stage | --policy)
        # $command is one word or none.
        help=$("$program" ${command:+"$command"} --help 2>/dev/null)
        choices=$(sed -n "s/^ *$previous=\([a-z|-]*\).*/\1/p" <<<"$help" | tr '|' '\n')
        ;;
    --socket | -s)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    *)
        # $command is one word or none.
        help=$("$program" ${command:+"$command"} --help 2>/dev/null)
        # Only lines that begin with an option: the text below them names some, too.
        choices=$(sed -n 's/^ *\(-., \)\?\(--[a-z][a-z-]*\).*/\2/p' <<<"$help" | sort -u)
        [ -n "$command" ] || choices+=$'\nquery\nprepare\ncomplete\ncancel'
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$current")
}

complete -F _qga_net_failover qga-net-failover
