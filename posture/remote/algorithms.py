"""The algorithms of SSH that we speak: modern ones only, the strongest first."""

from collections.abc import Sequence

from paramiko import SecurityOptions

KEY_EXCHANGES = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
)
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
HOST_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


def restrict(options: SecurityOptions, *, approved: str) -> None:
    """Leave these algorithms only. ``approved``: kind of the approved host key, asked for first, or empty.

    A machine that got a further key is then asked for the one that was approved.
    """
    options.kex = known(KEY_EXCHANGES, options.kex)
    options.ciphers = known(CIPHERS, options.ciphers)
    options.digests = known(MACS, options.digests)
    kinds = known(HOST_KEYS, options.key_types)
    options.key_types = tuple(sorted(kinds, key=lambda kind: kind not in algorithms_of(approved)))
    options.compression = ("none",)


def algorithms_of(kind: str) -> tuple[str, ...]:
    """The signature algorithms of a kind of key."""
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)


def known(wanted: Sequence[str], offered: Sequence[str]) -> tuple[str, ...]:
    """Those of ours that the library has."""
    return tuple(name for name in wanted if name in offered)
