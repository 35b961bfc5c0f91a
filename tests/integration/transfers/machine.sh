#!/bin/sh
# machine.sh TREE FOLDER PROJECT: run as `unshare -m` in a session of its own. Boots the node image's tree, with what
# changes in FOLDER, with its own systemd, no network but its loopback, and the project at /project.
set -eu
tree=$1 folder=$2 project=$3
mount --make-rprivate /
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=755 tmpfs /run/systemd/nspawn
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
# Debian 13's systemd does not start in the legacy hierarchy that nspawn gives on a hybrid host.
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
exec systemd-nspawn --quiet --boot --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off \
    --capability=all --private-network -M transfers -D "$folder/root" --bind-ro="$project:/project" </dev/null
