"""Queued files: what became of the messages of recurring data jobs (fno-behaviour 5.12)."""

from landfall.fno.connection import NO_EXECUTION, Connection
from landfall.fno.models import MessageStatus


class QueuedFiles(Connection):
    """What is known of files in the queues of recurring data jobs, by message id."""

    def message_status(self, message_id: str) -> MessageStatus:
        """How a queued file stands."""
        return MessageStatus(str(self._act("GetMessageStatus", {"messageId": message_id}) or ""))

    def message_execution(self, message_id: str) -> str:
        """The id of the execution that took a queued file; empty while none has."""
        execution_id = str(self._act("GetExecutionIdByMessageId", {"_messageId": message_id}) or "")
        return "" if execution_id == NO_EXECUTION else execution_id
