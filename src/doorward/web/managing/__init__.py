"""The room of managing: staff in a customer's portal, and the customer who lets them in and watches them."""
