"""pySerial's RFC 2217 client does what is asked for: client.py PORT. Prints one line for each thing that worked."""
import sys
import serial

# poll_modem: now and then this client agrees to the option without saying so, and then a server tells it nothing unasked.

port = serial.serial_for_url("rfc2217://127.0.0.1:%s?poll_modem" % sys.argv[1], baudrate=19200, bytesize=7, parity="E", stopbits=2, timeout=10)
print("open", flush=True)
port.write(b"hello \xff\x00\r\x00")
print("heard", port.read(6).hex(), flush=True)
port.break_condition = True
port.break_condition = False
port.dtr = False
port.rts = False
print("cd", port.cd, flush=True)
port.baudrate = 57600
port.close()
