"""Hears and speaks: knows WeCom, knows no proposal."""
