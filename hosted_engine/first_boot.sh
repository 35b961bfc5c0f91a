#!/bin/sh
# Once, in the engine VM, before its network: takes name, address and keys from the seed disk that the deploy made.
# Shell, because under emulation a Python that starts costs seconds. Usage: first_boot.sh [ROOT]
set -eu
root=${1:-}
state=$root/var/lib/trivet-engine
mounted=$root/run/trivet-seed

mkdir -p "$mounted"
tries=0
until mount -t ext4 -o ro,noload LABEL=TRIVETSEED "$mounted" 2>/dev/null; do
    tries=$((tries + 1))
    if [ $tries -gt 30 ]; then
        echo "This engine does not know its site: there is no disk with the label TRIVETSEED. Attach it and boot again." >&2
        exit 1
    fi
    sleep 1
done

cp -R "$mounted/system/." "$root/"
mkdir -p -m 700 "$state"
cp "$mounted/ca.crt" "$mounted/ca.key" "$mounted/engine.crt" "$mounted/engine.key" "$state/"
cp "$mounted/site.json" "$state/.site.json"
if id trivet-engine >/dev/null 2>&1; then chown -R trivet-engine:trivet-engine "$state"; fi
chmod 600 "$state"/*.crt "$state"/*.key "$state/.site.json"
sync
mv "$state/.site.json" "$state/site.json" # last: where it lies, all lies, and this script is not run again
umount "$mounted"
if [ -z "$root" ]; then cat /etc/hostname >/proc/sys/kernel/hostname; fi
