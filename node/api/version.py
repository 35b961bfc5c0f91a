"""The version of the contract between nodes and engine; an engine drives nodes of its own and the previous one."""

API_VERSION = 3  # 1 passes over unknown settings of a VM; 2 refuses them; 3 has storage domains by id
OLDEST_SPOKEN = 1
