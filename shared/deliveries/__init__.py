"""What became of an e-mail after its server took it: returned, delayed, or complained of. The front door."""

from shared.deliveries.model import DeliveryEvent, Report, report_of
from shared.deliveries.store import ReportOutcome, record

__all__ = ["DeliveryEvent", "Report", "ReportOutcome", "record", "report_of"]
