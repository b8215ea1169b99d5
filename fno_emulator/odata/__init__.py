"""What lies under `/data`: actions, entity sets, and how F&O words success and failure."""
