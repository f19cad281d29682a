#!/usr/bin/env python3
"""Serial lines that print without end, and lose nothing themselves.

  pty-feeder.py COUNT RATE      COUNT ptys, RATE bytes a second each

Holds both ends of every pty, so that a line outlives whoever reads it. A full line is waited for, as a host with flow
control waits. Says the slaves' paths first (a line of JSON); on "stop" it prints no more, waits until the lines took
everything, and says how many bytes each was given; "go" goes on; "count" says it in between. Ends at the end of its input.

Line n of console c is LINE bytes: test/e2e/rig/sequence.ts makes the same.
"""
import json
import os
import select
import sys
import time
import tty

LINE = 64
TICK = 0.02
# What the producer may be late with while the line is full: it waits then, it does not pile up.
MAX_WAITING = 4096


def line(console, n):
    mixed = (n * 2654435761 + console * 40503) & 0xFFFFFFFF
    return (f"{console:02d} {n:010d} " + f"{mixed:08x}" * 6 + "\r\n").encode()


class Console:
    def __init__(self, number):
        self.number = number
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.waiting = b""
        self.lines = 0
        self.given = 0
        self.due = 0.0

    def produce(self, nbytes):
        self.due = min(self.due + nbytes, MAX_WAITING)
        while len(self.waiting) < self.due and len(self.waiting) < MAX_WAITING:
            self.waiting += line(self.number, self.lines)
            self.lines += 1

    def push(self, everything):
        """As many bytes as are due, in pieces that do not end with lines."""
        while self.waiting and (everything or self.due >= 1):
            piece = self.waiting if everything else self.waiting[: int(self.due)]
            try:
                took = os.write(self.master, piece)
            except BlockingIOError:
                return
            self.waiting = self.waiting[took:]
            self.given += took
            self.due = max(0.0, self.due - took)

    def hear(self):
        """What is typed at the line is of no interest; left alone it would stop the writer."""
        try:
            os.read(self.master, 4096)
        except BlockingIOError:
            pass


def main():
    count, rate = int(sys.argv[1]), float(sys.argv[2])
    consoles = [Console(n) for n in range(count)]
    print(json.dumps([os.ttyname(c.slave) for c in consoles]), flush=True)
    going = True
    told = False
    last = time.monotonic()
    while True:
        readable, _, _ = select.select([0], [], [], TICK)
        if readable:
            command = os.read(0, 256)
            if not command:
                return
            if b"count" in command:
                print(json.dumps([c.given for c in consoles]), flush=True)
            else:
                going = b"go" in command
                told = False
        now = time.monotonic()
        for console in consoles:
            console.hear()
            if going:
                console.produce(rate * (now - last))
            console.push(everything=not going)
        last = now
        if not going and not told and not any(c.waiting for c in consoles):
            print(json.dumps([c.given for c in consoles]), flush=True)
            told = True


main()
