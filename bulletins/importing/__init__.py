"""Reading bulletins written elsewhere: one reader per format, one report."""
