"""Verifies a sealed console log. Written from docs/guides/evidence.md alone, without libraries, as a stranger would.

    python3 verify.py LOG-FOLDER KEYS-FILE [--key ed25519:...] [--anchor FILE]

Prints one JSON object: result (verified, consistent, unsealed, broken), problems, entries, bytes, verifiedTo, signedTo.
"""
import argparse
import gzip
import hashlib
import json
import os
import re
import struct

# --- Ed25519, RFC 8032 section 5.1, verification alone ---
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    t1, t2 = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t3, t4 = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = t2 - t1, t4 - t3, t4 + t3, t2 + t1
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, point):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, point)
        point = add(point, point)
        n >>= 1
    return total


def point_of(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P:
        x = x * ROOT % P
    if (x * x - xx) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signed(key, text, signature):
    a, r = point_of(key), point_of(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % Q
    one, other = times(s, BASE), add(r, times(h, a))
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


# --- lines of text ---
NUMBER = r"(0|[1-9][0-9]*)"
CHECKPOINT = re.compile(
    r"oob-checkpoint-v1 ([^ @]+)@([0-9a-f]{16}) (\d{8}T\d{6}Z) "
    rf"{NUMBER} {NUMBER} {NUMBER} ([0-9a-f]{{64}}) {NUMBER} ([0-9a-f]{{128}})")
KEY = re.compile(rf"oob-key-v1 ([0-9a-f]{{16}}) {NUMBER} {NUMBER} ([0-9a-f]{{64}}) ([0-9a-f]{{128}})")
KINDS = {1: "head", 2: "rx", 3: "recovered", 4: "gap", 5: "index"}


class Verifier:
    def __init__(self, folder, keys, key, anchor):
        self.folder, self.log = folder, os.path.basename(os.path.abspath(folder))
        self.problems, self.verified_to, self.signed_to = [], None, None
        self.entries = self.bytes = 0
        self.site, self.keys = None, []
        self.read_keys(keys, key)
        self.anchors = self.read_anchors(anchor) if anchor else None

    def bad(self, text):
        self.problems.append(text)

    def read_keys(self, path, expected):
        text = open(path, "rb").read().decode("latin1") if os.path.exists(path) else ""
        if not text.endswith("\n"):
            return self.bad("no whole list of keys")
        for n, line in enumerate(text[:-1].split("\n")):
            found = KEY.fullmatch(line)
            if not found:
                return self.bad(f"key line {n + 1}")
            key = bytes.fromhex(found[4])
            site = self.site or hashlib.sha256(key).hexdigest()[:16]
            by = self.keys[-1] if self.keys else key
            body = line[: line.rindex(" ")].encode()
            if found[1] != site or int(found[2]) != n + 1 or not signed(by, body, bytes.fromhex(found[5])):
                return self.bad(f"key line {n + 1} proves nothing")
            self.site = site
            self.keys.append(key)
        if expected and expected != f"ed25519:{self.keys[0].hex()}":
            self.bad("another first key")

    def checkpoint(self, line, what):
        found = CHECKPOINT.fullmatch(line)
        if not found:
            return self.bad(f"{what}: no checkpoint")
        point = {"log": found[1], "site": found[2], "segment": found[3], "entries": int(found[4]),
                 "offset": int(found[5]), "at": int(found[6]), "hash": found[7], "key": int(found[8])}
        body = line[: line.rindex(" ")].encode()
        if point["site"] != self.site or not 0 < point["key"] <= len(self.keys):
            return self.bad(f"{what}: not of this site's keys")
        if not signed(self.keys[point["key"] - 1], body, bytes.fromhex(found[9])):
            return self.bad(f"{what}: not signed")
        return point

    def read_anchors(self, path):
        points = []
        for n, line in enumerate(open(path, "rb").read().decode("latin1").split("\n")):
            at = line.find("oob-checkpoint-v1 ")
            point = None if at < 0 else self.checkpoint(line[at:].rstrip(), f"anchor line {n + 1}")
            if point and point["log"] == self.log:
                points.append(dict(point, anchor=True))
        if not points:
            self.bad("no anchor of this log")
        return points

    def checkpoints(self, stem):
        path = os.path.join(self.folder, stem + ".cp")
        text = open(path, "rb").read().decode("latin1") if os.path.exists(path) else ""
        if text and not text.endswith("\n"):
            self.bad(f"{stem}.cp ends in a line")
        points, before = [], {"entries": 0, "key": 0}
        for n, line in enumerate(text.split("\n")[:-1]):
            point = self.checkpoint(line, f"{stem}.cp line {n + 1}")
            if not point:
                continue
            if point["log"] != self.log or point["segment"] != stem:
                self.bad(f"{stem}.cp line {n + 1}: of another segment")
            elif point["entries"] < before["entries"] or point["key"] < before["key"]:
                self.bad(f"{stem}.cp line {n + 1}: goes back")
            else:
                points.append(dict(point, anchor=False))
                before = point
        return points + [one for one in self.anchors or [] if one["segment"] == stem]

    def segment(self, stem, before, last, bare):
        points = self.checkpoints(stem)
        path = os.path.join(self.folder, stem)
        packed = not os.path.exists(path + ".raw")
        raw = gzip.open(path + ".raw.gz").read() if packed else open(path + ".raw", "rb").read()
        idx = open(path + ".idx", "rb").read()
        timeline = open(path + ".tl", "rb").read()
        end = None
        for at in range(0, len(timeline) - 71, 72):
            entry = timeline[at:at + 72]
            number, time, offset, length, kind = struct.unpack("<QQQQB", entry[:33])
            kind = KINDS.get(kind)
            if kind is None or entry[33:40] != bytes(7):
                return self.bad(f"{stem} entry {number}: none")
            if end is None:
                if kind != "head":
                    return self.bad(f"{stem}: no head")
                if before and (number, entry[40:], offset) != (before["number"], before["value"], before["offset"]):
                    self.bad(f"{stem}: does not go on from the one before")
                if not before and number == 0 and entry[40:] != bytes(32):
                    self.bad(f"{stem}: goes on from another")
                if not before and number > 0 and bare:
                    self.bad(f"{bare}: no timeline, and sealed before")
                value = hashlib.sha256(entry).digest()
                end = {"number": number + 1, "value": value, "offset": offset, "raw": 0, "idx": 0}
            else:
                data = b""
                place = end["idx"] if kind == "index" else end["offset"]
                if kind == "head" or number != end["number"] or offset != place:
                    return self.bad(f"{stem} entry {end['number']}: does not fit")
                if kind in ("rx", "recovered"):
                    data = raw[end["raw"]:end["raw"] + length]
                    end["raw"] += length
                if kind == "index":
                    data = idx[end["idx"]:end["idx"] + length]
                    end["idx"] += length
                else:
                    end["offset"] += length
                if hashlib.sha256(end["value"] + data + entry[:40]).digest() != entry[40:]:
                    self.bad(f"{stem} entry {number}: not as it was")
                end["number"], end["value"] = number + 1, entry[40:]
            self.entries += 1
            for point in [one for one in points if one["entries"] == end["number"]]:
                points.remove(point)
                if (point["hash"], point["offset"]) != (end["value"].hex(), end["offset"]):
                    self.bad(f"{stem} entry {number}: not the one of a checkpoint")
                elif point["anchor"]:
                    self.verified_to = point
                else:
                    self.signed_to = point
        if points:
            self.bad(f"{stem}: checkpoints of entries that are not there")
        if not last and end and (end["raw"] != len(raw) or end["idx"] != len(idx)):
            self.bad(f"{stem}: not sealed to its end")
        self.bytes += end["raw"] if end else 0
        return end

    def run(self):
        names = os.listdir(self.folder)
        stems = sorted({name[:16] for name in names if re.fullmatch(r"\d{8}T\d{6}Z\.raw(\.gz)?", name)})
        before = bare = None
        for stem in stems:
            timeline = os.path.join(self.folder, stem + ".tl")
            if not os.path.exists(timeline) or os.path.getsize(timeline) == 0:
                if before or self.checkpoints(stem):
                    self.bad(f"{stem}: no timeline")
                bare = bare or stem
                continue
            before = self.segment(stem, before, stem == stems[-1], bare) or before
        for one in self.anchors or []:
            if one["segment"] not in stems and one["segment"] > stems[0]:
                self.bad(f"{one['segment']}: gone, and anchored")
        if self.anchors and not self.verified_to:
            self.bad("no anchor holds")
        sound = "verified" if self.verified_to else "consistent" if before else "unsealed"
        place = lambda point: point and {"entries": point["entries"], "offset": point["offset"]}
        return {"result": "broken" if self.problems else sound, "problems": self.problems, "entries": self.entries,
                "bytes": self.bytes, "verifiedTo": place(self.verified_to), "signedTo": place(self.signed_to)}


parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("keys")
parser.add_argument("--key")
parser.add_argument("--anchor")
given = parser.parse_args()
print(json.dumps(Verifier(given.folder, given.keys, given.key, given.anchor).run()))
