"""Join a site that runs: said, not done, by this version."""

from installer.console.operator import Operator
from installer.console.pages import TextPage

WORDS = (
    "Joining will ask the engine of a site that runs to take this node: you will give the engine's address, compare "
    "four words of its fingerprint, and an administrator will have to approve it there.\n\n"
    "This version of Trivet cannot do that yet. A site is made of one or three nodes at once, by 'Create a site' on "
    "one of them. Nothing was changed."
)


async def join_site(operator: Operator) -> None:
    await operator.ask(TextPage("Join a site", WORDS))
