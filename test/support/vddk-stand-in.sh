#!/bin/sh
# Stands in for nbdkit with its plugin vddk: checks every parameter of the plugin as vddk would need it, and serves
# a frozen file instead. `nbdkit ... vddk key=value...` becomes `nbdkit ... sh THIS-FILE key=value...`.
# VDDK_EXPECTED: a file with one `key=value` a line, the password among them; VDDK_SEEN: a folder for what came;
# VDDK_FROZEN: a folder with <snapshot>/2000.img; VDDK_SIZE: its size, where it is to be a lie. Which snapshot it is cannot be known beforehand.
if [ -z "$tmpdir" ]; then
    for argument; do
        shift
        if [ "$argument" = vddk ]; then
            set -- "$@" sh "$0"
        else
            set -- "$@" "$argument"
        fi
    done
    exec nbdkit "$@"
fi

case "$1" in
config)
    case "$2=$3" in
    password=-*)
        # Once, at the start: as nbdkit_read_password does, up to the end of the line or of the input.
        fd=${3#-}
        password=$(eval "cat <&$fd")
        given="password=$password"
        ;;
    *) given="$2=$3" ;;
    esac
    if [ "$2" != snapshot ] && ! grep -qxF -e "$given" "$VDDK_EXPECTED"; then
        echo "EINVAL unexpected parameter $2" >&2
        exit 1
    fi
    [ "$2" = password ] && given=
    echo "${given#*=}" > "$VDDK_SEEN/$2"
    ;;
config_complete)
    for key in snapshot $(cut -d= -f1 "$VDDK_EXPECTED"); do
        [ -e "$VDDK_SEEN/$key" ] || { echo "EINVAL $key is missing" >&2; exit 1; }
    done
    ;;
thread_model) echo parallel ;;
open) echo handle ;;
get_size) echo "${VDDK_SIZE:-$(stat -c %s "$VDDK_FROZEN/$(cat "$VDDK_SEEN/snapshot")/2000.img")}" ;;
pread) dd if="$VDDK_FROZEN/$(cat "$VDDK_SEEN/snapshot")/2000.img" skip="$4" count="$3" iflag=skip_bytes,count_bytes status=none ;;
can_write) exit 3 ;;
*) exit 2 ;;
esac
