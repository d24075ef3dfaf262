"""What only the production containers need: set-up, health checks, the front's configuration."""
