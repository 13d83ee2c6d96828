"""An endpoint whose health check fails as the test says: for everybody, or for single nodes."""

import http.server
import threading

HEALTH_PATH = '/healthz'


class SickEndpoint:
    def __init__(self, address, port, name):
        self.name = name
        self.all_fail = False
        self.failing_nodes = frozenset()  # ids of those whose checks fail
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                checked = self.path == HEALTH_PATH
                self.send_response(503 if checked and endpoint.fails(self.headers) else 200)
                self.send_header('x-endpoint', endpoint.name)
                self.send_header('content-length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server((address, port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def fails(self, headers):
        return self.all_fail or headers.get('limpet-node') in self.failing_nodes

    def close(self):
        self._server.shutdown()
        self._server.server_close()
