"""A plan played on a virtual clock against a simulated world, and judged over the past."""
