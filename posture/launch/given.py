"""Stores that the environment names: whether they take us, said without their passwords."""

from urllib.parse import urlsplit

import psycopg2
import redis

from posture.launch.trouble import Trouble


def require_database(url: str) -> None:
    """Raise Trouble where the database of DATABASE_URL does not take us."""
    place = place_of(url, schemes=("postgres", "postgresql"), name="DATABASE_URL")
    try:
        psycopg2.connect(url, connect_timeout=5).close()
    except psycopg2.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise Trouble(f"The database of DATABASE_URL ({place}) cannot be used: {reason}") from None
    except psycopg2.Error:
        # Its words would repeat the address, password and all.
        raise Trouble(f"DATABASE_URL ({place}) is not an address that PostgreSQL understands.") from None


def require_redis(url: str) -> None:
    """Raise Trouble where the broker of REDIS_URL does not take us."""
    place = place_of(url, schemes=("redis", "rediss"), name="REDIS_URL")
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Trouble(f"The broker of REDIS_URL ({place}) cannot be used: {error}") from None


def place_of(url: str, *, schemes: tuple[str, ...], name: str) -> str:
    """Host, port and path of an address, without name and password; Trouble where it is no such address."""
    try:
        parts = urlsplit(url)
        port = parts.port or "standard port"
    except ValueError:
        raise Trouble(f"{name} is not an address: {schemes[0]}://user:password@host:port/name is the form.") from None
    if parts.scheme not in schemes:
        raise Trouble(f"{name} has to begin with {schemes[0]}:// .")
    return f"{parts.hostname or 'local socket'}:{port}{parts.path}"
