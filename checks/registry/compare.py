"""Two conversations with two servers, answer by answer."""

import collections
import dataclasses
import json

from accepted import ACCEPTED

# What a client can trip over, from the worst to the least; only the wording of an error is not among it.
STRONG = ("status", "type", "code", "body", "end")


@dataclasses.dataclass
class Difference:
    place: str
    kind: str
    real: str
    ours: str
    asked: str = ""

    def __str__(self):
        sides = f"    {self.kind + ':':8}{self.ours:.900}\n    MLflow: {self.real:.900}"
        return f"{self.place}\n    asked:  {self.asked:.300}\n{sides}"


def shown(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def paths(real, ours, path=""):
    """Where two JSON values differ."""
    if isinstance(real, dict) and isinstance(ours, dict):
        for key in sorted(set(real) | set(ours)):
            if key not in ours or key not in real:
                yield f"{path}.{key}", real.get(key, "(absent)"), ours.get(key, "(absent)")
            else:
                yield from paths(real[key], ours[key], f"{path}.{key}")
    elif isinstance(real, list) and isinstance(ours, list) and len(real) == len(ours):
        for number, (one, other) in enumerate(zip(real, ours)):
            yield from paths(one, other, f"{path}[{number}]")
    elif real != ours or type(real) is not type(ours):
        yield path, real, ours


def same_but_for_errors(real, ours):
    """Whether two GraphQL answers differ in nothing but the wording of their errors."""
    if not all(isinstance(side, dict) and side.get("errors") for side in (real, ours)):
        return False
    return real["errors"] != ours["errors"] and real.get("data") == ours.get("data")


def answers(place, real, ours, asked):
    """How one answer differs from MLflow's, or None."""
    _, status, kind, body = real
    _, our_status, our_kind, our_body = ours
    whole = f"{status} {shown(body)}", f"{our_status} {shown(our_body)}"
    if status != our_status:
        return Difference(place, "status", *whole, asked)
    if kind != our_kind:
        return Difference(place, "type", f"{whole[0]} as {kind}", f"{whole[1]} as {our_kind}", asked)
    if all(isinstance(side, dict) and "error_code" in side for side in (body, our_body)):
        if body["error_code"] != our_body["error_code"]:
            return Difference(place, "code", *whole, asked)
        if body.get("message") != our_body.get("message"):
            return Difference(place, "message", *whole, asked)
    if same_but_for_errors(body, our_body):
        return Difference(place, "message", *whole, asked)
    different = list(paths(body, our_body))
    if not different:
        return None
    parts = [{path: pair[side] for path, *pair in different} for side in (0, 1)]
    return Difference(place, "body", f"{status} {shown(parts[0])}", f"{our_status} {shown(parts[1])}", asked)


def case(name, real, ours, asked):
    """How a case went differently. Both sides are `{"said": [...], "end": why it ended early}`.

    Answers are matched by label: where one side goes further after an answer that differs, that answer tells.
    """
    mine = {said[0]: (said, question) for said, question in zip(ours["said"], asked)}
    pairs = [(said, *mine[said[0]]) for said in real["said"] if said[0] in mine]
    found = [answers(f"{name} / {said[0]}", said, other, question) for said, other, question in pairs]
    if bool(real["end"]) != bool(ours["end"]):
        found.append(Difference(f"{name} / end", "end", *(side["end"] or "whole" for side in (real, ours))))
    return [difference for difference in found if difference]


def report(found, requests, cases, strict, whole):
    """Prints what differs, the wording of errors last. Whether that is all right."""
    counts, used, said = collections.Counter(), set(), []
    for difference in sorted(found, key=lambda difference: difference.kind == "message"):
        sides = difference.place, difference.real, difference.ours
        entries = [entry for entry in ACCEPTED if entry.covers(*sides)]
        used.update(entries)
        counts["accepted" if entries else difference.kind] += 1
        if not entries:
            said.append(str(difference))
    print("\n".join(said))
    if whole:
        for entry in ACCEPTED:
            if entry not in used:
                print(f"accepted.py has an entry that covers nothing: {entry.reason}")
    strong = sum(counts[kind] for kind in STRONG)
    parts = ", ".join(f"{counts[kind]} in {kind}" for kind in (*STRONG, "message") if counts[kind])
    print(f"{cases} cases, {requests} requests: {parts or 'no difference'}; {counts['accepted']} accepted")
    return strong == 0 and not (strict and counts["message"])
