"""The links of an issue: which of them lead into the open, and whether they answer."""
