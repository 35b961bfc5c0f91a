"""Reads the network of this host from the kernel."""
