"""What puts a planned installation on the disks, a step each; every step is safe to repeat."""
