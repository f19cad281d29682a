"""An RFC 2217 server on a tty, made of pySerial's own PortManager: port-server.py TTY. Prints its TCP port.

One client at a time; a second one is connected by the kernel and hears nothing, as with pySerial's example.
"""
import socket, sys, threading, time
import serial, serial.rfc2217


class Port(serial.Serial):
    """A pty has no modem lines: pySerial's manager dies of reading them there."""


def lineless(name):
    real = getattr(serial.Serial, name)

    def get(self):
        try:
            return real.fget(self)
        except OSError:
            return False

    return property(get, real.fset)


for name in ("cts", "dsr", "ri", "cd"):
    setattr(Port, name, lineless(name))


class Session:
    def __init__(self, tty, sock):
        self.tty, self.sock, self.lock, self.alive = tty, sock, threading.Lock(), True
        self.manager = serial.rfc2217.PortManager(tty, self)

    def write(self, data):
        with self.lock:
            self.sock.sendall(data)

    def read_tty(self):
        while self.alive:
            data = self.tty.read(self.tty.in_waiting or 1)
            if data:
                self.write(b"".join(self.manager.escape(data)))

    def poll(self):
        while self.alive:
            time.sleep(0.2)
            try:
                self.manager.check_modem_lines()
            except OSError:
                return

    def run(self):
        threads = [threading.Thread(target=one, daemon=True) for one in (self.read_tty, self.poll)]
        for thread in threads:
            thread.start()
        try:
            while True:
                data = self.sock.recv(4096)
                if not data:
                    break
                self.tty.write(b"".join(self.manager.filter(data)))
        except OSError:
            pass
        self.alive = False
        for thread in threads:
            thread.join()
        self.sock.close()


tty = Port(sys.argv[1], 9600, timeout=0.2)
listener = socket.create_server(("127.0.0.1", 0), backlog=5)
print(listener.getsockname()[1], flush=True)
while True:
    sock, _ = listener.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    Session(tty, sock).run()
