"""A second implementation of docs/protocol.md, written from its text: sections and formulas are its numbers.

For tests: it keeps secrets in plain objects and promises nothing about time or memory.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field, replace

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

DAY_MS = 24 * 60 * 60 * 1000
ZEROS = bytes(32)


class Refused(Exception):
    """By the names of §12."""


# --- §1.1 encoding


def u32(number):
    return number.to_bytes(4, "little")


def u64(number):
    return number.to_bytes(8, "little")


def varint(number):
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def prefixed(data):
    return varint(len(data)) + data


def option(encoded):
    return b"\0" if encoded is None else b"\1" + encoded


class Reader:
    def __init__(self, data, version=True):
        self.data, self.at = data, 0
        if version and self.take(1) != b"\1":
            raise Refused("Malformed")

    def take(self, length):
        if self.at + length > len(self.data):
            raise Refused("Malformed")
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, bits):
        value = shift = 0
        for _ in range(-(-bits // 7)):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                if value >> bits:
                    raise Refused("Malformed")
                return value
        raise Refused("Malformed")

    def bytes(self):
        return self.take(self.number(64))

    def text(self):
        try:
            return self.bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("Malformed") from None

    def option(self, read):
        present = self.take(1)[0]
        if present > 1:
            raise Refused("Malformed")
        return read() if present else None

    def variant(self, count):
        number = self.number(32)
        if number >= count:
            raise Refused("Malformed")
        return number

    def end(self):
        if self.at != len(self.data):
            raise Refused("Malformed")


# --- §1.2 primitives


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def expand(prk, info, length):
    out = block = b""
    for i in range(1, -(-length // 32) + 1):
        block = hmac256(prk, block + info + bytes([i]))
        out += block
    return out[:length]


def hkdf(salt, ikm, info, length):
    return expand(hmac256(salt, ikm), info, length)


def dh(secret, public):
    try:
        return X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise Refused("WeakKey") from None


def x25519_public(secret):
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def ed25519_public(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed, message):
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verified(public, signature, message):
    # OpenSSL's check is laxer for keys of low order than §1.2 asks; honest keys are all that is seen here.
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        return True
    except (InvalidSignature, ValueError):
        return False


def seal(key, nonce, ad, message):
    return ChaCha20Poly1305(key).encrypt(nonce, message, ad)


def unseal(key, nonce, ad, sealed, error):
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, ad)
    except InvalidTag:
        raise Refused(error) from None


# --- §2 identity


def signed_device_list(account_seed, version, devices):
    listed = b"".join(identity + agreement for identity, agreement in devices)
    encoded = b"\1" + ed25519_public(account_seed) + varint(version) + varint(len(devices)) + listed
    return encoded, sign(account_seed, b"Airlock v1 device list\0" + encoded)  # (1)


def verify_device_list(encoded, signature):
    read = Reader(encoded)
    account, _version, count = read.take(32), read.number(64), read.number(64)
    devices = [(read.take(32), read.take(32)) for _ in range(count)]
    read.end()
    if not verified(account, signature, b"Airlock v1 device list\0" + encoded):
        raise Refused("DeviceList")
    ids = [identity for identity, _ in devices]
    if not 1 <= len(ids) <= 8 or len(set(ids)) != len(ids):
        raise Refused("DeviceList")
    return account, dict(devices)


def safety_number(one, other):
    def groups(account):
        digest = hashlib.sha512(b"Airlock v1 safety number\0" + account).digest()
        for _ in range(5_199):
            digest = hashlib.sha512(digest + account).digest()  # (3)
        return [int.from_bytes(digest[5 * j : 5 * j + 5], "big") % 100_000 for j in range(6)]  # (4)

    lower, higher = sorted((one, other))
    digits = " ".join(f"{group:05}" for group in groups(lower) + groups(higher))
    text = [base64.b32encode(account).decode().lower().rstrip("=") for account in (lower, higher)]
    return digits, "airlock-safety-number:1:" + ":".join(text)


# --- §4 prekeys

LABELS = {
    ("curve", "signed"): b"Airlock v1 prekey: X25519, signed",
    ("curve", "one-time"): b"Airlock v1 prekey: X25519, one-time",
    ("kem", 0): b"Airlock v1 prekey: ML-KEM-768, one-time",
    ("kem", 1): b"Airlock v1 prekey: ML-KEM-768, last resort",
}


def prekey_message(label, device, number, public):
    return LABELS[label] + b"\0" + device + u32(number) + public  # (14)


@dataclass
class Bundle:
    device: bytes
    signed: tuple
    one_time: tuple | None
    kem: tuple

    @staticmethod
    def decode(data):
        read = Reader(data)
        curve = lambda: (read.number(32), read.take(32), read.take(64))
        device, signed, one_time = read.take(32), curve(), read.option(curve)
        kem = (read.number(32), read.variant(2), read.bytes(), read.take(64))
        read.end()
        return Bundle(device, signed, one_time, kem)

    def encode(self):
        curve = lambda key: varint(key[0]) + key[1] + key[2]
        number, role, public, signature = self.kem
        one_time = option(curve(self.one_time) if self.one_time else None)
        kem = varint(number) + varint(role) + prefixed(public) + signature
        return b"\1" + self.device + curve(self.signed) + one_time + kem

    def verify(self, devices):
        if self.device not in devices:
            raise Refused("NotListed")
        checks = [("signed", ("curve", "signed"), self.signed[0], self.signed[1], self.signed[2])]
        if self.one_time:
            checks.append(("one-time", ("curve", "one-time"), *self.one_time))
        number, role, public, signature = self.kem
        checks.append(("KEM", ("kem", role), number, public, signature))
        for what, label, number, public, signature in checks:
            if not verified(self.device, signature, prekey_message(label, self.device, number, public)):
                raise Refused(f"Signature({what})")
        if len(self.kem[2]) != 1_184:
            raise Refused("KemLength")


class Party:
    """A device with all its secrets, as tests/vectors/handshake.json has them."""

    def __init__(self, keys):
        get = bytes.fromhex
        self.account_seed, self.signing, self.agreement = (
            get(keys[name]) for name in ("account", "signing", "agreement")
        )
        self.signed, self.one_time = ((keys[n]["number"], get(keys[n]["secret"])) for n in ("signed", "one_time"))
        self.kems = [(keys[n]["number"], get(keys[n]["d"]) + get(keys[n]["z"])) for n in ("kem", "last_resort")]
        self.account = ed25519_public(self.account_seed)
        self.device = ed25519_public(self.signing)
        self.agreement_public = x25519_public(self.agreement)
        self.devices = signed_device_list(self.account_seed, 1, [(self.device, self.agreement_public)])

    def encoded_devices(self):
        return b"\1" + prefixed(self.devices[0]) + self.devices[1]

    def kem_key(self, role):
        return MLKEM768PrivateKey.from_seed_bytes(self.kems[role][1])

    def bundle(self, last_resort):
        def curve(role, number, secret):
            public = x25519_public(secret)
            message = prekey_message(("curve", role), self.device, number, public)
            return number, public, sign(self.signing, message)

        role = int(last_resort)
        public = self.kem_key(role).public_key().public_bytes_raw()
        number = self.kems[role][0]
        kem = (number, role, public, sign(self.signing, prekey_message(("kem", role), self.device, number, public)))
        one_time = None if last_resort else curve("one-time", *self.one_time)
        return Bundle(self.device, curve("signed", *self.signed), one_time, kem)


# --- §5 PQXDH


@dataclass
class Handshake:
    ephemeral: bytes
    signed: int
    one_time: int | None
    kem_role: int
    kem: int
    ciphertext: bytes

    def encode(self):
        one_time = option(None if self.one_time is None else varint(self.one_time))
        kem = varint(self.kem_role) + varint(self.kem) + prefixed(self.ciphertext)
        return self.ephemeral + varint(self.signed) + one_time + kem

    @staticmethod
    def read(read):
        ephemeral, signed = read.take(32), read.number(32)
        one_time = read.option(lambda: read.number(32))
        return Handshake(ephemeral, signed, one_time, read.variant(2), read.number(32), read.bytes())


def associated_data(version, alice, bob, signed, one_time, kem, handshake):
    """(16); alice and bob are (account, device, agreement)."""
    return sha256(
        b"Airlock v1 session transcript\0"
        + bytes([version, 1])
        + b"".join(alice)
        + b"".join(bob)
        + u32(handshake.signed)
        + signed
        + bytes([one_time is not None])
        + u32(handshake.one_time or 0)
        + (one_time or ZEROS)
        + bytes([1 + handshake.kem_role])
        + u32(handshake.kem)
        + sha256(kem)
        + handshake.ephemeral
        + sha256(handshake.ciphertext)
    )


def session_secrets(dhs, ss):
    prk = hmac256(ZEROS, b"\xff" * 32 + b"".join(dhs) + ss)  # (6)
    sk = expand(prk, b"Airlock v1_CURVE25519_SHA-256_ML-KEM-768", 32)  # (7)
    start = expand(prk, b"Airlock v2 post-quantum start", 96)  # (24)
    return sk, expand(prk, b"Airlock v1 session id", 16), start  # (8)


# --- §6 the Double Ratchet


@dataclass
class Chain:
    key: bytes
    number: int = 0

    def advance(self):
        message = hmac256(self.key, b"\1")  # (10)
        self.key, self.number = hmac256(self.key, b"\2"), self.number + 1
        return message


@dataclass
class Header:
    key: bytes
    previous: int
    number: int
    nonce: bytes

    def fixed(self):
        return self.key + u32(self.previous) + u32(self.number) + self.nonce

    def encode(self):
        return self.key + varint(self.previous) + varint(self.number) + self.nonce


def kdf_rk(root, shared):
    out = hkdf(root, shared, b"Airlock v1 root key", 64)  # (9)
    return out[:32], out[32:]


def message_aead(message_key, post_quantum=None):
    if post_quantum is None:
        return hkdf(ZEROS, message_key, b"Airlock v1 message key", 32)  # (11)
    return hkdf(post_quantum, message_key, b"Airlock v2 message key", 32)  # (26)


def skip(skipped, name, chain, until, now):
    """Both ratchets' skipping: of the chain that `name` names."""
    if until - chain.number > 25_000:
        raise Refused("Gap")
    while chain.number < until:
        number = chain.number
        skipped.append((name, number, now, chain.advance()))
    del skipped[:-2_000]


def young(skipped, now):
    while skipped and now - skipped[0][2] > 30 * DAY_MS:
        skipped = skipped[1:]
    return skipped


@dataclass
class Ratchet:
    root: bytes
    theirs: bytes | None = None  # when heard
    ours: bytes | None = None  # when speaking
    sending: Chain | None = None
    previous: int = 0
    receiving: tuple | None = None  # (their key, Chain)
    skipped: list = field(default_factory=list)  # (their key, number, since, message key)
    past: list = field(default_factory=list)

    def speak(self, secret):
        self.root, chain = kdf_rk(self.root, dh(secret, self.theirs))
        self.ours, self.sending, self.theirs = secret, Chain(chain), None

    def next_key(self, random):
        if self.theirs is not None:
            self.speak(random(32))
        number = self.sending.number
        return Header(x25519_public(self.ours), self.previous, number, b""), self.sending.advance()

    def key_of(self, header, now):
        """The key of a message, and the state after it; this state stays as it is."""
        for kept in self.skipped:
            if kept[:2] == (header.key, header.number) and now - kept[2] <= 30 * DAY_MS:
                return kept[3], replace(self, skipped=young([k for k in self.skipped if k is not kept], now))
        after = replace(self, skipped=list(self.skipped), past=list(self.past))
        if self.receiving and self.receiving[0] == header.key:
            chain = replace(self.receiving[1])
        elif header.key in self.past:
            raise Refused("Repeated")
        elif self.theirs is not None:
            raise Refused("NotAuthentic")
        else:
            if self.receiving:
                old, rest = self.receiving[0], replace(self.receiving[1])
                skip(after.skipped, old, rest, header.previous, now)
                after.past = (after.past + [old])[-16:]
            after.root, key = kdf_rk(self.root, dh(self.ours, header.key))
            after.theirs, after.previous = header.key, self.sending.number
            after.ours = after.sending = None
            chain = Chain(key)
        if header.number < chain.number:
            raise Refused("Repeated")
        skip(after.skipped, header.key, chain, header.number, now)
        key = chain.advance()
        after.receiving = (header.key, chain)
        after.skipped = young(after.skipped, now)
        return key, after

    def saved(self):
        chain = lambda it: it.key + varint(it.number)
        if self.theirs is None:
            turn = b"\0" + self.root + self.ours + chain(self.sending) + varint(self.previous)
        else:
            turn = b"\1" + self.root + self.theirs + varint(self.previous)
        receiving = option(self.receiving and self.receiving[0] + chain(self.receiving[1]))
        keys = b"".join(key + varint(n) + varint(since) + mk for key, n, since, mk in self.skipped)
        return turn + receiving + varint(len(self.skipped)) + keys + varint(len(self.past)) + b"".join(self.past)


# --- §14 the post-quantum ratchet

EPOCH_MESSAGES, EPOCH_MS = 50, 7 * DAY_MS


@dataclass
class PqHeader:
    epoch: int
    previous: int
    number: int
    offer: bytes | None = None  # EK
    answer: tuple | None = None  # (CT, C)

    def kind(self):
        return 1 if self.offer else 2 if self.answer else 0

    def fixed(self):
        part = self.offer or b"".join(self.answer or ())
        return u32(self.epoch) + u32(self.previous) + u32(self.number) + bytes([self.kind()]) + part  # (27)

    def encode(self):
        part = prefixed(self.offer) if self.offer else b""
        if self.answer:
            part = prefixed(self.answer[0]) + self.answer[1]
        numbers = varint(self.epoch) + varint(self.previous) + varint(self.number)
        return numbers + varint(self.kind()) + part

    @staticmethod
    def read(read):
        header = PqHeader(read.number(32), read.number(32), read.number(32))
        kind = read.variant(3)
        if kind == 1:
            header.offer = read.bytes()
            try:
                MLKEM768PublicKey.from_public_bytes(header.offer)
            except ValueError:
                raise Refused("Malformed") from None
        elif kind == 2:
            header.answer = (read.bytes(), read.take(32))
            if len(header.answer[0]) != 1_088:
                raise Refused("Malformed")
        return header


def next_epoch(root, ss, epoch, ek, ct):
    info = b"Airlock v2 post-quantum epoch\0" + u32(epoch) + sha256(ek) + sha256(ct)
    out = hkdf(root, ss, info, 128)  # (25)
    return [out[i : i + 32] for i in range(0, 128, 32)]


def carries(copies):
    """Whether the message after so many since the first that had a part has it too."""
    return copies in (0, 1, 2, 4, 8, 16, 32) or copies % 64 == 0


def kem_public(seed):
    return MLKEM768PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


@dataclass
class PqRatchet:
    initiator: bool
    epoch: int
    root: bytes
    sending: Chain
    previous: int
    receiving: Chain
    since: int
    # ("resting",), ("offering", seed, copies), ("turned", CK), ("asked", EK) or
    # ("answering", CT, C, copies, [R, CK to send on, CK to receive on])
    exchange: tuple = ("resting",)
    messages: int = 0
    skipped: list = field(default_factory=list)  # (epoch, number, since, message key)

    @staticmethod
    def start(initiator, start, now):
        root, first, second = start[:32], Chain(start[32:64]), Chain(start[64:])
        sending, receiving = (first, second) if initiator else (second, first)
        return PqRatchet(initiator, 0, root, sending, 0, receiving, now)

    def offers(self):
        """Whether the next epoch is this side's to offer a key for."""
        return self.initiator == ((self.epoch + 1) % 2 == 1)

    def ours_and_theirs(self, keys):
        root, first, second, confirmation = keys
        return root, *((first, second) if self.initiator else (second, first)), confirmation

    def will_offer(self, now):
        due = self.messages >= EPOCH_MESSAGES or now - self.since >= EPOCH_MS
        return self.exchange[0] == "resting" and self.offers() and self.receiving.number > 0 and due

    def next_key(self, now, random, encapsulated=None):
        """`encapsulated` gives (SS, CT) where this library's encapsulation can't be told its randomness."""
        number = self.sending.number
        key = self.sending.advance()
        if self.will_offer(now):
            self.exchange = ("offering", random(64), 0)
        elif self.exchange[0] == "asked":
            ek = self.exchange[1]
            random(32)
            ss, ct = encapsulated or MLKEM768PublicKey.from_public_bytes(ek).encapsulate()
            keys = next_epoch(self.root, ss, self.epoch + 1, ek, ct)
            root, sending, receiving, confirmation = self.ours_and_theirs(keys)
            self.exchange = ("answering", ct, confirmation, 0, [root, sending, receiving])
        epoch = self.epoch + (self.exchange[0] == "turned")
        header = PqHeader(epoch, self.previous, number)
        if self.exchange[0] == "offering":
            _, seed, copies = self.exchange
            header.offer = kem_public(seed) if carries(copies) else None
            self.exchange = ("offering", seed, copies + 1)
        elif self.exchange[0] == "answering":
            _, ct, confirmation, copies, keys = self.exchange
            header.answer = (ct, confirmation) if carries(copies) else None
            self.exchange = ("answering", ct, confirmation, copies + 1, keys)
        self.messages += 1
        return header, key

    def key_of(self, header, now):
        """The key of a message, and the state after it; this state stays as it is."""
        after = replace(self, sending=replace(self.sending), skipped=list(self.skipped))
        kept = [k for k in self.skipped if k[:2] == (header.epoch, header.number) and now - k[2] <= 30 * DAY_MS]
        if kept:
            key = kept[0][3]
            after.skipped.remove(kept[0])
        else:
            key = after.advance(header, now)
        after.skipped = young(after.skipped, now)
        after.messages += 1
        if header.epoch == after.epoch:
            after.take(header)
        return key, after

    def advance(self, header, now):
        chain = replace(self.receiving)
        if header.epoch < self.epoch:
            raise Refused("Repeated")
        if header.epoch > self.epoch:
            if header.epoch != self.epoch + 1 or self.exchange[0] not in ("turned", "answering"):
                raise Refused("NotAuthentic")
            skip(self.skipped, self.epoch, chain, header.previous, now)
            if self.exchange[0] == "turned":
                chain = Chain(self.exchange[1])
            else:
                root, sending, receiving = self.exchange[4]
                chain = Chain(receiving)
                self.previous, self.root, self.sending = self.sending.number, root, Chain(sending)
            self.exchange, self.epoch, self.since, self.messages = ("resting",), header.epoch, now, 0
        if header.number < chain.number:
            raise Refused("Repeated")
        skip(self.skipped, header.epoch, chain, header.number, now)
        key = chain.advance()
        self.receiving = chain
        return key

    def take(self, header):
        if header.offer and self.exchange[0] == "resting" and not self.offers():
            self.exchange = ("asked", header.offer)
        if header.answer and self.exchange[0] == "offering":
            seed, (ct, confirmation) = self.exchange[1], header.answer
            ss = MLKEM768PrivateKey.from_seed_bytes(seed).decapsulate(ct)
            keys = next_epoch(self.root, ss, self.epoch + 1, kem_public(seed), ct)
            root, sending, receiving, expected = self.ours_and_theirs(keys)
            if confirmation == expected:
                self.previous, self.root, self.sending = self.sending.number, root, Chain(sending)
                self.exchange = ("turned", receiving)

    def saved(self):
        chain = lambda it: it.key + varint(it.number)
        name, *held = self.exchange
        if name == "offering":
            held = held[0] + varint(held[1])
        elif name == "asked":
            held = prefixed(held[0])
        elif name == "answering":
            ct, confirmation, copies, keys = held
            held = prefixed(ct) + confirmation + b"".join(keys) + varint(copies)
        else:
            held = b"".join(held)
        number = ["resting", "offering", "turned", "asked", "answering"].index(name)
        role = b"\0" if self.initiator else b"\1"
        keys = b"".join(varint(epoch) + varint(n) + varint(since) + mk for epoch, n, since, mk in self.skipped)
        chains = self.root + chain(self.sending) + varint(self.previous) + chain(self.receiving)
        age = varint(self.since) + varint(self.messages)
        return role + varint(self.epoch) + chains + varint(number) + held + age + varint(len(self.skipped)) + keys


# --- §7 envelopes


def envelope_key(shared, ephemeral, agreement, device):
    info = b"Airlock v1 sealed envelope\0" + ephemeral + agreement + device
    return hkdf(ZEROS, shared, info, 32)  # (12)


def envelope_length(inner):
    length = 512
    while length < 1 + 32 + 4 + inner + 16:
        length *= 2
    return length  # (19)


def seal_envelope(agreement, device, inner, secret):
    ephemeral = x25519_public(secret)
    plaintext = u32(len(inner)) + inner
    plaintext += bytes(envelope_length(len(inner)) - 1 - 32 - 16 - len(plaintext))
    key = envelope_key(dh(secret, agreement), ephemeral, agreement, device)
    return b"\1" + ephemeral + seal(key, bytes(12), b"\1", plaintext)  # (20)


def open_envelope(party, sealed):
    if len(sealed) not in (512 << i for i in range(8)):
        raise Refused("EnvelopeLength")
    if sealed[0] != 1:
        raise Refused("EnvelopeVersion")
    ephemeral = sealed[1:33]
    key = envelope_key(dh(party.agreement, ephemeral), ephemeral, party.agreement_public, party.device)
    plaintext = unseal(key, bytes(12), b"\1", sealed[33:], "NotForUs")
    length = int.from_bytes(plaintext[:4], "little")
    inner, padding = plaintext[4 : 4 + length], plaintext[4 + length :]
    if len(inner) != length or any(padding) or envelope_length(length) != len(sealed):
        raise Refused("Padding")
    return inner


@dataclass
class Received:
    account: bytes
    device: bytes
    session: bytes
    agreement: bytes | None
    handshake: Handshake | None
    first_digest: bytes
    header: Header
    post_quantum: PqHeader | None
    ciphertext: bytes


def receive(party, sealed):
    read = Reader(open_envelope(party, sealed))
    account, device, session = read.take(32), read.take(32), read.take(16)
    agreement = handshake = None
    devices, first_digest = None, b""
    body = read.variant(4)
    if body in (0, 2):
        devices = (read.bytes(), read.take(64))
        handshake = Handshake.read(read)
        first_digest = first_message_digest(devices, handshake)
    post_quantum = PqHeader.read(read) if body in (2, 3) else None
    header = Header(read.take(32), read.number(32), read.number(32), read.take(12))
    ciphertext = read.bytes()
    read.end()
    if devices:
        listed_by, listed = verify_device_list(*devices)
        if listed_by != account or device not in listed:
            raise Refused("SenderNotListed")
        agreement = listed[device]
    headers = (header, post_quantum)
    return Received(account, device, session, agreement, handshake, first_digest, *headers, ciphertext)


def first_message_digest(devices, handshake):
    first = prefixed(devices[0]) + devices[1] + handshake.encode()
    return sha256(b"Airlock v1 first message\0\1" + first)  # (17)


# --- a session


@dataclass
class Session:
    party: Party
    id: bytes
    account: bytes
    device: bytes
    agreement: bytes
    created: int
    ad: bytes
    unanswered: Handshake | None
    ratchet: Ratchet
    post_quantum: PqRatchet | None  # none in version 1

    @staticmethod
    def start(party, bundle, devices, now, random, encapsulated=None, version=2):
        """`encapsulated` gives (SS, CT) where a vector needs them, instead of the KEM's own randomness."""
        read = Reader(devices)
        account, listed = verify_device_list(read.bytes(), read.take(64))
        bundle.verify(listed)
        agreement = listed[bundle.device]
        secret = random(32)
        kem = MLKEM768PublicKey.from_public_bytes(bundle.kem[2])
        ss, ciphertext = encapsulated or kem.encapsulate()
        signed, one_time = bundle.signed[1], bundle.one_time and bundle.one_time[1]
        dhs = [dh(party.agreement, signed), dh(secret, agreement), dh(secret, signed)]  # (15)
        if one_time:
            dhs.append(dh(secret, one_time))
        number = bundle.one_time and bundle.one_time[0]
        kem_number, role, kem_public, _ = bundle.kem
        handshake = Handshake(x25519_public(secret), bundle.signed[0], number, role, kem_number, ciphertext)
        sk, session, start = session_secrets(dhs, ss)
        alice = (party.account, party.device, party.agreement_public)
        bob = (account, bundle.device, agreement)
        ad = associated_data(version, alice, bob, signed, one_time, kem_public, handshake)
        ratchet = Ratchet(sk, theirs=signed)
        ratchet.speak(random(32))
        post_quantum = PqRatchet.start(True, start, now) if version == 2 else None
        return Session(party, session, account, bundle.device, agreement, now, ad, handshake, ratchet, post_quantum)

    @staticmethod
    def accept(party, received, now, version=2):
        handshake = received.handshake
        if version == 2 and received.post_quantum is None:
            raise Refused("Outdated")
        one_time_used = handshake.one_time is not None
        if handshake.signed != party.signed[0]:
            raise Refused("Pqxdh(signed)")
        if one_time_used and handshake.one_time != party.one_time[0]:
            raise Refused("Pqxdh(one-time)")
        if handshake.kem != party.kems[handshake.kem_role][0]:
            raise Refused("Pqxdh(KEM)")
        if len(handshake.ciphertext) != 1_088:
            raise Refused("Pqxdh(CiphertextLength)")
        kem = party.kem_key(handshake.kem_role)
        ss = kem.decapsulate(handshake.ciphertext)
        signed, ephemeral = party.signed[1], handshake.ephemeral
        dhs = [dh(signed, received.agreement), dh(party.agreement, ephemeral), dh(signed, ephemeral)]
        if one_time_used:
            dhs.append(dh(party.one_time[1], ephemeral))
        sk, session, start = session_secrets(dhs, ss)
        if session != received.session:
            raise Refused("NotAuthentic")
        alice = (received.account, received.device, received.agreement)
        bob = (party.account, party.device, party.agreement_public)
        one_time = x25519_public(party.one_time[1]) if one_time_used else None
        kem_public = kem.public_key().public_bytes_raw()
        ad = associated_data(version, alice, bob, x25519_public(signed), one_time, kem_public, handshake)
        root, chain = kdf_rk(sk, dh(signed, received.header.key))
        ratchet = Ratchet(root, theirs=received.header.key, receiving=(received.header.key, Chain(chain)))
        post_quantum = PqRatchet.start(False, start, now) if version == 2 else None
        new = Session(party, session, *alice, now, ad, None, ratchet, post_quantum)
        return new, new.open(received, now)

    def draws(self, now):
        """How many random bytes sealing takes (§1.3)."""
        turn = 32 if self.ratchet.theirs is not None else 0
        if self.post_quantum and self.post_quantum.will_offer(now):
            turn += 64
        if self.post_quantum and self.post_quantum.exchange[0] == "asked":
            turn += 32
        return turn + 12 + 32

    def seal(self, message_id, text, now, random, encapsulated=None):
        content = b"\0" + prefixed(text.encode())
        plaintext = b"\1" + varint(now) + b"\0" + message_id + content
        ad, body, first = self.ad, 1, b""
        if self.unanswered:
            devices = self.party.devices
            ad += first_message_digest(devices, self.unanswered)
            body, first = 0, prefixed(devices[0]) + devices[1] + self.unanswered.encode()
        header, key = self.ratchet.next_key(random)
        second = None
        if self.post_quantum:
            pq_header, second = self.post_quantum.next_key(now, random, encapsulated)
            ad, body, first = ad + pq_header.fixed(), body + 2, first + pq_header.encode()
        header.nonce = random(12)
        ciphertext = seal(message_aead(key, second), header.nonce, ad + header.fixed(), plaintext)  # (18), (28)
        body = bytes([body]) + first
        ids = self.party.account + self.party.device + self.id
        inner = b"\1" + ids + body + header.encode() + prefixed(ciphertext)
        return seal_envelope(self.agreement, self.device, inner, random(32))

    def open(self, received, now):
        if (received.account, received.device, received.session) != (self.account, self.device, self.id):
            raise Refused("WrongSession")
        ad = self.ad + received.first_digest
        header, pq_header, second, pq_after = received.header, received.post_quantum, None, None
        key, after = self.ratchet.key_of(header, now)
        if (self.post_quantum is None) != (pq_header is None):
            raise Refused("NotAuthentic")
        if pq_header:
            ad += pq_header.fixed()
            second, pq_after = self.post_quantum.key_of(pq_header, now)
        aead = message_aead(key, second)
        plaintext = unseal(aead, header.nonce, ad + header.fixed(), received.ciphertext, "NotAuthentic")
        self.ratchet, self.post_quantum, self.unanswered = after, pq_after, None
        read = Reader(plaintext)
        sent_at = read.number(64)
        if read.variant(4) != 0:
            raise Refused("another kind of letter than this test tool reads")
        message_id = read.take(16)
        if read.variant(3) != 0:
            raise Refused("another kind of content than this test tool reads")
        text = read.text()
        read.end()
        return message_id, text, sent_at

    def saved(self):
        head = self.id + self.account + self.device + self.agreement + varint(self.created) + self.ad
        version, pq = (b"\2", self.post_quantum.saved()) if self.post_quantum else (b"\1", b"")
        unanswered = option(self.unanswered and self.unanswered.encode())
        return version + b"\4" + head + unanswered + self.ratchet.saved() + pq

    def state(self):
        return sha256(self.saved()).hex()


# --- §10 attachments

CHUNK = 65_536


def padded_length(size):
    if size == 0:
        return CHUNK
    exponent = size.bit_length() - 1
    told = exponent.bit_length() if exponent else 1
    mask = (1 << max(exponent - told, 0)) - 1
    return max(CHUNK, (size + mask) & ~mask)  # (21)


def blob_length(size):
    padded = padded_length(size)
    return padded + 16 * -(-padded // CHUNK)  # (22)


def seal_blob(key, file):
    aead = hkdf(ZEROS, key, b"Airlock v1 attachment\0" + sha256(file) + u64(len(file)), 32)  # (13)
    padded = file + bytes(padded_length(len(file)) - len(file))
    chunks = [padded[at : at + CHUNK] for at in range(0, len(padded), CHUNK)]
    nonce = lambda i: bytes(3) + i.to_bytes(8, "big") + bytes([i == len(chunks) - 1])
    return b"".join(seal(aead, nonce(i), b"", chunk) for i, chunk in enumerate(chunks))  # (23)
