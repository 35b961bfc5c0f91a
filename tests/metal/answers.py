"""A small disk with answers for an unattended installation, as somebody would put it on a USB stick."""

import subprocess
from pathlib import Path

LABEL = "ANSWERS"
SYSTEM, BRICK, OTHER = "SYSTEM01", "BRICK01", "OTHER01"
ADDRESS = "192.0.2.15"

TEXT = f"""[machine]
host_name = "node1"
password_hash = "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$tnSYvahCwPBHKZUspmcxMfb0.WiB9W.zEaKlOBL35rC"

[disks]
system = 'serial == "{SYSTEM}"'
bricks = ['serial == "{BRICK}"']

[network]
nics = ["52:54:00:aa:00:01"]
ipv4 = "static"
address = "{ADDRESS}/24"
gateway = "192.0.2.2"
"""


def write(disk: Path, text: str = TEXT) -> None:
    """`disk` is a file of a few MB, which becomes a FAT file system with answers.toml."""
    subprocess.run(["mkfs.fat", "-n", LABEL, str(disk)], check=True, capture_output=True)
    subprocess.run(["mcopy", "-i", str(disk), "-", "::answers.toml"], input=text.encode(), check=True)
