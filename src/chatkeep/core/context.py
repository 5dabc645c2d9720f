"""Who is asking. Every call that reads or writes a person's data carries one of these."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatkeep.core.ids import TenantId, UserId


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The tenant and user a request acts for, and the id its log lines share.

    Attributes:
        labels: what the user may read besides what everybody may: documents that bear one of these.
    """

    tenant: TenantId
    user: UserId
    request_id: str
    labels: tuple[str, ...] = ()

    def may_read(self, labels: Sequence[str]) -> bool:
        """Whether what bears `labels` is theirs to read: it bears none, or one of the user's own."""
        return not labels or any(label in self.labels for label in labels)


LOCAL_TENANT = TenantId("local")
LOCAL_USER = UserId("local")


def local_context(request_id: str) -> RequestContext:
    """The one tenant and user of a server that runs without login, on a person's own machine."""
    return RequestContext(tenant=LOCAL_TENANT, user=LOCAL_USER, request_id=request_id)
