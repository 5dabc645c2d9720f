"""Who is asking. Every call that reads or writes a person's data carries one of these."""

from dataclasses import dataclass

from chatkeep.core.ids import TenantId, UserId


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The tenant and user a request acts for, and the id its log lines share."""

    tenant: TenantId
    user: UserId
    request_id: str


LOCAL_TENANT = TenantId("local")
LOCAL_USER = UserId("local")


def local_context(request_id: str) -> RequestContext:
    """The one tenant and user of a server that runs without login, on a person's own machine."""
    return RequestContext(tenant=LOCAL_TENANT, user=LOCAL_USER, request_id=request_id)
