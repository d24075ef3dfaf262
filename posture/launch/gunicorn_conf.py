"""How gunicorn serves the product; values that differ from run to run come from the launcher's environment."""

import gc
import os

bind = os.environ["POSTURE_BIND"].split(",")
certfile = os.environ.get("POSTURE_TLS_CERTIFICATE")
keyfile = os.environ.get("POSTURE_TLS_KEY")
worker_class = "posture.launch.bounded_worker.BoundedWorker"
workers = 2
threads = 8
# One import for both workers: half the start-up time and shared memory.
preload_app = True
timeout = 60
graceful_timeout = 5
keepalive = 15
# A worker that has grown is replaced; the jitter keeps both from going at once.
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
accesslog = None
errorlog = "-"
loglevel = "warning"
# Another door to the process, which we do not use.
control_socket_disable = True
proc_name = "posture-web"


def when_ready(_server: object) -> None:
    """What is loaded by now stays, in both workers: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
