"""Holding our conversations against 8x8's own lists."""
