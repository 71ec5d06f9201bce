"""Envelopes: a statement with its signatures, in the form that supply-chain tools read (DSSE).

Source: https://github.com/secure-systems-lab/dsse, protocol and envelope version 1.0.0. Without a key an envelope
has no signatures, and is otherwise the same.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from regen.errors import ConfigError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PAYLOAD_TYPE = "application/vnd.in-toto+json"
KEY_VARIABLE = "REGEN_RECEIPT_KEY"
"""Names the private key's file, in the place of `[receipts] key`."""
PASSPHRASE_VARIABLE = "REGEN_RECEIPT_PASSPHRASE"  # noqa: S105 - the name of a variable
_MAKE_ONE = "make one: `openssl genpkey -algorithm ed25519 -out release.pem && chmod 600 release.pem`"


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope as it was read.

    Attributes:
        payload: the statement's bytes.
        signatures: (name of the key, signature).
    """

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]


def canonical(value: object) -> bytes:
    """JSON in one form: keys sorted, no blanks, UTF-8; as RFC 8785 has it for values without fractions."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def enclosed(payload: bytes, signatures: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """The envelope of a statement, as JSON."""
    return canonical(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": name, "sig": base64.b64encode(sig).decode()} for name, sig in signatures],
        }
    )


def opened(data: bytes) -> Envelope:
    """An envelope's parts. Raises ValueError where the bytes are no envelope of a statement."""
    try:
        envelope = json.loads(data)
        if envelope["payloadType"] != PAYLOAD_TYPE:
            raise ValueError(f"the payload is of type {envelope['payloadType']!r}")
        signatures = tuple(
            (str(one.get("keyid", "")), base64.b64decode(one["sig"], validate=True)) for one in envelope["signatures"]
        )
        return Envelope(base64.b64decode(envelope["payload"], validate=True), signatures)
    except (KeyError, TypeError, AttributeError, binascii.Error, json.JSONDecodeError) as error:
        raise ValueError(f"these bytes are no envelope: {error}") from error


def signed_bytes(payload: bytes) -> bytes:
    """What a signature is over: the pre-authentication encoding of the payload."""
    kind = PAYLOAD_TYPE.encode()
    return b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])


def key_file(root: Path, setting: str | None) -> Path | None:
    """Where the private key is, from the environment variable or the configuration; None: nothing is signed.

    Args:
        root: the project's folder, which a relative path of the configuration belongs to.
    """
    given = os.environ.get(KEY_VARIABLE) or None
    if given is not None:
        return Path(given).expanduser().absolute()
    return root / Path(setting).expanduser() if setting else None


def open_to_others(file: Path) -> bool:
    """Whether others than its owner may read or change a key."""
    try:
        return bool(stat.S_IMODE(file.stat().st_mode) & 0o077)
    except OSError:
        return False


class Sealer:
    """Signs statements with a private key, which is read when the first one is signed.

    Args:
        file: ed25519 in PEM; None: statements go unsigned.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._key: tuple[str, Ed25519PrivateKey] | None = None

    def __call__(self, payload: bytes) -> bytes:
        """The envelope of a statement. Raises ConfigError where the key cannot be used."""
        if self._file is None:
            return enclosed(payload)
        if self._key is None:
            private = private_key(self._file)
            self._key = key_name(private.public_key()), private
        name, key = self._key
        return enclosed(payload, ((name, key.sign(signed_bytes(payload))),))


def private_key(file: Path) -> Ed25519PrivateKey:
    """The private key in a file. Raises ConfigError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    passphrase = os.environ.get(PASSPHRASE_VARIABLE)
    try:
        key = load_pem_private_key(_read(file), passphrase.encode() if passphrase else None)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        encrypted = f"; where it has a passphrase, {PASSPHRASE_VARIABLE} holds it" if not passphrase else ""
        raise ConfigError(
            f"the key that signs receipts cannot be read: {error}", where=str(file), hint=f"{_MAKE_ONE}{encrypted}"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError("the key that signs receipts is no ed25519 key", where=str(file), hint=_MAKE_ONE)
    return key


def public_key(file: Path) -> Ed25519PublicKey:
    """The public key in a file. Raises ConfigError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    hint = "write one: `openssl pkey -in release.pem -pubout -out release.pub.pem`"
    try:
        key = load_pem_public_key(_read(file))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(f"a key of `[receipts] trust` cannot be read: {error}", where=str(file), hint=hint) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError("a key of `[receipts] trust` is no ed25519 key", where=str(file), hint=hint)
    return key


def key_name(key: Ed25519PublicKey) -> str:
    """What a key is called in envelopes: SHA-256 of its SubjectPublicKeyInfo in DER, in hex."""
    from hashlib import sha256

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def fits(key: Ed25519PublicKey, payload: bytes, signature: bytes) -> bool:
    """Whether a signature is this key's, of this statement."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, signed_bytes(payload))
    except InvalidSignature:
        return False
    return True


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the key {file} cannot be read: {error.strerror}",
            hint=f"mend `[receipts]`, or {KEY_VARIABLE}; {_MAKE_ONE}",
        ) from error
