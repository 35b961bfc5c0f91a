#!/bin/sh
# machine.sh TREE FOLDER PROJECT WORD: run as `unshare -f --kill-child -m -n -p -u`. The node image's own Gluster with one volume, as
# the ones for images are, whose three bricks lie on FOLDER/disk; then `inside.py WORD` of the project.
set -eu
tree=$1 folder=$2 project=$3 word=$4 root=$2/root
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount --rbind /dev "$root/dev"
mkdir -p "$root/brick" "$root/volume" "$root/project"
mount --bind -o ro "$project" "$root/project"
mount -o loop "$folder/disk" "$root/brick"
ip link set lo up
ip address add 192.0.2.11/32 dev lo
hostname node1
echo "192.0.2.11 node1" >>"$root/etc/hosts"
rm -f "$root/var/lib/glusterd/secure-access"
exec chroot "$root" sh -eu -c '
    glusterd
    until gluster volume list >/dev/null 2>&1; do sleep 0.2; done
    mkdir /brick/1 /brick/2 /brick/3
    gluster --mode=script volume create data replica 3 node1:/brick/1 node1:/brick/2 node1:/brick/3 force
    gluster volume set data group virt
    gluster volume set data features.shard-block-size 64MB
    gluster volume set data cluster.server-quorum-type none
    gluster volume start data
    until mount -t glusterfs node1:/data /volume && mountpoint -q /volume; do sleep 0.2; done
    cd /project
    /opt/trivet/venv/bin/python -m tests.integration.wiping.inside "$1"
    umount /volume
    sync' sh "$word"
