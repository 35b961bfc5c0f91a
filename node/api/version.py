"""The version of the contract between nodes and engine; an engine drives nodes of its own and the previous one."""

API_VERSION = 2  # 1 passes over the settings of a VM that came later; 2 refuses what it does not know
OLDEST_SPOKEN = 1
