"""What is looked at before an issue is approved: one rule, one function, one sentence."""
