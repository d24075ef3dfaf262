"""What only the production containers need: start, health checks, the front's configuration."""
