"""What an issue was: its changes save by save, old wording beside new, and the way back."""
