"""How the web process runs: threads in a few workers, private logs, a drain of 25 seconds."""

import os

bind = f"{os.environ.get('HECTIS_HTTP_HOST', '127.0.0.1')}:{os.environ.get('HECTIS_HTTP_PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("HECTIS_WEB_WORKERS", "2"))
threads = 8
graceful_timeout = 25
timeout = 60
# Access logs hold URLs and addresses; the service logs what it needs by itself.
accesslog = None
errorlog = "-"
loglevel = "warning"
