"""What somebody proves themselves with: a folder a factor, and what all share: adding, removing, alarms."""
