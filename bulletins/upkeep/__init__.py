"""Keeping the archive true: what readers of an old item are told first, and the pages on which editors see to it."""
