"""The routes under `/data`: actions, entity sets and metadata, with F&O's wording of answers and errors."""
