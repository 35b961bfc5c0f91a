"""The console of an installed node: says how the node is, and does what an operator in front of it has to do."""
