"""All that can be done at the console, in the order of the menu."""

from installer.console.bundle import make_bundle
from installer.console.create_site import create_site
from installer.console.join import join_site
from installer.console.logs import show_logs
from installer.console.maintenance import maintain
from installer.console.menu import Entry
from installer.console.network import change_network
from installer.console.operator import Action
from installer.console.password import change_password
from installer.console.power import power_off, reboot
from installer.console.shell import open_shell

ACTIONS = (
    Action(Entry("C", "Create a site", "of this node and others: the engine is deployed"), create_site, changes=True),
    Action(Entry("J", "Join a site", "that runs already: its engine is asked"), join_site, changes=True),
    Action(Entry("N", "Network", "see it, change it; it goes back unless you keep it"), change_network, changes=True),
    Action(Entry("L", "Logs", "of Trivet and what it stands on"), show_logs),
    Action(Entry("B", "Support bundle", "logs and states in one file, without secrets"), make_bundle, changes=True),
    Action(Entry("M", "Maintenance", "give the engine away; end it again"), maintain, changes=True),
    Action(Entry("R", "Reboot", "when storage and VMs can do without this node"), reboot, changes=True),
    Action(Entry("O", "Power off", "the same"), power_off, changes=True),
    Action(Entry("P", "Password", "of root on this node"), change_password, changes=True),
    Action(Entry("S", "Shell", "of root"), open_shell, changes=True),
)
