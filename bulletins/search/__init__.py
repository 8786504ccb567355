"""Finding news items by their words: what was asked, what matches, how it is shown, and what was meant."""
