"""The peer of P2, run in a virtual environment of its own: eight steps in django-viewflow."""
