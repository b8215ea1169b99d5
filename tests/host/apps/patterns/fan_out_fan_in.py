"""Fan-out and fan-in: one activity per word in parallel, then the sum of their results."""

from collections.abc import Generator
from typing import Any

import azure.durable_functions as df

bp = df.Blueprint()
Steps = Generator[Any, Any, Any]


@bp.orchestration_trigger(context_name="context")
def count_letters(context: df.DurableOrchestrationContext) -> Steps:
    words = yield context.call_activity("list_words", context.get_input())
    lengths = yield context.task_all([context.call_activity("measure", word) for word in words])
    return sum(lengths)


@bp.activity_trigger(input_name="text")
def list_words(text: str) -> list[str]:
    return text.split()


@bp.activity_trigger(input_name="word")
def measure(word: str) -> int:
    return len(word)
