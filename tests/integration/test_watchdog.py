"""A host whose sanlock is gone is reset by its watchdog before others take its leases: the real wdmd, sanlock and
softdog of the node image on Debian's kernel, in an emulated machine."""

import re
from pathlib import Path

import pytest

from tests.integration.netconf.guest_machine import Hardware, emulate

FIRE_TIMEOUT_S, IO_TIMEOUT_S = 10, 2  # the profile `fast`
HARDWARE = Hardware(nics=(), modules=("virtio_blk", "overlay", "softdog"))
INSIDE = rf"""#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec >/dev/ttyS1 2>&1
mount -t tmpfs run /run
mount -t tmpfs tmp /tmp
mkdir -p /dev/shm
mount -t tmpfs shm /dev/shm
/usr/lib/systemd/systemd-wdmd watchdog-check && wdmd && echo wdmd runs
until [ -S /run/wdmd/wdmd.sock ]; do sleep 1; done
echo "watchdog_fire_timeout = {FIRE_TIMEOUT_S}" >/etc/sanlock/sanlock.conf
sanlock daemon -w 1 -l 0 -e guest
until sanlock client status >/dev/null; do sleep 1; done
dd if=/dev/zero of=/tmp/lockspace bs=1M count=1
chown sanlock:sanlock /tmp/lockspace
mount -t tmpfs -o mode=0711 data /mnt
cp -a /tmp/lockspace /mnt
sanlock client init -s t:0:/mnt/lockspace:0 -o {IO_TIMEOUT_S}
sanlock client add_lockspace -s t:1:/mnt/lockspace:0 -o {IO_TIMEOUT_S} && echo joined
sanlock client status -D
sleep 3
kill -9 "$(cat /run/sanlock/sanlock.pid)"
echo killed
seconds=0
while [ $seconds -lt 120 ]; do sleep 1; seconds=$((seconds + 1)); done
echo survived
echo o >/proc/sysrq-trigger
sleep 9
"""


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_host_without_its_sanlock_is_reset(tmp_path: Path) -> None:
    emulate(tmp_path / "guest", {"project/inside": INSIDE.encode()}, ("file:/tmp/work/results",), hardware=HARDWARE)
    said = (tmp_path / "guest/results").read_text(errors="replace").replace("\r", "")
    assert re.findall(r"^(wdmd runs|joined|killed|survived)$", said, re.MULTILINE) == ["wdmd runs", "joined", "killed"]
    assert re.search(r"^ +use_watchdog=1$", said, re.MULTILINE)
    console = (tmp_path / "guest/console").read_text(errors="replace")
    assert "softdog: Initiating system reboot" in console
