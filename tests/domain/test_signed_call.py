"""Calls signed as Standard Webhooks has it: the format's own example, a window, two secrets while one is changed."""

import pytest

from hectis_flow.domain import signed_call

# The example of the format's reference implementations.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # pragma: allowlist secret
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"  # pragma: allowlist secret
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def genuine(**changes: object) -> bool:
    given = {
        "secrets": (SECRET,),
        "call_id": ID,
        "at": str(AT),
        "given": SIGNATURE,
        "body": BODY,
        "now": float(AT),
    }
    return signed_call.is_genuine(**(given | changes))  # type: ignore[arg-type]


def test_it_is_the_format_as_published() -> None:
    assert signed_call.signature(signed_call.key_of(SECRET), ID, str(AT), BODY) == SIGNATURE
    assert genuine()


def test_either_of_two_secrets_holds_and_either_of_several_signatures() -> None:
    assert genuine(secrets=(OTHER, SECRET))
    assert genuine(given=f"v1a,AAAA v1,AAAA {SIGNATURE}")
    assert not genuine(secrets=(OTHER,))
    assert not genuine(secrets=())


@pytest.mark.parametrize(
    "changes",
    [
        {"call_id": "msg_other"},
        {"call_id": ""},
        {"at": str(AT + 1)},
        {"at": "now"},
        {"at": "-1614265330"},
        {"body": BODY + b" "},
        {"given": SIGNATURE.removeprefix("v1,")},
        {"given": "v2" + SIGNATURE[2:]},
        {"given": ""},
        {"now": AT + 301.0},
        {"now": AT - 301.0},
    ],
)
def test_whatever_else_is_refused(changes: dict[str, object]) -> None:
    assert not genuine(**changes)


@pytest.mark.parametrize("secret", ["", "plain", "whsec_", "whsec_c2hvcnQ=", "whsec_!!", SECRET[6:]])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and the base64 of 24 to 64 random bytes") as fault:
        signed_call.key_of(secret)

    assert not secret or secret == "whsec_" or secret not in str(fault.value)
