"""Tiny servers to be compared with: as fast as their frameworks can be set up, doing less than the bot does."""
