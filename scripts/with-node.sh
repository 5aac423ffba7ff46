#!/bin/sh
# usage: with-node.sh modules|tests SCRIPT [ARG ...]
# Sets the machine up as far as asked and runs SCRIPT on the pinned Node.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/bootstrap.sh"
case $1 in
  tests) bootstrap modules tests ;;
  *) bootstrap modules ;;
esac
shift
MIGRATEKIT_HOME=$root
export MIGRATEKIT_HOME
cd "$root"
exec "$(pinned_node)" "$@"
