"""Server-rendered pages and the health endpoints, one file per room."""
