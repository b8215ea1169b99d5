"""`make demo`: run the samples through the app, follow them, check the results and print them."""
