#!/bin/sh
# node.sh ROOT SITE PYTHON FOLDER: run as `unshare -f --kill-child -m -n -u` in a session of its own. The tree below ROOT becomes
# a machine of D-Bus, NetworkManager and the agent, the latter two started again when they die, as systemd would. Its three
# NICs lead to the namespace of the process SITE. The agent is run from the project with PYTHON; FOLDER is what it is told.
set -eu
root=$1 site=$2 python=$3 folder=$4
mount --make-rprivate /
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" # NetworkManager then does without udev
mount -t tmpfs tmpfs "$root/run"
mount --rbind /dev "$root/dev"
mkdir -p "$root/run/dbus" "$root/run/NetworkManager" "$root/var/lib/trivet"
mount --bind "$root/var/lib" /var/lib # whoever is run in here, from the project, keeps its state in the machine
mount --bind "$root/run" /run
(while [ -d "/proc/$site" ]; do sleep 1; done; kill -KILL 0) & # the site dies with the tests, however those die
ip link set lo up
for number in 0 1 2; do
    case $number in 0) name=host0 ;; *) name=eth$number ;; esac
    ip link add "$name" mtu 1500 address "52:54:00:00:00:0$((number + 1))" type veth peer name "port$number" mtu 1500 netns "$site"
done
chroot "$root" dbus-daemon --system --nofork --nopidfile &
until [ -S /run/dbus/system_bus_socket ]; do sleep 0.02; done # NetworkManager does not wait for the bus
while :; do
    "$python" -m tests.integration.lockout.agent "$folder" &
    echo $! >/run/agent.pid
    wait $! || echo "the agent ended with $?"
    sleep 0.5
done &
while :; do
    chroot "$root" NetworkManager --debug &
    echo $! >/run/nm.pid
    wait $! || echo "NetworkManager ended with $?"
    sleep 0.2
    while [ -e /run/nm.stays-dead ]; do sleep 0.2; done
done
