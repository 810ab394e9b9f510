"""What of the workspace each test used when it last ran, and which tests a change can affect by that."""
