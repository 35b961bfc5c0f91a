"""Runs in a guest: Trivet is installed as on a node, a getty is at the operator's line, and ttyS1 brings commands."""

import json
import subprocess
import threading
import tty
from itertools import repeat

INSTALL = """set -e
cp -a /project/installed/. /
ln -s /opt/trivet/venv/bin/trivet /usr/bin/trivet
echo set enable-bracketed-paste off >>/etc/inputrc
"""
GETTY = ("agetty", "--autologin", "root", "--noclear", "115200", "ttyS2", "vt220")  # as systemd's serial-getty@ttyS2
LAST = "exit"


def serve_operator() -> None:
    for argv in repeat(GETTY):
        subprocess.run(argv, start_new_session=True, check=False, env={"PATH": "/usr/sbin:/usr/bin"})


def main() -> None:
    subprocess.run(("sh", "-c", INSTALL), check=True)
    threading.Thread(target=serve_operator, daemon=True).start()
    with open("/dev/ttyS1") as commands:
        tty.setraw(commands)
        print("ready", flush=True)
        for command in iter(lambda: commands.readline().strip(), LAST):
            done = subprocess.run(("sh", "-c", command), capture_output=True, text=True, check=False)
            print("result", json.dumps(done.stdout + done.stderr), flush=True)


if __name__ == "__main__":
    main()
