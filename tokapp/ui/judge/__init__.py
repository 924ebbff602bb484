"""The page that checks reasons: the form that starts it, and what came out."""
