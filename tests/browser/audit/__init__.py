"""`make audit`: every kind of page, letter and desk screen before axe, the Nu HTML checker and Lighthouse."""
