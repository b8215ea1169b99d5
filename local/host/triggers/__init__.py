"""What starts functions from outside: HTTP, blobs, timers."""
