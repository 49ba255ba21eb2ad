"""What a monitor is told: each number declared once, and what is counted while requests are answered."""
