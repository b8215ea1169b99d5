"""The triggers: HTTP, blobs, queues and timers."""
