"""The room Jump: one box that finds people, customers, pages and what can be done, never more than who asks may see."""
