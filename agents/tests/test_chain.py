"""The agent's chain is that of the server, and the server's credentials are looked at before they are kept."""

import uuid

from agents.posture_agent import chain
from agents.posture_agent.credentials import is_key, is_token
from agents.posture_agent.wire import digest
from posture.facts.chain import first_link, link_tail, next_link


def test_links_are_those_of_the_server() -> None:
    installation, boot = str(uuid.uuid4()), str(uuid.uuid4())
    ours, theirs = chain.first_link(installation), first_link(installation)
    assert ours == theirs
    for sequence in range(1, 4):
        words = {
            "sequence": sequence,
            "digest": digest({"number": sequence}),
            "boot_id": boot,
            "observed_at": f"2026-11-22T14:0{sequence}:00.000Z",
        }
        ours = chain.next_link(ours, **words)  # type: ignore[arg-type]  # the values are of two types
        theirs = next_link(theirs, link_tail(**words))  # type: ignore[arg-type]  # as above
        assert ours == theirs


def test_words_of_a_server_that_are_no_credentials() -> None:
    assert is_key("A" * 43 + "=")
    assert not any(is_key(value) for value in (None, "", 7, "A" * 42, "é" * 44, "A" * 88))
    assert is_token("t0k3n")
    assert not any(is_token(value) for value in (None, "", 7, "a b", "a\r\nb", "é", "a" * 513))
