"""Turns the XML of the gluster command into the model."""
