"""What is true: rows and rules. No network, no clock, no WeCom."""
