"""Actions and what each needs, what protects people, whom staff may reach: pure."""
