"""How Django writes a day and an hour where no page says it in its own way."""
