"""The edge to the exchanges."""
