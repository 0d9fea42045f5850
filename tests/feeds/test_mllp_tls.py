"""Who may connect: other machines need TLS, a certificate of their own and a line in the allow-list."""

import ssl
from pathlib import Path

import pytest

from hectis_flow.feeds.mllp import Listener, ListenerOptions, ListenerRefused, PeerRule, rule_for, server_tls
from hectis_flow.feeds.mllp_client import NobodyListens, client_tls, send_all
from hectis_flow.feeds.mllp_frames import frame
from tests.authority import Authority
from tests.feeds.mllp_wire import Storage, answer_arrival, listening

RULE = PeerRule("hospital-a", frozenset({"ECM"}), frozenset({"HOSPITAL A"}))
ALLOW = {"hospital-a": RULE}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def tls(authority: Authority) -> ssl.SSLContext:
    return server_tls(*authority.sign("listener"), authority.ca)


def client(authority: Authority, common_name: str) -> ssl.SSLContext:
    return client_tls(authority.ca, *authority.sign(common_name))


def refused(options: ListenerOptions) -> str:
    with pytest.raises(ListenerRefused) as caught:
        Listener(Storage(), options, on_failure=answer_arrival("AE"), on_oversize=lambda _: b"")
    return caught.value.message


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.0.2.1", "listener.example"])  # noqa: S104
def test_other_machines_are_not_heard_without_certificates(host: str) -> None:
    assert "need TLS with a client certificate" in refused(ListenerOptions(host=host, allow=ALLOW))


def test_tls_that_asks_for_no_certificate_is_not_enough() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert "client certificate" in refused(ListenerOptions(host="192.0.2.1", tls=context, allow=ALLOW))


@pytest.mark.parametrize("allow", [None, {}])
def test_other_machines_are_not_heard_without_an_allow_list(
    tls: ssl.SSLContext, allow: dict[str, PeerRule] | None
) -> None:
    assert "allow-list" in refused(ListenerOptions(host="192.0.2.1", tls=tls, allow=allow))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_needs_neither(host: str) -> None:
    Listener(
        Storage(), ListenerOptions(host=host), on_failure=answer_arrival("AE"), on_oversize=lambda _: b""
    )


def test_with_both_other_machines_may_be_heard(tls: ssl.SSLContext) -> None:
    options = ListenerOptions(host="192.0.2.1", tls=tls, allow=ALLOW)
    Listener(Storage(), options, on_failure=answer_arrival("AE"), on_oversize=lambda _: b"")


def test_a_certificate_that_cannot_be_read_is_a_clear_sentence(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(ListenerRefused, match="cannot read its certificate"):
        server_tls(tmp_path / "none.pem", tmp_path / "none.key", authority.ca)


def test_a_sender_on_the_list_is_heard_and_known_by_its_certificate(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    storage = Storage()
    messages = [b"%d" % number for number in range(100)]
    with listening(storage, tls=tls, allow=ALLOW, max_unanswered=8) as running:
        report = send_all(messages, "127.0.0.1", running.port, tls=client(authority, "hospital-a"))
    assert report.codes == {"AA": 100}
    assert storage.stored == messages
    arrival = storage.batches[0][0]
    assert (arrival.peer, arrival.client) == ("127.0.0.1", "hospital-a")
    assert rule_for(ALLOW, arrival.peer, arrival.client) is RULE


@pytest.mark.parametrize("common_name", ["hospital-b", ""])
def test_a_certificate_that_is_not_on_the_list_is_turned_away(
    authority: Authority, tls: ssl.SSLContext, common_name: str
) -> None:
    storage = Storage()
    allow = {**ALLOW, "127.0.0.1": RULE}  # an address must not lend its line to a certificate
    with listening(storage, tls=tls, allow=allow) as running:
        report = send_all(
            [b"one"], "127.0.0.1", running.port, tls=client(authority, common_name), tries=1, pause=0
        )
        assert running.listener.counters.turned_away == 1
    assert report.unanswered == 1
    assert storage.stored == []


def test_a_sender_without_a_certificate_is_turned_away(authority: Authority, tls: ssl.SSLContext) -> None:
    storage = Storage()
    bare = ssl.create_default_context(cafile=str(authority.ca))
    with listening(storage, tls=tls, allow=ALLOW) as running:
        report = send_all([b"one"], "127.0.0.1", running.port, tls=bare, tries=1, pause=0)
    assert report.unanswered == 1
    assert storage.stored == []


def test_a_sender_that_speaks_no_tls_is_turned_away(tls: ssl.SSLContext) -> None:
    storage = Storage()
    with listening(storage, tls=tls, allow=ALLOW) as running, running.wire() as wire:
        wire.send(frame(b"one"))
        running.until(lambda: running.listener.counters.turned_away == 1)
    assert storage.stored == []


def test_a_handshake_that_never_comes_holds_its_place_only_so_long(
    authority: Authority, tls: ssl.SSLContext
) -> None:
    with listening(Storage(), tls=tls, allow=ALLOW, handshake=1.0, max_connections=1) as running:
        with running.wire() as silent:
            assert silent.is_closed()
        running.until(lambda: not running.listener._open)
        report = send_all([b"one"], "127.0.0.1", running.port, tls=client(authority, "hospital-a"))
    assert report.codes == {"AA": 1}


def test_a_listener_whose_certificate_is_not_ours_is_not_sent_to(
    authority: Authority, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    strangers = Authority(tmp_path)
    ours = client(strangers, "hospital-a")
    with (
        listening(Storage(), tls=tls, allow=ALLOW) as running,
        pytest.raises(NobodyListens, match="do not agree on TLS"),
    ):
        send_all([b"one"], "127.0.0.1", running.port, tls=ours)


def test_without_tls_the_allow_list_goes_by_address() -> None:
    storage = Storage()
    allow = {"127.0.0.2": PeerRule("127.0.0.2", frozenset(), frozenset())}
    with listening(storage, allow=allow) as running:
        with running.wire("127.0.0.3") as stranger:
            assert stranger.is_closed()
        with running.wire("127.0.0.2") as known:
            known.send(frame(b"one"))
            assert known.answers(1) == [b"AA|one"]
