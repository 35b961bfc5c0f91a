"""From a wish and what is observed to ordered changes; pure."""
