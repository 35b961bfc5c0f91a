"""The network of one host as it is or as it should be."""
