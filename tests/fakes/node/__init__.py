"""A node in memory with the whole contract: `fake` is the node, the other modules are its parts by subject."""
