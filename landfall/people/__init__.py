"""Messages to people: which events concern them, what they have in common, and how Teams and mailboxes get them."""
