"""The version of the contract between nodes and engine; an engine drives nodes of its own and the previous one."""

API_VERSION = 1
OLDEST_SPOKEN = 1
