"""A shell of root's; its end leads back to the console."""

from installer.console.operator import Operator

SHELL = ("/bin/bash", "--login")


async def open_shell(operator: Operator) -> None:
    operator.outside(SHELL)
