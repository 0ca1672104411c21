"""Who wrote an approval: signed by the person's SSH key, or claimed."""

from __future__ import annotations

from cutline.plan.model import Plan
from cutline.run.message import Message
from cutline.run.ports import Identified


def identify(plan: Plan, message: Message, brief: bytes) -> Identified:
    """Say how sure it is who wrote a message; a signature that does not fit refuses it.

    Without a signature a name is `claimed`: whether that is enough is for the checkpoint.
    """
    signature = message.data.get("signature")
    if not signature:
        return Identified("claimed")
    person = plan.people.get(message.by)
    if person is None or person.ssh is None:
        return Identified("claimed", f"the plan names no SSH key of {message.by}")
    from cutline.run.signature import fault  # noqa: PLC0415  # few approvals carry a signature

    why = fault(brief, str(signature), person.ssh)
    return Identified("ssh") if not why else Identified("claimed", why)
