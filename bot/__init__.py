"""Hears and speaks: the room that knows WeCom and the way of a message, and knows no proposal."""
