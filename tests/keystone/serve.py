"""Serves OpenStack's Keystone, as Debian has it, from the folder that is its only argument: on two
ports of the loopback that it picks itself, plain and by TLS, at the root and below /identity.
identity.py beside this file starts it, and reads what it prints."""

import os
import pathlib
import signal
import socketserver
import ssl
import sys
import threading
import wsgiref.simple_server
from concurrent import futures

FOLDER = pathlib.Path(sys.argv.pop())
os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(FOLDER / "keystone.conf")

from keystone.server.wsgi import initialize_public_application  # noqa: E402


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass  # Clients break connections on purpose.


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        agent = self.headers.get("User-Agent", "-")
        print(f"{agent} {self.command} {self.path} {int(code)} {size}", flush=True)


def as_deployed(application):
    """Below /identity, as with a proxy in front; below /full without `nocatalog`, as older ones."""
    def serve(environment, start_response):
        for prefix in "/identity", "/full":
            if environment["PATH_INFO"].startswith(prefix + "/"):
                environment["SCRIPT_NAME"] += prefix
                environment["PATH_INFO"] = environment["PATH_INFO"].removeprefix(prefix)
                if prefix == "/full":
                    environment["QUERY_STRING"] = ""
        return worker.submit(lambda: list(application(environment, start_response))).result()
    return serve


# Connections to SQLite belong to the thread that made them: so Keystone runs in one.
worker = futures.ThreadPoolExecutor(max_workers=1)
application = as_deployed(worker.submit(initialize_public_application).result())
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(FOLDER / "server.pem")
for scheme in "http", "https":
    server = Server(("127.0.0.1", 0), Handler)
    server.set_app(application)
    if scheme == "https":
        server.socket = tls.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
    print(f"listening on {scheme}://127.0.0.1:{server.server_port}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
signal.pause()
