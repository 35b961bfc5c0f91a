"""The gluster command lines."""
