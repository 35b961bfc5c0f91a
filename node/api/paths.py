"""Where a node's HTTPS interface is."""

PREFIX = "/v1"
PORT = 54321  # vdsm's port, so that firewalls of oVirt sites fit
TRANSFER_PORT = 54322  # of oVirt's imageio daemon; its proxy in the engine has the next one
TRANSFER_PROXY_PORT = 54323
