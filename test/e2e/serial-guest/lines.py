"""Prints the modem lines of a port whenever they change: "dtr" that it sees, "carrier" that it drives (OUT1). The port
is somebody else's: nothing is set, and nothing read."""
import fcntl, os, struct, sys, termios, time

DSR, OUT1 = 0x100, 0x2000
fd = was = None
while True:
    try:
        fd = fd or os.open(sys.argv[1], os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        bits = struct.unpack("I", fcntl.ioctl(fd, termios.TIOCMGET, b"\0" * 4))[0]
    except OSError:
        # The loss of carrier hung up everybody who had it open.
        os.close(fd)
        fd = None
        continue
    now = (bool(bits & DSR), bool(bits & OUT1))
    if now != was:
        print("%s %s" % ("DTR" if now[0] else "dtr", "DCD" if now[1] else "dcd"), flush=True)
    was = now
    time.sleep(0.02)
