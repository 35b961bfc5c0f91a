"""A node's next version: written into the other slot of its system disk, tried, kept when it proves healthy."""
