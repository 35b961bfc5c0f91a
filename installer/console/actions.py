"""All that can be done at the console, in the order of the menu."""

from installer.console.create_site import create_site
from installer.console.menu import Entry
from installer.console.operator import Action

ACTIONS = (Action(Entry("C", "Create a site *", "from this node and others"), create_site, changes=True),)
