"""Makes pictures of digits as people draw, photograph and scan them, and pictures that hold no digit."""
