"""Where a node's HTTPS interface is."""

PREFIX = "/v1"
PORT = 54321  # vdsm's port, so that firewalls of oVirt sites fit
