"""What schemathesis must know of leerwerk: how its scalars look, which ids exist, and when an answer is wrong."""

import json
import os
import re
from dataclasses import replace

import schemathesis
from graphql import IntValueNode, ListValueNode, StringValueNode, Visitor, visit
from hypothesis import strategies as st

# Ids of things that exist, so that not every request ends at "there is no such thing"; the test passes them on.
IDS = json.loads(os.environ.get("LEERWERK_IDS", "[]"))

# Codes that say that something broke; while nothing around the platform does, none of them is right.
BROKEN = {"INTERNAL", "UNAVAILABLE", "OUTCOME_UNKNOWN"}


def text(value: str) -> StringValueNode:
    return StringValueNode(value=value)


def number(value: int) -> IntValueNode:
    return IntValueNode(value=str(value))


# Most ids exist; some only have the form of one and some are anything.
existing = [st.sampled_from(IDS)] * 3 if IDS else []
invented = st.uuids().map(lambda uuid: f"question-{uuid}")
schemathesis.graphql.scalar("ID", st.one_of(*existing, invented, st.text(max_size=40)).map(text))

# Numbers are mostly such as somebody would send; the widest are tried as well.
small = st.integers(1, 100)
widest = st.integers(-(2**31), 2**31 - 1)
schemathesis.graphql.scalar("Int", st.one_of(small, small, widest).map(number))
positions = st.integers(1, 5000)
schemathesis.graphql.scalar("Position", st.one_of(positions, positions, st.integers(-(2**63), 2**63 - 1)).map(number))


class Fitting(Visitor):
    """Puts an id of a project where a `projectId` is asked for, so that rules are reached and not only readers of ids."""

    def enter_field(self, field, *_):
        return replace(field, arguments=tuple(self.fitting_argument(field, argument) for argument in field.arguments or ()))

    def enter_object_field(self, field, *_):
        return replace(field, value=fitting(field.name.value, field.value))

    def fitting_argument(self, field, argument):
        name = argument.name.value
        return replace(argument, value=fitting(field.name.value if name == "id" else name, argument.value))


def fitting(name: str, value):
    """The value, or in place of an id that exists one of the kind that the name speaks of, where there is any."""
    if isinstance(value, ListValueNode):
        return replace(value, values=tuple(fitting(name, each) for each in value.values))
    if not isinstance(value, StringValueNode) or value.value not in IDS:
        return value
    wanted = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", re.sub(r"Ids?$", "", name)).lower()
    # A knowledge page has an id that begins with "page".
    of_kind = [each for each in IDS if f"-{wanted}".endswith(f"-{kind(each)}")]
    return text(of_kind[IDS.index(value.value) % len(of_kind)]) if of_kind else value


def kind(an_id: str) -> str:
    return an_id[: -len("-00000000-0000-0000-0000-000000000000")]


@schemathesis.hook
def map_body(_context, document):
    """After a document was made up, before it is sent."""
    return visit(document, Fitting())


def wrong(status: int, body: str) -> str | None:
    """What an answer says that the platform must never say, whoever asks for whatever; None when it is as it should be."""
    if status >= 500:
        return f"status {status}"
    try:
        answer = json.loads(body)
    except ValueError:
        return f"status {status} with something that is not JSON"
    if not isinstance(answer, dict) or not ("data" in answer or answer.get("errors")):
        return f"status {status} with something that is no answer of GraphQL"
    for error in answer.get("errors") or []:
        code = (error.get("extensions") or {}).get("code")
        if not code:
            return "an error without a code"
        if code in BROKEN:
            return f"an error with the code {code}"
    return None


@schemathesis.check
def answers_as_promised(_context, response, _case) -> None:
    """The one check; those of schemathesis itself take every error of GraphQL for a fault, "sign in first" too."""
    fault = wrong(response.status_code, response.text)
    assert fault is None, fault
