"""Admin endpoints, and the keys and CORS rules that apply to every route."""
