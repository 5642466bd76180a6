"""How gunicorn serves the site: the configuration of `campus-service web` and `run`."""

from __future__ import annotations

worker_class = "gthread"
# The dictionary and the code are read once, before the workers are forked.
preload_app = True
accesslog = None
loglevel = "warning"
graceful_timeout = 15
keepalive = 5
# Who may say where a request came from is decided by CAMPUS_TRUSTED_PROXIES alone.
forwarded_allow_ips = ""
# It would listen in the user's home folder.
control_socket_disable = True
