"""What feed readers fetch: the newest issues, and the newest items of a topic, with their full text."""
