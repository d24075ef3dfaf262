"""One snapshot judged by one edition, as a listing: no server, no database."""
