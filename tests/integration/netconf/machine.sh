#!/bin/sh
# machine.sh ROOT: run as `unshare -f --kill-child -m -n -u` in a session of its own. The tree below ROOT becomes a machine with
# D-Bus and NetworkManager, which is started again when it dies, and one NIC `host0`. PIDs are the host's: NetworkManager wants to
# know its callers.
set -eu
root=$1
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" # NetworkManager then does without udev
mount -t tmpfs tmpfs "$root/run"
mount --rbind /dev "$root/dev"
mkdir -p "$root/run/dbus" "$root/run/NetworkManager"
ip link set lo up
ip link add host0 address 52:54:00:00:00:01 type veth peer name cable
ip link set cable up
chroot "$root" dbus-daemon --system --nofork --nopidfile &
until [ -S "$root/run/dbus/system_bus_socket" ]; do sleep 0.02; done # NetworkManager does not wait for the bus
exec chroot "$root" sh -c 'while :; do NetworkManager --debug || true; done'
