"""A host that prints on a serial port (first argument) at a speed (second) until it is killed."""
import itertools, sys, time
import serial

port = serial.Serial(sys.argv[1], int(sys.argv[2]))
for n in itertools.count():
    port.write(b"[%5d.%06d] eth0: link is up, 1000 Mbps, full duplex\r\n" % (n // 20, n % 20 * 50000))
    time.sleep(0.05)
