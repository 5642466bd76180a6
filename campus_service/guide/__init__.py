"""The service guide: what a matter needs, told once and completely (一次性告知)."""
