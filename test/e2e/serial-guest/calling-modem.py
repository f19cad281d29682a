"""The rig's modem, with two things more: it tells who calls (V.253 8.2.3.1; the number stands in the file that is the
first argument), and it stops ringing when the caller gives up."""
import select, sys
import modem


class CallingModem(modem.Modem):
    number = ""

    def command(self, text):
        if text.strip().upper() == "AT+VCID=1":
            return self.say("OK")
        return super().command(text)

    def say(self, word):
        if word == "RING" and self.caller and select.select([self.caller], [], [], 0)[0]:
            if not self.caller.recv(99):
                self.caller.close()
                self.caller = None
                return
        super().say(word)
        if word == "RING":
            self.put(b"\r\nNMBR = " + open(CallingModem.number).read().strip().encode() + b"\r\n")


if __name__ == "__main__":
    CallingModem.number, device, port = sys.argv[1:4]
    CallingModem(device, {}, int(port), 33600).run()
