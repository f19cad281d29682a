"""Runs beside the guest: the far ends of its 16550 and of its USB adapter, both echoing. The guest pulls the adapter
out and puts it in by writing "out" or "in" into the file `usb` of the shared folder (first argument); while there is
a file `print`, the far end of the 16550 prints what is in it, again and again."""
import os, select, socket, sys, time

run, wish = os.environ["RUN"], os.path.join(sys.argv[1], "usb")
usb = uart = None
printed = 0


def connect(name):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(os.path.join(run, name))
        return s
    except OSError:
        s.close()
        return None


while True:
    uart = uart or connect("s1")
    try:
        want = open(wish).read().strip()
    except OSError:
        want = ""
    if want == "in" and not usb:
        usb = connect("usb0")
    if want == "out" and usb:
        usb.close()
        usb = None
    if uart and time.time() - printed > 0.1:
        printed = time.time()
        try:
            uart.sendall(open(os.path.join(sys.argv[1], "print"), "rb").read())
        except OSError:
            pass
    live = [s for s in (usb, uart) if s]
    for s in select.select(live, [], [], 0.02)[0] if live else []:
        d = s.recv(65536)
        if d:
            s.sendall(d)
    if not live:
        time.sleep(0.02)
