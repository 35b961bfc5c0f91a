"""From wish and observation to ordered gluster commands."""
