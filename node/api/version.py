"""The version of the contract between nodes and engine; an engine drives nodes of its own and the previous one."""

API_VERSION = 3  # 2 refuses settings of a VM that it does not know; 3 starts a VM from its specification
OLDEST_SPOKEN = 1
