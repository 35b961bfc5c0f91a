"""Change the network: `trivet net edit`, which shows its plan first and takes back what nobody keeps."""

import sys

from installer.console.operator import Operator

EDIT = (sys.executable, "-m", "installer.cli", "net", "edit")


async def change_network(operator: Operator) -> None:
    operator.outside(EDIT, pauses=True)
