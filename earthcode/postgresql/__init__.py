"""Django's PostgreSQL backend with an upper bound on how long a process waits for the server."""
