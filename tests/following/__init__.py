"""Kept searches."""
