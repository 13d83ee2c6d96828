"""An endpoint of bench/sticky-compare: ADDRESS:PORT NAME. Tells its name in x-endpoint, and gives
a client that has none an application's session cookie. PUT /block/HOST breaks connections with
requests for that host from then on, PUT /allow no longer; SIGTERM lets running requests end."""

import re
import secrets
import signal
import socket
import struct
import sys
import threading

NO_LINGER = struct.pack('ii', 1, 0)  # closing sends a reset


class Endpoint:
    def __init__(self, address, name):
        self.name = name
        self.blocked = None  # a host
        self.connections = set()
        self.lock = threading.Lock()
        self.stopping = False
        host, port = address.split(':')
        self.listener = socket.create_server((host, int(port)), backlog=1024)

    def serve(self):
        while not self.stopping:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                break
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.connections.add(connection)
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        waiting = b''
        try:
            while True:
                while b'\r\n\r\n' not in waiting:
                    data = connection.recv(65536)
                    if not data:
                        return
                    waiting += data
                head, _, waiting = waiting.partition(b'\r\n\r\n')
                head = head.decode('latin-1')
                if self.blocked and re.search(rf'(?im)^host: *{self.blocked}\b', head):
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                    return
                connection.sendall(self.answer(head))
        except OSError:
            pass
        finally:
            with self.lock:
                self.connections.discard(connection)
            connection.close()

    def answer(self, head):
        command = re.match(r'PUT /(?:block/(\S+)|allow) ', head)
        if command:
            self.blocked = command.group(1)
        lines = ['HTTP/1.1 200 OK', f'x-endpoint: {self.name}', 'Content-Length: 0']
        if not re.search(r'(?im)^cookie:.*\bapp=', head):
            lines.append(f'Set-Cookie: app={secrets.token_hex(8)}; Path=/; HttpOnly')
        if self.stopping:
            lines.append('Connection: close')
        return '\r\n'.join([*lines, '', '']).encode()

    def stop(self, *_):
        self.stopping = True
        self.listener.close()
        raise SystemExit

    def finish(self):
        """What has come is still read and answered."""
        with self.lock:
            held = list(self.connections)
        for connection in held:
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                pass
        for thread in threading.enumerate():
            if thread is not threading.current_thread():
                thread.join()


def main():
    endpoint = Endpoint(*sys.argv[1:3])
    signal.signal(signal.SIGTERM, endpoint.stop)
    print('listens', flush=True)
    try:
        endpoint.serve()
    except SystemExit:
        pass
    endpoint.finish()


if __name__ == '__main__':
    main()
