"""Checks the vectors with airlock.py, then exchanges shuffled messages with the program that is given.

    python peer.py VECTORS PEER [MESSAGES]

VECTORS is crates/protocol/tests/vectors, PEER the built example `peer`, MESSAGES how many each way (1,000).
"""

import json
import random as shuffles
import subprocess
import sys
from pathlib import Path

import airlock
from airlock import Bundle, Party, Refused, Session

NOW = 1_800_000_000_000


def given(text):
    """Draws the bytes of a vector, in order (§1.3)."""
    rest = bytearray.fromhex(text)

    def draw(length):
        taken = bytes(rest[:length])
        assert len(taken) == length, "a vector has too few random bytes"
        del rest[:length]
        return taken

    draw.rest = rest
    return draw


def same(what, got, expected):
    if got != expected:
        raise SystemExit(f"{what}: got {got!r}, expected {expected!r}")


# --- vectors


def encapsulated(offerer, answerer, sealed):
    """(SS, CT) of an answer in `sealed`, from the side of the session that offered."""
    if answerer.post_quantum and answerer.post_quantum.exchange[0] == "asked":
        ct, _ = airlock.receive(offerer.party, sealed).post_quantum.answer
        return airlock.MLKEM768PrivateKey.from_seed_bytes(offerer.post_quantum.exchange[1]).decapsulate(ct), ct
    return None


def started(vector, version=2):
    """Alice's session. Her KEM randomness can't be given to this library, so SS and CT come from Bob's side."""
    alice, bob = Party(vector["alice"]["secret"]), Party(vector["bob"]["secret"])
    received = airlock.receive(bob, bytes.fromhex(vector["first"]["sealed"]))
    ciphertext = received.handshake.ciphertext
    ss = bob.kem_key(int(vector["last_resort"])).decapsulate(ciphertext)
    draw = given(vector["random"])
    ephemeral, _m, ratchet_key = draw(32), draw(32), draw(32)
    keys = iter((ephemeral, ratchet_key))
    bundle = bob.bundle(vector["last_resort"])
    devices = bob.encoded_devices()
    encapsulated = (ss, ciphertext)
    draws = lambda _: next(keys)
    session = Session.start(alice, bundle, devices, vector["now_ms"], draws, encapsulated, version)
    return alice, bob, session, received


def check_handshakes(vectors):
    for vector in vectors:
        for name in ("alice", "bob"):
            party, public = Party(vector[name]["secret"]), vector[name]["public"]
            same("account", party.account.hex(), public["account"])
            same("device", party.device.hex(), public["device"])
            same("agreement", party.agreement_public.hex(), public["agreement"])
            same("device list", party.encoded_devices().hex(), public["devices"])
            same("bundle", party.bundle(False).encode().hex(), public["bundle"])
            same("last-resort bundle", party.bundle(True).encode().hex(), public["last_resort_bundle"])
        _, bob, session, received = started(vector)
        same("session id", session.id.hex(), vector["session"])
        same("Alice's state", session.saved().hex(), vector["alice_state"])
        first = vector["first"]
        draw = given(first["random"])
        sealed = session.seal(bytes.fromhex(first["id"]), first["text"], first["sent_at_ms"], draw)
        same("first message", sealed.hex(), first["sealed"])
        bobs, opened = Session.accept(bob, received, first["sent_at_ms"] + 1)
        same("what it says", opened, (bytes.fromhex(first["id"]), first["text"], first["sent_at_ms"]))
        same("Bob's state", bobs.saved().hex(), vector["bob_state"])


def check_ratchet(vector, handshake, version=2):
    _, bob, alices, received = started(handshake, version)
    first = handshake["first"]
    sealed = alices.seal(bytes.fromhex(first["id"]), first["text"], first["sent_at_ms"], given(first["random"]))
    bobs, _ = Session.accept(bob, airlock.receive(bob, sealed), first["sent_at_ms"] + 1, version)
    same("Alice's state", alices.saved().hex(), vector["alice_state"])
    same("Bob's state", bobs.saved().hex(), vector["bob_state"])
    sessions, sent = {"alice": alices, "bob": bobs}, []
    for i, step in enumerate(vector["steps"]):
        if "send" in step:
            step = step["send"]
            session, message = sessions[step["from"]], step["message"]
            draw = given(message["random"])
            other = sessions["bob" if step["from"] == "alice" else "alice"]
            answer = encapsulated(other, session, bytes.fromhex(message["sealed"]))
            sealed = session.seal(bytes.fromhex(message["id"]), message["text"], message["sent_at_ms"], draw, answer)
            same(f"step {i}", sealed.hex(), message["sealed"])
            same(f"random bytes left in step {i}", len(draw.rest), 0)
            sent.append(sealed)
        else:
            step = step["deliver"]
            session, error = sessions[step["to"]], None
            try:
                session.open(airlock.receive(session.party, sent[step["message"]]), step["now_ms"])
            except Refused as refused:
                error = str(refused)
            same(f"error of step {i}", error, step["error"])
        same(f"state after step {i}", session.state(), step["state"])


def check_envelopes(vectors):
    for vector in vectors:
        hexed = {name: bytes.fromhex(value) for name, value in vector.items() if isinstance(value, str)}
        arguments = (hexed["agreement"], hexed["device"], hexed["inner"], hexed["ephemeral_secret"])
        same("envelope", airlock.seal_envelope(*arguments).hex(), vector["sealed"])
        same("its length", airlock.envelope_length(len(hexed["inner"])), vector["length"])


def check_attachments(vectors):
    for size, length in vectors["lengths"]:
        same(f"blob of {size} bytes", airlock.blob_length(size), length)
    for vector in vectors["blobs"]:
        file = bytes(i % 251 for i in range(vector["size"]))
        draw = given(vector["random"])
        blob_id, key = draw(32), draw(32)
        blob = airlock.seal_blob(key, file)
        same("blob", (len(blob), airlock.sha256(blob).hex()), (vector["blob_bytes"], vector["blob_digest"]))
        same("its beginning", blob[:64].hex(), vector["blob_begin"])
        caption = airlock.option(vector["caption"] and airlock.prefixed(vector["caption"].encode()))
        texts = [airlock.prefixed(vector[name].encode()) for name in ("name", "media_type")]
        about = texts[0] + caption + airlock.varint(vector["size"]) + texts[1] + airlock.sha256(file)
        same("letter", (b"\1\3" + b"\x16" * 16 + about + blob_id + key).hex(), vector["letter"])


def check_safety_numbers(vectors):
    for vector in vectors:
        one, other = map(bytes.fromhex, vector["accounts"])
        same("safety number", airlock.safety_number(one, other), (vector["digits"], vector["qr"]))


def check_malformed(folder, bob):
    """All of one kind: what is refused in an envelope. Names are compared up to what the error holds."""
    count = 0
    for path in sorted(folder.glob("*.json")):
        vector = json.loads(path.read_text())
        if vector["kind"] != "envelope":
            continue
        count += 1
        try:
            received = airlock.receive(bob, bytes.fromhex(vector["bytes"]))
            if received.handshake:
                Session.accept(bob, received, NOW)
        except Refused as refused:
            error = vector["error"]
            # The Rust side says of a weak key and of prekeys where it met them.
            name = str(refused).split("(")[0]
            if not (error.startswith(name) or name in error):
                raise SystemExit(f"{path.name}: got {refused}, expected {error}")
        else:
            raise SystemExit(f"{path.name}: was not refused")
    return count


# --- the exchange


class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def good(self, **request):
        answer = self.ask(**request)
        if "error" in answer:
            raise SystemExit(f"the driver refused {next(iter(request))}: {answer['error']}")
        return answer


class Shadow:
    """What the driver's session must look like: the same computed here, with the random bytes that it is given."""

    def __init__(self, session):
        self.session = session

    def check(self, what, answer):
        same(f"the driver's state after {what}", answer["state"], self.session.state())


def driver_start(driver, mine, theirs, draw, now):
    """The driver's session and its first message, number 0. What it encapsulated is taken from our side of it."""
    random, devices = draw(96), mine.encoded_devices()
    bundle = mine.bundle(False)
    request = dict(bundle=bundle.encode().hex(), devices=devices.hex(), now_ms=now, random=random.hex())
    driver.good(start=request)
    random_first, message_id = draw(12 + 32), bytes(16)
    request = dict(id=message_id.hex(), text="message 0 ä", now_ms=now, random=random_first.hex())
    sealed = bytes.fromhex(driver.good(encrypt=request)["sealed"])
    ciphertext = airlock.receive(mine, sealed).handshake.ciphertext
    keys = iter((random[:32], random[64:]))
    encapsulated = (mine.kem_key(0).decapsulate(ciphertext), ciphertext)
    session = Session.start(theirs, bundle, devices, now, lambda _: next(keys), encapsulated)
    again = session.seal(message_id, "message 0 ä", now, given(random_first.hex()))
    same("the driver's first message", sealed, again)
    return Shadow(session), sealed


def classical_start(driver, mine, theirs, draw, now):
    """Both sides of a session of version 1, and the driver's restored from what an earlier version saved of it. Nothing
    starts one any more, so both are made here. It is the driver's own, not answered yet."""
    bundle, devices = mine.bundle(False), mine.encoded_devices()
    session = Session.start(theirs, bundle, devices, now, draw, version=1)
    sealed = session.seal(bytes(16), "message 0 ä", now, draw)
    answer = driver.good(restore=dict(saved=session.saved().hex()))
    same("the driver's restored session", answer["state"], session.state())
    return Shadow(session), Session.accept(mine, airlock.receive(mine, sealed), now, version=1)[0]


def exchange(program, keys, messages, seed, driver_starts, version=2):
    choice = shuffles.Random(seed)
    draw = lambda length: choice.randbytes(length)
    mine, theirs = Party(keys[0]), Party(keys[1])
    driver = Driver(program)
    public = driver.good(init=keys[1])
    same("the driver's bundle", theirs.bundle(False).encode().hex(), public["bundle"])

    def encrypt(session, random, number, now):
        return session.seal(number.to_bytes(16, "big"), f"message {number} ä", now, random)

    now, waiting, opened, refused, next_number = NOW, {"mine": [], "theirs": []}, 0, 0, 0
    sent = {"mine": 0, "theirs": 0}
    ours = shadow = None
    if version == 1:
        shadow, ours = classical_start(driver, mine, theirs, draw, now)
        opened, next_number, sent["theirs"] = 1, 1, 1
    elif driver_starts:
        shadow, first = driver_start(driver, mine, theirs, draw, now)
        waiting["mine"].append((0, first))
        next_number = sent["theirs"] = 1
    else:
        bundle, devices = Bundle.decode(bytes.fromhex(public["bundle"])), bytes.fromhex(public["devices"])
        ours = Session.start(mine, bundle, devices, now, draw)

    def mine_says():
        nonlocal next_number
        sealed = encrypt(ours, draw, next_number, now)
        waiting["theirs"].append((next_number, sealed))
        next_number += 1
        sent["mine"] += 1

    def theirs_says():
        nonlocal next_number
        # As many random bytes as the document says.
        random = draw(shadow.session.draws(now))
        number, text = next_number, f"message {next_number} ä"
        message_id = number.to_bytes(16, "big")
        request = dict(id=message_id.hex(), text=text, now_ms=now, random=random.hex())
        answer = driver.good(encrypt=request)
        sealed = bytes.fromhex(answer["sealed"])
        made = encapsulated(ours, shadow.session, sealed) if ours else None
        same("what the driver sealed", sealed, shadow.session.seal(message_id, text, now, given(random.hex()), made))
        shadow.check("encrypting", answer)
        waiting["mine"].append((number, sealed))
        next_number += 1
        sent["theirs"] += 1

    def deliver_to_theirs(number, sealed, again):
        nonlocal opened, refused, shadow
        answer = driver.ask(decrypt=dict(sealed=sealed.hex(), now_ms=now))
        if again:
            same("a repeated message", answer.get("error"), "Repeated")
            refused += 1
        else:
            if "error" in answer:
                raise SystemExit(f"the driver refused message {number}: {answer['error']}")
            got = (answer["id"], answer["text"])
            same("what the driver read", got, (number.to_bytes(16, "big").hex(), f"message {number} ä"))
            opened += 1
            received = airlock.receive(theirs, sealed)
            if shadow is None:
                shadow = Shadow(Session.accept(theirs, received, now)[0])
            else:
                shadow.session.open(received, now)
        if shadow:
            shadow.check("decrypting", answer)

    def deliver_to_mine(number, sealed, again):
        nonlocal opened, refused, ours
        received = airlock.receive(mine, sealed)
        try:
            if ours is None:
                ours, got = Session.accept(mine, received, now)
            else:
                got = ours.open(received, now)
        except Refused as error:
            if not again:
                raise SystemExit(f"message {number} of the driver was refused: {error}") from None
            same("a repeated message", str(error), "Repeated")
            refused += 1
            return
        same("a repeated message was refused", again, False)
        same("what was read", got[:2], (number.to_bytes(16, "big"), f"message {number} ä"))
        opened += 1

    def deliver(to, number, sealed, again=False):
        (deliver_to_mine if to == "mine" else deliver_to_theirs)(number, sealed, again)

    tampered = 0
    while min(sent.values()) < messages or waiting["mine"] or waiting["theirs"]:
        now += choice.randrange(1, 1000)
        for name, says, able in (("mine", mine_says, ours), ("theirs", theirs_says, shadow)):
            if able and sent[name] < messages and choice.random() < 0.5:
                for _ in range(choice.randrange(1, 9)):
                    if sent[name] < messages:
                        says()
        for to in ("mine", "theirs"):
            queue = waiting[to]
            choice.shuffle(queue)
            # Some stay, to come later than what is said after them.
            for _ in range(choice.randrange(0, len(queue) + 1)):
                number, sealed = queue.pop()
                if choice.random() < 0.05 and to == "theirs":
                    broken = bytearray(sealed)
                    broken[choice.randrange(33, len(broken))] ^= 1
                    answer = driver.ask(decrypt=dict(sealed=bytes(broken).hex(), now_ms=now))
                    same("a changed message", answer.get("error"), "NotForUs")
                    tampered += 1
                deliver(to, number, sealed)
                if choice.random() < 0.05:
                    deliver(to, number, sealed, again=True)
    same("messages opened", opened, 2 * messages)
    driver.process.stdin.close()
    driver.process.wait()
    starter = "the driver" if driver_starts else "Python"
    if version == 1:
        how = "a restored session of version 1"
    else:
        how = f"{starter} starts, {ours.post_quantum.epoch} epochs"
        if ours.post_quantum.epoch < messages // 100:
            raise SystemExit("the post-quantum ratchet stood still")
    print(f"{how}: {messages} messages each way opened out of order, {refused} repeats and {tampered} changed refused")


def main():
    vectors, program = Path(sys.argv[1]), sys.argv[2]
    messages = int(sys.argv[3]) if len(sys.argv) > 3 else 1_000
    load = lambda name: json.loads((vectors / name).read_text())
    handshakes = load("handshake.json")
    check_handshakes(handshakes)
    check_ratchet(load("ratchet.json"), handshakes[0])
    check_ratchet(load("epochs.json"), handshakes[0])
    check_ratchet(load("version_1.json"), handshakes[0], version=1)
    check_envelopes(load("envelope.json"))
    check_attachments(load("attachment.json"))
    check_safety_numbers(load("safety_number.json"))
    count = check_malformed(vectors / "malformed", Party(handshakes[0]["bob"]["secret"]))
    print(f"vectors: handshake, ratchet, epochs, version 1, envelope, attachment, safety number and {count} malformed envelopes agree")
    keys = [handshakes[0][name]["secret"] for name in ("alice", "bob")]
    exchange(program, keys, messages, 1, driver_starts=False)
    exchange(program, keys, messages, 2, driver_starts=True)
    exchange(program, keys, messages, 3, driver_starts=True, version=1)


main()
