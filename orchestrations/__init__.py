"""What happens, in order: generators without I/O, clock or chance, which Durable Functions replays."""
