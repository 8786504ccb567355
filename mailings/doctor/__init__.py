"""What `manage.py doctor` looks at: each module one part of the house, each look a line that says how to mend it."""
