"""What pages of several rooms are made of: templates, forms, fields, times, history, the policy's form."""
