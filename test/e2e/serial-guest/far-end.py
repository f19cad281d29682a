"""The other end of a serial cable, told what to do by JSON lines; pySerial, so that nothing of oob is at this end."""
import fcntl, json, os, struct, sys, termios
import serial

port = None
for line in sys.stdin:
    a = json.loads(line)
    r = None
    do = a["do"]
    if do == "open":
        if port:
            port.close()
        port = serial.Serial(a["path"], a.get("baud", 115200), a.get("bits", 8), a.get("parity", "N"), a.get("stop", 1),
                             timeout=a.get("timeout", 5), exclusive=a.get("exclusive", False))
    elif do == "try-exclusive":
        try:
            serial.Serial(a["path"], exclusive=True).close()
            r = "opened"
        except Exception as e:
            r = str(e)
    elif do == "write":
        port.write(bytes.fromhex(a["hex"]))
        port.flush()
    elif do == "read":
        r = port.read(a["count"]).hex()
    elif do == "lines":
        r = {"cts": port.cts, "dsr": port.dsr, "dcd": port.cd}
    elif do == "drive":
        port.dtr, port.rts = a["dtr"], a["rts"]
    elif do == "counters":
        b = fcntl.ioctl(port.fileno(), termios.TIOCGICOUNT if hasattr(termios, "TIOCGICOUNT") else 0x545D, b"\0" * 80)
        n = struct.unpack("20i", b)
        r = {"rx": n[4], "tx": n[5], "frame": n[6], "brk": n[9]}
    elif do == "stream":
        # sequenced records, as fast as the line goes
        i = 0
        while not os.path.exists(a["until"]):
            port.write(b"".join(b"%08d\n" % (i + k) for k in range(20)))
            i += 20
        port.flush()
        r = i
    print(json.dumps(r), flush=True)
