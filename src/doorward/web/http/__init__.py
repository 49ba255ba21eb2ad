"""What all requests go through: edge, language, cookies, the gate, errors, rendering."""
