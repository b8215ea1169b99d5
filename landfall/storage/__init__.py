"""Our storage account, and how files move between it and F&O's."""
