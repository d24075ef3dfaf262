"""What travels: the wire shapes of protocol version 1, as msgspec structures. See docs/protocol.md."""
