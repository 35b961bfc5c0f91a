"""All that a node does for others, by subject: a method is an operation, with its path, its types and who may ask."""
