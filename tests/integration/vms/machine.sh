#!/bin/sh
# machine.sh TREE FOLDER PROJECT: run as `unshare -f --kill-child -m -n -p` in a session of its own. The node image's tree, with
# what changes in FOLDER, becomes a machine with its own libvirtd and QEMU, two bridges and that of the management network, which
# has the address 192.0.2.1, the project at /project, FOLDER/shared at /shared. All of it ends with the first process.
set -eu
tree=$1 folder=$2 project=$3 root=$2/root
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$tree,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs -o mode=755 tmpfs "$root/dev" # without /dev/kvm, which hangs on some build machines
mkdir "$root/dev/net" "$root/dev/pts" "$root/dev/shm"
for device in null zero full random urandom tty net/tun; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$root/project" "$root/shared" "$root/old"
mount --bind -o ro "$project" "$root/project"
mount --bind "$folder/shared" "$root/shared"
ip link set lo up
for bridge in br0 br1 ovirtmgmt; do
    ip link add "$bridge" type bridge
    ip link set "$bridge" up
done
ip address add 192.0.2.1/24 dev ovirtmgmt
cd "$root"
pivot_root . old # libvirt gives each QEMU a /dev of its own, which goes wrong in a chroot
umount -l /old
ulimit -n 8192
virtlogd --daemon
libvirtd &
wait # reaps every QEMU
