"""The version of the contract between nodes and engine; an engine drives nodes of its own and the previous one."""

API_VERSION = 5
"""2 refuses unknown settings of a VM; 3 has storage domains by id, and starts a VM from its specification; 4 writes VMs
onto their storage domains; 5 takes snapshots with memory."""
OLDEST_SPOKEN = 1
